"""OpenTelemetry's own environment, as far as it is held to what the gateway can do.

Traces and metrics are asked for by it alike; the SDK reads the rest of it.

https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TypeVar

from app.foreign_variables import blamed, is_http_url

Made = TypeVar("Made")
SERVICE = "asset-gateway"
_FILES = ("CERTIFICATE", "CLIENT_KEY")


class Unusable(ValueError):
    """A variable of OpenTelemetry's that the gateway cannot do as it says."""

    def __init__(self, variable: str, reason: str) -> None:
        super().__init__(f"{variable} {reason}")
        self.variable = variable
        self.reason = reason


def endpoint_variable(names: tuple[str, str], exporter: str) -> str | None:
    """Which of ``names`` sends there; None for nowhere, as ``exporter`` or the SDK is off."""
    env = os.environ
    if env.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return None
    if env.get(exporter, "otlp").strip().lower() in ("", "none"):
        return None
    return next((name for name in names if env.get(name, "").strip()), None)


def made_by(make: Callable[[], Made], variable: str) -> Made:
    """What ``make`` makes of OpenTelemetry. Raises ``Unusable`` for the variable at fault."""
    try:
        return make()
    except ImportError:
        raise Unusable(variable, "needs what requirements-otel.txt installs") from None
    except Exception as error:
        name = blamed(make, "OTEL_", variable)
        raise Unusable(name, f"is refused by OpenTelemetry ({type(error).__name__})") from None


def check_exporter(variable: str, protocols: tuple[str, str]) -> None:
    """Raises ``Unusable`` for an address that nothing is sent to, which would be said nowhere; for
    certificates that are not there, and another protocol than ours."""
    check_protocol(protocols)
    if not is_http_url(os.environ[variable].strip()):
        raise Unusable(variable, "is http:// or https://, a host, and mostly the port 4318")
    for name in os.environ:
        is_file = name.startswith("OTEL_EXPORTER_OTLP_") and name.endswith(_FILES)
        if is_file and not os.access(os.environ[name], os.R_OK):
            raise Unusable(name, "names no readable file")


def check_protocol(names: tuple[str, str]) -> None:
    """Raises ``Unusable`` for another protocol than ours."""
    for name in names:
        if os.environ.get(name, "").strip() not in ("", "http/protobuf"):
            raise Unusable(name, "is http/protobuf here, which every collector takes (port 4318)")

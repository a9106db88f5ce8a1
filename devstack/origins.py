"""Front ends of one's own: whom the local stack lets in, and what they have to know."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from marshmallow import ValidationError

from config_fields import DEFAULT_PORTS, check_origin


def own_origins(env: Mapping[str, str], taken: Iterable[str]) -> list[str]:
    """The origins in ``ORIGIN``, separated by commas, each once.

    Raises ValueError for what is no origin, and for one of ``taken``: the stack's own addresses,
    where no front end can listen.
    """
    found = list(
        dict.fromkeys(text for o in env.get("ORIGIN", "").split(",") if (text := o.strip()))
    )
    for origin in found:
        try:
            check_origin(origin)
        except ValidationError as error:
            raise ValueError(f"ORIGIN {origin!r}: {error.messages[0]}{_hint(origin)}") from error
    for origin in set(found) & set(taken):
        raise ValueError(
            f"ORIGIN {origin!r} is where this stack itself listens; give your front end another "
            "port, or the stack's part with PAGE_PORT, GATEWAY_PORT, STORE_PORT, EDGE_PORT or "
            "RECEIVER_PORT"
        )
    return found


#: An origin as people write it: scheme, host and port, in quotes, with a path, in upper case.
_WRITTEN = re.compile(
    r"['\"]?(?:(?P<scheme>https?):?/+|/*)(?P<host>[a-z0-9.-]+)(?::(?P<port>\d{1,5}))?(?:[/?#].*)?['\"]?"
)


def _hint(text: str) -> str:
    """What was probably meant, for the end of the message; '' where that cannot be told."""
    if re.search(r"[\s;]", text):
        return "; separate several by commas"
    port = text.removeprefix(":")
    found = _WRITTEN.fullmatch(f"localhost:{port}" if port.isdecimal() else text.lower())
    if not found:
        return ""
    scheme, host, port = found["scheme"] or "http", found["host"], found["port"]
    if not (found["scheme"] or port):
        return ""
    shown = "" if not port or int(port) == DEFAULT_PORTS[scheme] else f":{int(port)}"
    meant = f"{scheme}://{host}{shown}"
    try:
        check_origin(meant)
    except ValidationError:
        return ""
    return f"; did you mean {meant}?"


#: Only what begins so gets into a page, by framework.
PREFIXES = {"Next.js": "NEXT_PUBLIC_", "Vite": "VITE_"}
#: Where the page's server has each file: lines in a terminal begin with a process's name.
FILES = {"/next.env": PREFIXES["Next.js"], "/vite.env": PREFIXES["Vite"]}


def env_file(page: Mapping[str, Any], prefix: str) -> str:
    """The lines of a front end's ``.env.local``; ``page`` are the demo page's settings."""
    cognito = page["cognito"]
    values = {
        "API_URL": page["gateway"],
        "AWS_REGION": cognito["region"],
        "COGNITO_USER_POOL_ID": cognito["userPoolId"],
        "COGNITO_CLIENT_ID": cognito["clientId"],
        "COGNITO_ENDPOINT": cognito["endpoint"],
    }
    return "".join(f"{prefix}{name}={value}\n" for name, value in values.items())


def back_end_file(page: Mapping[str, Any]) -> str:
    """The environment of a back end's script: gateway, its own client, and a user to act for."""
    client = page["backEnd"]
    values = {
        "GATEWAY_URL": page["gateway"],
        "TOKEN_URL": client["tokenUrl"],
        "CLIENT_ID": client["clientId"],
        "CLIENT_SECRET": client["clientSecret"],
        "SCOPE": client["scope"],
        "USER_SUB": page["demo"]["sub"],
    }
    return "".join(f"{name}={value}\n" for name, value in values.items())


def env_files(page: Mapping[str, Any], origins: Sequence[str]) -> str:
    """Whom the stack lets in, and the ``.env.local`` for each framework."""
    blocks = (
        f"# .env.local of {name}\n{env_file(page, prefix)}" for name, prefix in PREFIXES.items()
    )
    return f"Let in: {', '.join(origins)}\n\n" + "\n".join(blocks)

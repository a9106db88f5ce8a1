"""Variables that are not ours, which libraries read from the process by themselves."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit


def is_http_url(value: str) -> bool:
    """Whether this is ``http://`` or ``https://``, a host, and a port that is one if any."""
    try:
        parts = urlsplit(value)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:  # a port that is none
        return False
    return bool(usable) and not any(letter.isspace() for letter in value)


def blamed(make: Callable[[], Any], beginning: str, otherwise: str) -> str:
    """Which variable that begins so is at fault when ``make`` fails: the one without which it does
    not; ``otherwise`` where that is not one alone."""
    for name in sorted(each for each in os.environ if each.startswith(beginning)):
        if name == otherwise:
            continue
        value = os.environ.pop(name)
        try:
            make()
        except Exception:  # noqa: S112  # not this one, or not alone
            continue
        else:
            return name
        finally:
            os.environ[name] = value
    return otherwise

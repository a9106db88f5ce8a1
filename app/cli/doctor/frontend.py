"""Whether the front end was built for this gateway: its ``NEXT_PUBLIC_*`` beside our settings.

A front end's build writes these variables into its pages, so they are public, whatever they hold.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from app.cli.doctor.results import Check, Result
from config import Settings

PREFIX = "NEXT_PUBLIC_"
_QUOTED = re.compile(r"""(["'`])(.*?)\1\s*(#.*)?$""")
_WHERE = (
    "Set it in the front end's environment and build it again: Next.js writes it into the pages."
)


def read_dotenv(path: Path) -> dict[str, str]:
    """``NAME=value`` a line, as Next.js reads it: ``export``, quotes, comments."""
    found = {}
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        name, equals, value = line.strip().removeprefix("export ").partition("=")
        if not equals or name.startswith("#"):
            continue
        quoted = _QUOTED.match(value.strip())
        found[name.strip()] = quoted[2] if quoted else value.partition(" #")[0].strip()
    return found


def frontend_results(settings: Settings, given: Mapping[str, str]) -> Iterator[Result]:
    """Each variable against the gateway's, and no secret among them."""
    expected = {
        "COGNITO_USER_POOL_ID": (settings.cognito_user_pool_id,),
        "COGNITO_CLIENT_ID": settings.cognito_client_id,
        "AWS_REGION": (settings.cognito_user_pool_id.partition("_")[0],),
    }
    # Another provider's names are its own.
    for name, ours in expected.items() if not settings.oidc_issuer else ():
        yield _compared(f"{PREFIX}{name}", given.get(f"{PREFIX}{name}", ""), ours)
    if settings.public_base_url:
        name = f"{PREFIX}API_URL"
        yield _compared(name, given.get(name, "").rstrip("/"), (settings.public_base_url,))
    yield from _secrets(settings, given)


def _compared(name: str, theirs: str, ours: tuple[str, ...]) -> Result:
    check = Check(
        f"frontend.{name}",
        f"{name} is the gateway's",
        "Tokens of another pool or client are refused with 401, another address is not ours.",
        f"{name}={ours[0]}. {_WHERE}",
    )
    if not theirs:
        return check.fault("not set")
    return check.passes_if(theirs in ours, theirs, f"{theirs}, not {' or '.join(ours)}")


def _secrets(settings: Settings, given: Mapping[str, str]) -> Iterator[Result]:
    ours = {
        value
        for item in dataclasses.fields(Settings)
        if item.metadata["secret"] and isinstance(value := getattr(settings, item.name), str)
    }
    public = [
        name
        for name, value in given.items()
        if name.startswith(PREFIX) and (value in ours - {""} or "PRIVATE KEY" in value)
    ]
    yield Check(
        "frontend.secrets",
        "No secret is in the front end",
        "Whatever is in NEXT_PUBLIC_ is in everybody's browser.",
        "Take it out, build again, and replace the secret: docs/recovery.md, Leaked keys.",
    ).passes_if(not public, "yes", ", ".join(public))

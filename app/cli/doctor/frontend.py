"""Whether the front end was built for this gateway: its ``NEXT_PUBLIC_*``, ``VITE_*`` and the like
beside our settings.

A front end's build writes the variables that begin so into its pages, so they are public, whatever
they hold; it takes no others.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path

from app.cli.doctor.results import Check, Result
from config import Settings

#: How the variables begin that each of them takes into its pages.
PREFIXES = {
    "NEXT_PUBLIC_": "Next.js",
    "VITE_": "Vite",
    "REACT_APP_": "Create React App",
    "NUXT_PUBLIC_": "Nuxt",
    "EXPO_PUBLIC_": "Expo",
    "GATSBY_": "Gatsby",
    "VUE_APP_": "the Vue CLI",
    "NG_APP_": "Angular",
    "PUBLIC_": "SvelteKit or Astro",
}
_QUOTED = re.compile(r"""(["'`])(.*?)\1\s*(#.*)?$""")


def read_dotenv(path: Path) -> dict[str, str]:
    """``NAME=value`` a line, as they read it: ``export``, quotes, comments."""
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
    expected: dict[str, tuple[str, ...]] = {
        "COGNITO_USER_POOL_ID": (settings.cognito_user_pool_id,),
        "COGNITO_CLIENT_ID": settings.cognito_client_id,
        "AWS_REGION": (settings.cognito_user_pool_id.partition("_")[0],),
    }
    if settings.oidc_issuer:  # another provider's names are its own
        expected = {}
    if settings.public_base_url:
        expected["API_URL"] = (settings.public_base_url,)
    for prefix in _prefixes(given, {*expected, "COGNITO_ENDPOINT"}):
        for name, ours in expected.items():
            yield _compared(prefix, name, given, ours)
        if given.get(f"{prefix}COGNITO_ENDPOINT") and not settings.cognito_endpoint:
            yield _stand_in(prefix)
    yield from _secrets(settings, given)


def _prefixes(given: Mapping[str, str], names: Collection[str]) -> list[str]:
    """Those that are used for our names, else for any; Next.js' where there is none."""
    used = [each for each in PREFIXES if any(f"{each}{name}" in given for name in names)]
    seen = [each for each in PREFIXES if any(name.startswith(each) for name in given)]
    return used or seen[:1] or [next(iter(PREFIXES))]


def _compared(prefix: str, name: str, given: Mapping[str, str], ours: tuple[str, ...]) -> Result:
    theirs = given.get(f"{prefix}{name}", "").rstrip("/")
    check = Check(
        f"frontend.{prefix}{name}",
        f"{prefix}{name} is the gateway's",
        "Tokens of another pool or client are refused with 401, another address is not ours.",
        f"{prefix}{name}={ours[0]}. {_where(prefix)}",
    )
    if theirs:
        return check.passes_if(theirs in ours, theirs, f"{theirs}, not {' or '.join(ours)}")
    bare = given.get(name)
    return check.fault(f"not set; {name} alone is not built in" if bare else "not set")


def _where(prefix: str) -> str:
    return (
        "Set it in the front end's environment and build it again: "
        f"{PREFIXES[prefix]} writes it into the pages."
    )


def _stand_in(prefix: str) -> Result:
    return Check(
        f"frontend.{prefix}COGNITO_ENDPOINT",
        f"{prefix}COGNITO_ENDPOINT is not set",
        "It leads to the stand-in of `make dev`: nobody can sign in.",
        "Unset it, so that Amplify asks AWS, and build again.",
    ).fault("set, and the gateway's Cognito is AWS'")


def _secrets(settings: Settings, given: Mapping[str, str]) -> Iterator[Result]:
    ours = {
        value
        for item in dataclasses.fields(Settings)
        if item.metadata["secret"] and isinstance(value := getattr(settings, item.name), str)
    }
    public = [
        name
        for name, value in given.items()
        if name.startswith(tuple(PREFIXES)) and (value in ours - {""} or "PRIVATE KEY" in value)
    ]
    yield Check(
        "frontend.secrets",
        "No secret is in the front end",
        f"What begins with {_listed(PREFIXES)} is in everybody's browser.",
        "Take it out, build again, and replace the secret: docs/recovery.md, Leaked keys.",
    ).passes_if(not public, "yes", ", ".join(public))


def _listed(prefixes: Iterable[str]) -> str:
    *others, last = prefixes
    return f"{', '.join(others)} or {last}"

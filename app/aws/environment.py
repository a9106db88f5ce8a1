"""The variables that botocore reads by itself, and the values with which it works for nobody.

The gateway starts without it, so such a value would show at the first renewal of a role's
credentials, or at the first message of the queue. Where those are needed it is said at start.
``flask doctor`` says besides what has an effect that may not be meant
(``app/cli/doctor/surroundings.py``).

https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html
"""

from __future__ import annotations

import configparser
import os
import shlex
from collections.abc import Iterator
from pathlib import Path

from app.foreign_variables import is_http_url

#: One of these words; in any case, but for those of ``_EXACT``.
WORDS: dict[str, tuple[str, ...]] = {
    "AWS_ACCOUNT_ID_ENDPOINT_MODE": ("preferred", "disabled", "required"),
    "AWS_DEFAULTS_MODE": (*("legacy", "auto", "standard", "in-region", "cross-region", "mobile"),),
    "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": ("ipv4", "ipv6"),
    "AWS_REQUEST_CHECKSUM_CALCULATION": ("when_supported", "when_required"),
    "AWS_RESPONSE_CHECKSUM_VALIDATION": ("when_supported", "when_required"),
    "AWS_RETRY_MODE": ("legacy", "standard", "adaptive"),
    "AWS_STS_REGIONAL_ENDPOINTS": ("legacy", "regional"),
}
_EXACT = ("AWS_RETRY_MODE", "AWS_STS_REGIONAL_ENDPOINTS")
#: A whole number, of this size at least.
NUMBERS: dict[str, int] = {
    "AWS_CSM_PORT": 1,
    "AWS_MAX_ATTEMPTS": 1,
    "AWS_METADATA_SERVICE_NUM_ATTEMPTS": 1,
    "AWS_METADATA_SERVICE_TIMEOUT": 1,
    "AWS_REQUEST_MIN_COMPRESSION_SIZE_BYTES": 0,
}
#: An address; services' own are ``AWS_ENDPOINT_URL_<SERVICE>``.
URLS = (
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_EC2_METADATA_SERVICE_ENDPOINT",
    "AWS_ENDPOINT_URL",
)
#: A file that is read whenever credentials are renewed.
FILES = ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "AWS_WEB_IDENTITY_TOKEN_FILE")
#: In the order in which botocore asks for them.
PROFILES = ("AWS_DEFAULT_PROFILE", "AWS_PROFILE")
#: One without the other is a fault.
_PAIRS = (
    ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
    ("AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID"),
    ("AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN"),
)
#: Where they are without a variable, and whether sections begin with the word "profile".
_CONFIGURATION = (
    ("AWS_CONFIG_FILE", "~/.aws/config", True),
    ("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials", False),
)


def environment_faults() -> dict[str, str]:
    """What is wrong with this process' variables, by name; no reason quotes a value."""
    return {**dict(_values()), **dict(_pairs()), **dict(_profiles())}


def _values() -> Iterator[tuple[str, str]]:
    for name, value in os.environ.items():
        word = value if name in _EXACT else value.lower()
        if name in WORDS and word not in WORDS[name]:
            yield name, f"is one of {', '.join(WORDS[name])}"
        elif name in NUMBERS and not _is_number(value, NUMBERS[name]):
            yield name, f"is a whole number from {NUMBERS[name]}"
        elif (name in URLS or name.startswith("AWS_ENDPOINT_URL_")) and not is_http_url(value):
            yield name, "is http:// or https://, and a host"
        elif name in FILES and not os.access(value, os.R_OK):
            yield name, "names no readable file"


def _is_number(value: str, least: int) -> bool:
    try:
        return int(value) >= least
    except ValueError:
        return False


def _pairs() -> Iterator[tuple[str, str]]:
    for one, other in _PAIRS:
        if os.environ.get(one) and not os.environ.get(other):
            yield one, f"is nothing without {other}"


def _profiles() -> Iterator[tuple[str, str]]:
    known = set()
    for variable, usual, is_config in _CONFIGURATION:
        path = Path(os.environ.get(variable, usual))
        try:
            known |= set(_profiles_of(path.expanduser(), is_config=is_config))
        except (configparser.Error, UnicodeDecodeError):
            yield variable, f"names a file that is no AWS configuration, {usual} if it is not set"
            return
    name = next((each for each in PROFILES if each in os.environ), None)
    # Empty it is a profile of no name to botocore.
    if name and os.environ[name] not in known:
        yield name, "names a profile that is in none of AWS's configuration files"


def _profiles_of(path: Path, *, is_config: bool) -> Iterator[str]:
    parser = configparser.RawConfigParser(default_section="")
    parser.read(path, encoding="utf-8")  # without a word about one that is not there
    for section in parser.sections():
        if not is_config or section == "default":
            yield section
        elif section.startswith("profile"):
            try:
                yield shlex.split(section)[1]
            except (ValueError, IndexError):
                continue

"""As much of the environment as can be used, whatever else of it is faulty."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from app import services
from app.cli.doctor.process import leave_out_faults
from config import Settings, SettingsError

#: Stand in for what is required and faulty; whatever needs them is not looked at.
_PLACEHOLDERS = {
    "COGNITO_USER_POOL_ID": "us-east-1_Unknown",
    "COGNITO_CLIENT_ID": "unknown",
    "AWS_REGION": "us-east-1",
    # Pool and region must agree otherwise, and one of them may be a placeholder.
    "COGNITO_ISSUER": "https://unknown.invalid",
    "S3_BUCKET_NAME": "unknown-bucket",
    "SECRET_KEY": "not a secret, and used for nothing",
}
_POOL = ("COGNITO_USER_POOL_ID", "AWS_REGION")
#: Settings that are one thing together: with one faulty, the others are not to be used alone.
_TOGETHER = (
    (
        *("CLOUDFRONT_DOMAIN", "CLOUDFRONT_KEY_PAIR_ID", "CLOUDFRONT_PRIVATE_KEY"),
        *("CLOUDFRONT_COOKIE_DOMAIN", "CLOUDFRONT_DISTRIBUTION_ID"),
    ),
    ("S3_ACCESS_KEY_ID", "S3_SECRET_ACCESS_KEY", "S3_SESSION_TOKEN"),
    ("WEBHOOK_URL", "WEBHOOK_SECRET", "WEBHOOK_TYPES"),
    ("OIDC_ISSUER", "OIDC_AUDIENCE", "OIDC_JWKS_URL", "OIDC_GROUPS_CLAIM", "OIDC_CLIENT_CLAIM"),
)
#: With a name behind it, what one further receiver of webhooks is.
RECEIVER = ("WEBHOOK_URL_", "WEBHOOK_SECRET_", "WEBHOOK_TYPES_")


@dataclass(frozen=True, slots=True)
class Environment:
    """What could be read. ``unusable`` names the variables that are faulty, or were left out
    together with a faulty one."""

    settings: Settings
    unusable: frozenset[str]
    faults: Mapping[str, str]
    #: Of ``faults``, those of variables that are no settings of ours.
    others: frozenset[str]


def read_environment(environ: Mapping[str, str]) -> Environment:
    """Read ``environ``; faulty variables are left out, required ones replaced."""
    others = leave_out_faults()
    given = dict(environ)
    faults: Mapping[str, str] = {}
    unusable: set[str] = set(others)
    while True:
        try:
            settings = Settings.from_env(given)
            services.build(settings)  # it refuses addresses that do not fit the bucket
            return Environment(
                settings, frozenset(unusable), {**others, **faults}, frozenset(others)
            )
        except SettingsError as error:
            # Later ones come of what was left out or replaced here.
            faults = faults or error.faults
            for name in error.faults:
                group = _together_with(name)
                for each in group:
                    given.pop(each, None)
                unusable.update(group)
                if name.startswith("COGNITO_") and given.get("OIDC_ISSUER"):
                    continue  # not asked for beside another provider
                if name in _POOL:
                    unusable.add("COGNITO_ISSUER")
                    given["COGNITO_ISSUER"] = _PLACEHOLDERS["COGNITO_ISSUER"]
                if name in _PLACEHOLDERS:
                    given[name] = _PLACEHOLDERS[name]


def _together_with(name: str) -> tuple[str, ...]:
    """The settings that are one thing together with ``name``, itself among them."""
    for beginning in RECEIVER:
        if name.startswith(beginning):
            return tuple(each + name.removeprefix(beginning) for each in RECEIVER)
    return next((each for each in _TOGETHER if name in each), (name,))


def process_environment() -> dict[str, str]:
    """The environment of this process."""
    return dict(os.environ)

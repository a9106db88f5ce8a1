"""The environment, line by line: its faults, what looks mistyped, what is set unwisely."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping

from app.cli.doctor.process import other
from app.cli.doctor.reading import RECEIVER, Environment
from app.cli.doctor.results import Check, Result
from app.cli.doctor.surroundings import surrounding_results
from config import SCHEMA, Settings

#: What others call it, where the likeness of the letters leads astray.
_OTHER_NAMES = {
    "CLOUDFRONT_URL": "CLOUDFRONT_DOMAIN",
    "CLOUDFRONT_HOST": "CLOUDFRONT_DOMAIN",
    "CLOUDFRONT_KEY_ID": "CLOUDFRONT_KEY_PAIR_ID",
    "CLOUDFRONT_PUBLIC_KEY_ID": "CLOUDFRONT_KEY_PAIR_ID",
    "COGNITO_REGION": "AWS_REGION",
    "COGNITO_POOL_ID": "COGNITO_USER_POOL_ID",
    "COGNITO_APP_CLIENT_ID": "COGNITO_CLIENT_ID",
    "COGNITO_USER_POOL_CLIENT_ID": "COGNITO_CLIENT_ID",
    "CORS_ALLOWED_ORIGINS": "CORS_ORIGINS",
    "REDIS_HOST": "REDIS_URL",
    "S3_BUCKET": "S3_BUCKET_NAME",
    "S3_SECRET_KEY": "S3_SECRET_ACCESS_KEY",
    "S3_ACCESS_KEY": "S3_ACCESS_KEY_ID",
    "S3_URL": "S3_ENDPOINT",
}
#: Likely a slip of the fingers.
_ALIKE = 0.8
_FAMILIES = (
    "S3_",
    "COGNITO_",
    "CLOUDFRONT_",
    "SECRET_",
    "WEBHOOK_",
    "CORS_",
    "QUOTA_",
    "REDIS_",
    "OIDC_",
)
#: Printed in AWS's documentation: anybody knows them.
_PUBLISHED = ("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
_LOCAL = ("localhost", "127.0.0.1", "[::1]")


def environment_results(read: Environment, environ: Mapping[str, str]) -> Iterator[Result]:
    """Faults first, then names that look mistyped, then what is set unwisely."""
    for name, fault in sorted(read.faults.items()):
        yield (other if name in read.others else _setting)(name).fault(fault)
    if not read.faults:
        yield _setting("settings").ok("all valid")
    for name, meant in _mistyped(environ):
        yield Check(
            f"environment.{name}",
            name,
            "It is not a setting, so it has no effect.",
            f"Rename it to {meant}, or unset it."
            if meant
            else "Unset it; .env.example lists the settings.",
        ).warning(f"not a setting; {meant} is" if meant else "not a setting")
    left = {name: value for name, value in environ.items() if name not in read.faults}
    yield from surrounding_results(left)
    yield from _secrets(read)
    yield from _origins(read.settings)


def _setting(name: str) -> Check:
    return Check(
        f"environment.{name}",
        name,
        "The gateway does not start with invalid settings.",
        "Set it where the process gets its environment. .env.example explains every setting, and "
        "`flask provision --env-file .env` writes those that the stack decides.",
    )


def _mistyped(environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Names that look like settings, and what was meant; empty where that is not known."""
    for name in sorted(environ):
        if name in SCHEMA.fields or not name.startswith(_FAMILIES):
            continue
        if name.startswith(("QUOTA_BYTES_", *RECEIVER)):
            continue
        alike = difflib.get_close_matches(name, SCHEMA.fields, n=1, cutoff=_ALIKE)
        yield name, _OTHER_NAMES.get(name) or next(iter(alike), "")


def _secrets(read: Environment) -> Iterator[Result]:
    settings = read.settings
    strength = Check(
        "secrets.secret_key",
        "SECRET_KEY is strong",
        "Anybody who guesses it can forge upload ids and share links.",
        "Set SECRET_KEY to the output of `openssl rand -hex 32`, by the steps of docs/recovery.md "
        "(SECRET_KEY): what the old one signed goes on working.",
    )
    if "SECRET_KEY" not in read.unusable:
        weak = [key for key in (settings.secret_key, *settings.secret_key_fallbacks) if _weak(key)]
        yield strength.passes_if(
            not weak, f"{len(settings.secret_key)} characters", "contains a placeholder's words"
        )
    keys = Check(
        "secrets.access_keys",
        "Access keys are your own",
        "Keys from a documentation page do not work, or are known to everybody.",
        "Use keys of the gateway's own: `flask provision --new-access-key`, or a role.",
    )
    if not settings.s3_access_key_id:
        yield keys.ok("none set: the role of the machine is used")
    else:
        known = {settings.s3_access_key_id, settings.s3_secret_access_key} & {*_PUBLISHED}
        yield keys.passes_if(not known, "static keys", "these keys are in AWS's documentation")


def _weak(secret: str) -> bool:
    """Whether this was typed rather than drawn: it holds a placeholder's words."""
    words = ("changeme", "change-me", "example", "secret", "password", "your-", "0123456789")
    return any(word in secret.lower() for word in words)


def _origins(settings: Settings) -> Iterator[Result]:
    item = Check(
        "cors.gateway",
        "CORS_ORIGINS names the front ends",
        "Browsers let no other page read the gateway's answers.",
        "Set CORS_ORIGINS=https://app.example.com (exact: scheme, host, port; comma-separated).",
    )
    plain = [
        origin
        for origin in settings.cors_origins
        if origin.startswith("http://") and not origin.split("//")[1].startswith(_LOCAL)
    ]
    if not settings.cors_origins:
        yield item.warning("no origin is allowed")
    elif plain:
        yield item.warning(f"without TLS: {', '.join(plain)}")
    else:
        yield item.ok(", ".join(settings.cors_origins))

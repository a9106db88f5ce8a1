"""Variables that are read by what the gateway is made of, with an effect that may not be meant.

Those with which it cannot work at all stop it at start, and are faults of the environment
(``app/aws/environment.py``, ``app/http_environment.py``, ``app/otel_variables.py``). These here are
followed, or are of no effect, silently.
"""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from app.cli.doctor.process import other
from app.cli.doctor.results import Check, Result

#: By the last part of the variable's name: what boto3 is used for here.
_SERVICES = {"SQS": "the queue", "STS": "/s3/sts", "CLOUDFRONT": "invalidations"} | {
    "COGNITO_IDENTITY_PROVIDER": "the pool's settings"
}
#: What is set for a purpose that it does not serve here, and what does.
_WITHOUT_EFFECT = {
    "ALL_PROXY": "HTTPS_PROXY and HTTP_PROXY are followed",
    "AWS_ENDPOINT_URL_S3": "S3_ENDPOINT is the store's address",
    "FORWARDED_ALLOW_IPS": "TRUSTED_PROXIES says how many proxies there are",
    "SCRIPT_NAME": "the gateway serves at the root of its address",
}
_CONNECT_SECONDS = 2.0


def surrounding_results(environ: Mapping[str, str]) -> Iterator[Result]:
    """One line for each that is set and should be looked at; nothing where all is well."""
    for rule in (_without_effect, _no_proxy, _endpoints, _s3_alone, _key_log, _folders, _gunicorn):
        yield from rule(environ)


def _get(environ: Mapping[str, str], name: str) -> str:
    """A proxy's may be in either case."""
    return environ.get(name) or environ.get(name.lower(), "")


def _check(name: str, why: str, fix: str) -> Check:
    return Check(f"environment.{name}", name, why, fix)


def _without_effect(environ: Mapping[str, str]) -> Iterator[Result]:
    for name, instead in _WITHOUT_EFFECT.items():
        if name == "ALL_PROXY" and _get(environ, "HTTPS_PROXY"):
            continue
        if _get(environ, name):
            yield _check(
                name, "It has no effect here.", f"Unset {name}: {instead}. docs/settings.md."
            ).warning(f"no effect; {instead}")


def _no_proxy(environ: Mapping[str, str]) -> Iterator[Result]:
    """Names and addresses as they are written; a name covers what ends in it."""
    given = _get(environ, "NO_PROXY")
    entries = [each.strip() for each in given.split(",")] if given.strip() != "*" else []
    odd = [each for each in entries if re.search(r"[/*;\s]", each)]
    if odd:
        yield _check(
            "NO_PROXY",
            "What it should keep from the proxy goes through it: the store, Redis' or AWS' own.",
            "Write host names and addresses, comma-separated: NO_PROXY=.internal,169.254.169.254 "
            "(no networks as 10.0.0.0/8, no *.internal, no http://).",
        ).warning(f"matches nothing: {', '.join(odd)}")


def _endpoints(environ: Mapping[str, str]) -> Iterator[Result]:
    if environ.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "").lower() == "true":
        return
    if url := environ.get("AWS_ENDPOINT_URL"):
        item = _check(
            "AWS_ENDPOINT_URL",
            "Queue, STS, CloudFront and Cognito are asked there instead of at AWS; S3 is not.",
            "Unset AWS_ENDPOINT_URL for AWS. For stand-ins: SQS_ENDPOINT, STS_ENDPOINT, "
            "COGNITO_ENDPOINT and S3_ENDPOINT say whom they are for.",
        )
        yield _reached(item, url) or item.warning(f"everything but S3 is at {_host(url)}")
    for service, use in _SERVICES.items():
        name = f"AWS_ENDPOINT_URL_{service}"
        if url := environ.get(name):
            item = _check(
                name, f"It is asked for {use}.", f"Correct {name}, or unset it to ask AWS itself."
            )
            if result := _reached(item, url):
                yield result


def _reached(item: Check, url: str) -> Result | None:
    """A fault if nobody listens there, and no proxy leads there."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    if _get(os.environ, f"{parts.scheme.upper()}_PROXY"):
        return None
    try:
        socket.create_connection((parts.hostname or "", port), _CONNECT_SECONDS).close()
    except (OSError, UnicodeError):
        return item.fault(f"nobody answers at {parts.hostname}:{port}")
    return None


def _host(url: str) -> str:
    return urlsplit(url).hostname or url


def _s3_alone(environ: Mapping[str, str]) -> Iterator[Result]:
    """The gateway's own client of S3 knows nothing of these, and signs for other names."""
    for name, kind in (("AWS_USE_FIPS_ENDPOINT", "FIPS"), ("AWS_USE_DUALSTACK_ENDPOINT", "IPv6")):
        if environ.get(name, "").lower() == "true":
            yield _check(
                name,
                "Uploads, links and the gateway's own requests to S3 do not follow it.",
                f"Unset {name} unless it is meant for queue, STS and CloudFront alone.",
            ).warning(f"{kind} for all of AWS but S3")


def _key_log(environ: Mapping[str, str]) -> Iterator[Result]:
    """One that cannot be written stops the server (``app/http_environment.py``)."""
    if environ.get("SSLKEYLOGFILE"):
        yield _check(
            "SSLKEYLOGFILE",
            "Whoever reads that file reads all that goes over TLS, tokens and keys among it.",
            "Unset SSLKEYLOGFILE, and delete the file.",
        ).warning("TLS secrets are written")


def _folders(environ: Mapping[str, str]) -> Iterator[Result]:
    if (path := environ.get("SSL_CERT_DIR")) and not any(map(os.path.isdir, path.split(":"))):
        yield other("SSL_CERT_DIR").warning("names no folder of certificates")
    if path := environ.get("PROMETHEUS_MULTIPROC_DIR"):
        found = next((each for each in (Path(path), *Path(path).parents) if each.exists()), None)
        if found is None or not found.is_dir() or not os.access(found, os.W_OK):
            yield other("PROMETHEUS_MULTIPROC_DIR").fault("names no folder that can be written")


def _gunicorn(environ: Mapping[str, str]) -> Iterator[Result]:
    given = environ.get("GUNICORN_CMD_ARGS")
    if not given:
        return
    item = _check(
        "GUNICORN_CMD_ARGS",
        "It changes how the server runs; gunicorn.conf.py gives the reason for each value.",
        "Unset it; WEB_CONCURRENCY and PORT are settings.",
    )
    yield (
        item.warning("changes gunicorn.conf.py")
        if _is_taken(given)
        else item.fault("gunicorn does not start with it")
    )


def _is_taken(arguments: str) -> bool:
    from contextlib import redirect_stderr
    from io import StringIO
    from shlex import split

    from gunicorn.config import Config

    config = Config()
    try:
        with redirect_stderr(StringIO()):
            parsed = config.parser().parse_args(split(arguments))
        for name, value in vars(parsed).items():
            if value is not None and name != "args":
                config.set(name, value)
    except (SystemExit, Exception):
        return False
    return True

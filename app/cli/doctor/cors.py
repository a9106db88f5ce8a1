"""What browsers are let do at the bucket: asked by the preflights they would send.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors-troubleshooting.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from app.cli.doctor.answers import Answer
from app.cli.doctor.rows import Item, Row
from app.cli.doctor.site import Site

#: What a browser sends with an upload, besides what needs no leave.
UPLOAD_HEADERS = ("content-type", "if-none-match", "x-amz-meta-upload", "x-amz-checksum-sha256")
METHODS = ("PUT", "GET", "HEAD", "POST", "DELETE")
NEEDED_TO_READ = ("ETag",)
EXPOSED = (
    *("ETag", "Location", "x-amz-request-id", "x-amz-version-id"),
    *("Accept-Ranges", "Content-Range", "Content-Length"),
)
RULE_ID = "asset-gateway"
_MEND = "`flask doctor --fix`, or "

ORIGINS = Item(
    "cors.origins",
    "The bucket lets the front ends in",
    "The browser blocks the upload before it begins: 'blocked by CORS policy'.",
    _MEND,
)
ALLOWED = Item(
    "cors.methods",
    "The bucket allows the methods and headers",
    "The browser blocks these requests, though they are signed well.",
    _MEND,
)
EXPOSE = Item(
    "cors.etag",
    "The bucket exposes ETag",
    "A page cannot read the parts' ETags: uploaders that complete by them (Uppy) hang or fail.",
    _MEND,
)
WILDCARD = Item(
    "cors.wildcard",
    "The bucket names its origins",
    "Any page on the web may use a link that leaked to it.",
    _MEND,
)


def rule_for(origins: tuple[str, ...]) -> dict[str, Any]:
    """The CORS rule that the gateway's browsers need, as boto3 and the AWS command take it."""
    return {
        "ID": RULE_ID,
        "AllowedOrigins": list(origins),
        "AllowedMethods": ["GET", "PUT", "POST", "DELETE", "HEAD"],
        "AllowedHeaders": ["*"],
        "ExposeHeaders": list(EXPOSED),
        "MaxAgeSeconds": 3000,
    }


def cors_rows(site: Site) -> Iterator[Row]:
    """Origins, methods and headers, what can be read; nothing when no front end is named."""
    origins = site.settings.cors_origins
    if not origins:
        return
    if not site.has_bucket or site.fetch("GET", site.public.bucket_url).status == 0:
        yield ORIGINS.unknown("there is no bucket at its public address", "See the line of it.")
        return
    answers = {
        (origin, method): _preflight(site, origin, method)
        for origin in origins
        for method in METHODS
    }
    allowed = {pair for pair, answer in answers.items() if _allows(answer, pair[0])}
    mend = _command(site)
    # Any method will do: an origin that is in no rule gets none.
    strangers = [origin for origin in origins if not any(each == origin for each, _ in allowed)]
    if strangers:
        yield ORIGINS.fault(f"not {', '.join(strangers)}", mend)
        return
    yield ORIGINS.ok(", ".join(origins))
    yield _methods(site, set(answers) - allowed, mend)
    shown = {name.lower() for name in _exposed(site, origins[0])}
    lacking = [name for name in NEEDED_TO_READ if name.lower() not in shown]
    yield EXPOSE.ok() if not lacking else EXPOSE.fault("ETag is not in ExposeHeaders", mend)
    named = answers[origins[0], "GET"].headers.get("access-control-allow-origin")
    yield WILDCARD.ok() if named != "*" else WILDCARD.warning("every origin is allowed", mend)


def _methods(site: Site, refused: set[tuple[str, str]], mend: str) -> Row:
    methods = {method for _, method in refused}
    if not methods:
        return ALLOWED.ok(", ".join(METHODS))
    origin = next(iter(refused))[0]
    if methods == {"PUT"} and _allows(_preflight(site, origin, "PUT", ()), origin):
        return ALLOWED.fault(f"PUT not with the headers {', '.join(UPLOAD_HEADERS)}", mend)
    return ALLOWED.fault(f"not {', '.join(sorted(methods))}", mend)


def _preflight(
    site: Site, origin: str, method: str, headers: tuple[str, ...] | None = None
) -> Answer:
    wanted = (UPLOAD_HEADERS if method == "PUT" else ()) if headers is None else headers
    asked = {"Origin": origin, "Access-Control-Request-Method": method}
    if wanted:
        asked["Access-Control-Request-Headers"] = ",".join(wanted)
    return site.fetch("OPTIONS", site.public.url(site.probe_key), headers=asked)


def _allows(answer: Answer, origin: str) -> bool:
    return answer.is_well and answer.headers.get("access-control-allow-origin") in (origin, "*")


def _exposed(site: Site, origin: str) -> list[str]:
    """From an answer to a GET: it has CORS headers even when it is a refusal."""
    answer = site.fetch("GET", site.public.url(site.probe_key), headers={"Origin": origin})
    names = answer.headers.get("access-control-expose-headers", "")
    return [name.strip() for name in names.split(",")]


def _command(site: Site) -> str:
    rules = json.dumps({"CORSRules": [rule_for(site.settings.cors_origins)]})
    return (
        f"{_MEND}`aws s3api put-bucket-cors --bucket {site.settings.s3_bucket_name} "
        f"--cors-configuration '{rules}'` (replaces all rules)."
    )

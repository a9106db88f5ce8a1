"""What browsers are let do at the bucket: asked by the preflights they would send.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors-troubleshooting.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from app.cli.doctor.deployment import Deployment
from app.cli.doctor.responses import Response
from app.cli.doctor.results import Check, Result

#: What a browser sends with an upload, besides what needs no leave.
UPLOAD_HEADERS = ("content-type", "if-none-match", "x-amz-meta-upload", "x-amz-checksum-sha256")
METHODS = ("PUT", "GET", "HEAD", "POST", "DELETE")
NEEDED_TO_READ = ("ETag",)
EXPOSED = (
    *("ETag", "Location", "x-amz-request-id", "x-amz-version-id"),
    *("Accept-Ranges", "Content-Range", "Content-Length"),
)
RULE_ID = "asset-gateway"
_FIX = "`flask doctor --fix`, or "

ORIGINS = Check(
    "cors.origins",
    "The bucket allows the front ends' origins",
    "The browser blocks the upload before it begins: 'blocked by CORS policy'.",
    _FIX,
)
ALLOWED = Check(
    "cors.methods",
    "The bucket allows the methods and headers",
    "The browser blocks these requests, although their signatures are valid.",
    _FIX,
)
EXPOSE = Check(
    "cors.etag",
    "The bucket exposes ETag",
    "A page cannot read the parts' ETags: uploaders that complete by them (Uppy) hang or fail.",
    _FIX,
)
WILDCARD = Check(
    "cors.wildcard",
    "The bucket lists its origins",
    "Any web page may use a leaked link.",
    _FIX,
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


def cors_results(deployment: Deployment) -> Iterator[Result]:
    """Origins, methods and headers, what can be read; nothing when no front end is named."""
    origins = deployment.settings.cors_origins
    if not origins:
        return
    if (
        not deployment.has_bucket
        or deployment.fetch("GET", deployment.public.bucket_url).status == 0
    ):
        yield ORIGINS.unknown(
            "the bucket cannot be reached at its public address", "See the check of the bucket."
        )
        return
    responses = {
        (origin, method): _preflight(deployment, origin, method)
        for origin in origins
        for method in METHODS
    }
    allowed = {pair for pair, response in responses.items() if _allows(response, pair[0])}
    fix = _command(deployment)
    # Any method will do: an origin that is in no rule gets none.
    strangers = [origin for origin in origins if not any(each == origin for each, _ in allowed)]
    if strangers:
        yield ORIGINS.fault(f"not {', '.join(strangers)}", fix)
        return
    yield ORIGINS.ok(", ".join(origins))
    yield _methods(deployment, set(responses) - allowed, fix)
    shown = {name.lower() for name in _exposed(deployment, origins[0])}
    lacking = [name for name in NEEDED_TO_READ if name.lower() not in shown]
    yield EXPOSE.ok() if not lacking else EXPOSE.fault("ETag is not in ExposeHeaders", fix)
    named = responses[origins[0], "GET"].headers.get("access-control-allow-origin")
    yield WILDCARD.ok() if named != "*" else WILDCARD.warning("every origin is allowed", fix)


def _methods(deployment: Deployment, refused: set[tuple[str, str]], fix: str) -> Result:
    methods = {method for _, method in refused}
    if not methods:
        return ALLOWED.ok(", ".join(METHODS))
    origin = next(iter(refused))[0]
    if methods == {"PUT"} and _allows(_preflight(deployment, origin, "PUT", ()), origin):
        return ALLOWED.fault(f"PUT not with the headers {', '.join(UPLOAD_HEADERS)}", fix)
    return ALLOWED.fault(f"not {', '.join(sorted(methods))}", fix)


def _preflight(
    deployment: Deployment, origin: str, method: str, headers: tuple[str, ...] | None = None
) -> Response:
    wanted = (UPLOAD_HEADERS if method == "PUT" else ()) if headers is None else headers
    asked = {"Origin": origin, "Access-Control-Request-Method": method}
    if wanted:
        asked["Access-Control-Request-Headers"] = ",".join(wanted)
    return deployment.fetch("OPTIONS", deployment.public.url(deployment.probe_key), headers=asked)


def _allows(response: Response, origin: str) -> bool:
    return response.ok and response.headers.get("access-control-allow-origin") in (origin, "*")


def _exposed(deployment: Deployment, origin: str) -> list[str]:
    """From an answer to a GET: it has CORS headers even when it is a refusal."""
    response = deployment.fetch(
        "GET", deployment.public.url(deployment.probe_key), headers={"Origin": origin}
    )
    names = response.headers.get("access-control-expose-headers", "")
    return [name.strip() for name in names.split(",")]


def _command(deployment: Deployment) -> str:
    rules = json.dumps({"CORSRules": [rule_for(deployment.settings.cors_origins)]})
    return (
        f"{_FIX}`aws s3api put-bucket-cors --bucket {deployment.settings.s3_bucket_name} "
        f"--cors-configuration '{rules}'` (replaces all rules)."
    )

"""The steps of the journey: each proves one thing, and says in a few words what it saw."""

from __future__ import annotations

import hashlib
import os
from base64 import b64encode
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import urllib3

from smoke.place import ORIGIN, Check, Place, Unexpected, ask, expect, send

PNG = b"\x89PNG\r\n\x1a\n" + bytes(24)
IMAGE = {"filename": "a.png", "content_type": "image/png"}
MANIFEST = b"#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\nseg1.ts\n#EXT-X-ENDLIST\n"
SEGMENT = (b"\x47" + bytes(187)) * 8


def _same(answer: urllib3.BaseHTTPResponse, body: bytes) -> None:
    if answer.data != body:
        raise Unexpected(f"{len(answer.data)} bytes came back that are not those sent")


def signed_in(place: Place) -> str:
    """The gateway takes the pool's token, finds its keys and the bucket."""
    expect(ask("GET", f"{place.gateway}/readyz"), 200)
    me = place.api("GET", "/v1/me")
    if me["sub"] != place.sub:
        raise Unexpected("the token is taken for another user's")
    return "the pool's token is taken"


def put_with_checksums(place: Place) -> str:
    """A PUT with SHA-256 and metadata; read back by a signed link, whole and in a range."""
    digest = b64encode(hashlib.sha256(PNG).digest()).decode()
    asset = place.upload(PNG, **IMAGE, checksum_sha256=digest, metadata={"title": "Größe 1"})
    if asset["metadata"] != {"title": "Größe 1"}:
        raise Unexpected("the metadata came back as something else")
    [link] = place.api("POST", "/v1/links", {"paths": [asset["path"]], "via": "s3"})["links"]
    whole = ask("GET", link["url"])
    expect(whole, 200)
    _same(whole, PNG)
    part = ask("GET", link["url"], headers={"range": "bytes=8-15"})
    expect(part, 206)
    _same(part, PNG[8:16])
    return "stored, verified, read back"


def conditional_write(place: Place) -> str:
    """The same signed PUT a second time is refused: nothing is overwritten."""
    started = place.api("POST", "/v1/uploads", {"size": len(PNG), **IMAGE}, expect=201)
    send(started, PNG)
    again = ask("PUT", started["url"], body=PNG, headers=started["headers"])
    expect(again, 412)
    place.complete(started)
    return "the second PUT is 412"


def wrong_bytes(place: Place) -> str:
    """Other bytes than the declared checksum, and another length, are refused by S3 itself."""
    digest = b64encode(hashlib.sha256(PNG).digest()).decode()
    declared = {"size": len(PNG), **IMAGE, "checksum_sha256": digest}
    started = place.api("POST", "/v1/uploads", declared, expect=201)
    other = ask("PUT", started["url"], body=PNG[:-1] + b"x", headers=started["headers"])
    expect(other, 400)
    longer = ask("PUT", started["url"], body=PNG + b"x", headers=started["headers"])
    expect(longer, 400, 403)
    return f"other bytes 400, another length {longer.status}"


def form_upload(place: Place) -> str:
    """A form POST by its policy; a larger file is refused."""
    declared = {"size": len(PNG), **IMAGE, "method": "post"}
    started = place.api("POST", "/v1/uploads", declared, expect=201)
    _post(started, PNG + b"x", 400, 403)
    _post(started, PNG, 200, 201, 204)
    place.complete(started)
    return "taken; one byte more is refused"


def _post(started: dict[str, object], body: bytes, *statuses: int) -> None:
    fields = dict(started["fields"]) | {"file": ("a.png", body)}  # type: ignore[call-overload]
    encoded, kind = urllib3.encode_multipart_formdata(fields)
    expect(
        ask("POST", str(started["url"]), body=encoded, headers={"content-type": kind}), *statuses
    )


def multipart(place: Place) -> str:
    """A file in parts, put together and verified."""
    body = bytes.fromhex("00000018667479706d703432") + os.urandom(17 * 2**20)
    declared = {"filename": "a.mp4", "content_type": "video/mp4", "size": len(body)}
    started = place.api("POST", "/v1/uploads", {**declared, "method": "multipart"}, expect=201)
    size = started["part_size"]
    for part in started["parts"]:
        first = (part["part_number"] - 1) * size
        piece = body[first : first + part["size"]]
        expect(ask("PUT", part["url"], body=piece, headers=part["headers"]), 200)
    asset = place.complete(started)
    link = ask("GET", asset["link"]["url"], headers={"range": f"bytes={size - 4}-{size + 3}"})
    expect(link, 206)
    _same(link, body[size - 4 : size + 4])
    return f"{len(started['parts'])} parts, {len(body) / 2**20:.0f} MiB"


def missing_is_404(place: Place) -> str:
    """S3 says 404 and not 403 of a missing key, with listings limited to users/ (the policy)."""
    place.api("GET", f"/v1/assets/image/{uuid4()}/none.png", expect=404)
    paths = [f"image/{uuid4()}/none.png"]
    [link] = place.api("POST", "/v1/links", {"paths": paths, "via": "s3"})["links"]
    expect(ask("GET", link["url"]), 404)
    return "404 by the API and by a signed link"


def preflight(place: Place) -> str:
    """The bucket answers the browser's OPTIONS for our origin, and for no other."""
    started = place.api("POST", "/v1/uploads", {"size": len(PNG), **IMAGE}, expect=201)
    _options(started["url"], "PUT")
    stranger = ask("OPTIONS", started["url"], headers=_asking("PUT", "https://other.example.com"))
    expect(stranger, 403)
    return "200 for ours, 403 for another"


def _asking(method: str, origin: str) -> dict[str, str]:
    return {
        "origin": origin,
        "access-control-request-method": method,
        "access-control-request-headers": "content-type" if method == "PUT" else "range",
    }


def _options(url: str, method: str) -> None:
    answer = ask("OPTIONS", url, headers=_asking(method, ORIGIN))
    expect(answer, 200, 204)
    allowed = answer.headers.get("access-control-allow-origin")
    if allowed not in (ORIGIN, "*"):
        raise Unexpected("OPTIONS is answered without Access-Control-Allow-Origin for our origin")


def edge_links(place: Place) -> str:
    """CloudFront serves a signed link, whole and in ranges; not without, nor altered."""
    asset = place.upload(PNG, **IMAGE)
    url = _edge_link(place, asset["path"])
    whole = ask("GET", url, headers={"origin": ORIGIN})
    expect(whole, 200)
    _same(whole, PNG)
    if whole.headers.get("x-content-type-options") != "nosniff":
        raise Unexpected("the answer has no nosniff")
    if whole.headers.get("access-control-allow-origin") != ORIGIN:
        raise Unexpected("the answer has no Access-Control-Allow-Origin")
    expect(ask("GET", url, headers={"range": "bytes=0-3"}), 206)
    expect(ask("GET", url.partition("?")[0]), 403)
    expect(ask("GET", url.replace("/a.png", "/b.png")), 403)
    return "200, 206; 403 unsigned and altered"


def _edge_link(place: Place, path: str) -> str:
    body = {"paths": [path], "via": "cloudfront"}
    [link] = place.api("POST", "/v1/links", body)["links"]
    return str(link["url"])


def edge_preflight(place: Place) -> str:
    """OPTIONS passes the edge to the bucket and comes back with CORS headers."""
    asset = place.upload(PNG, **IMAGE)
    _options(_edge_link(place, asset["path"]), "GET")
    return "answered with our origin"


def hls(place: Place) -> str:
    """A package: one signature for the folder, as a query and as cookies."""
    files = {
        "index.m3u8": (MANIFEST, "application/vnd.apple.mpegurl"),
        "seg1.ts": (SEGMENT, "video/mp2t"),
    }
    declared = [
        {"filename": name, "content_type": kind, "size": len(body), "kind": "video"}
        for name, (body, kind) in files.items()
    ]
    batch = place.api("POST", "/v1/uploads/batch", {"uploads": declared, "package": True})
    uploads = [item["upload"] for item in batch["items"]]
    for upload, (body, _) in zip(uploads, files.values(), strict=True):
        send(upload, body)
    ids = {"upload_ids": [upload["upload_id"] for upload in uploads]}
    done = place.api("POST", "/v1/uploads/complete", ids)
    if not all("asset" in item for item in done["items"]):
        raise Unexpected("a file of the package is refused")
    path = uploads[0]["path"]
    playing = place.api("POST", "/v1/playback", {"path": path})
    expect(ask("GET", playing["url"]), 200)
    segment = playing["url"].partition("?")[0].replace("index.m3u8", "seg1.ts")
    by_query = ask("GET", f"{segment}?{playing['query']}")
    expect(by_query, 200)
    _same(by_query, SEGMENT)
    cookies = "; ".join(f"{name}={text}" for name, text in playing["cookies"].items())
    expect(ask("GET", segment, headers={"cookie": cookies}), 200)
    expect(ask("GET", segment), 403)
    return "manifest and segment, by query and by cookies"


def events(place: Place) -> str:
    """The bucket tells the queue, the worker verifies and tells the back end."""
    started = place.api("POST", "/v1/uploads", {"size": len(PNG), **IMAGE}, expect=201)
    send(started, PNG)
    seconds = place.told.wait_for("asset.created", started["path"], place.patience_seconds)
    bad = b"<html>" + bytes(len(PNG) - 6)
    faulty = place.api("POST", "/v1/uploads", {"size": len(bad), **IMAGE}, expect=201)
    send(faulty, bad)
    place.told.wait_for("asset.rejected", faulty["path"], place.patience_seconds)
    place.wait_until_gone(faulty["path"])
    return f"created after {seconds:.0f} s without completion; a false PNG is rejected and removed"


def sharing(place: Place) -> str:
    """A stranger opens a share by its link, until it is revoked."""
    asset = place.upload(PNG, **IMAGE)
    share = place.api("POST", "/v1/shares", {"path": asset["path"]}, expect=201)
    url = f"{place.gateway}/s/{share['url'].rpartition('/s/')[2]}"
    opened = ask("GET", url)
    expect(opened, 302, 303, 307)
    file = ask("GET", opened.headers["location"])
    expect(file, 200)
    _same(file, PNG)
    place.api("DELETE", f"/v1/shares/{share['share_id']}", expect=204)
    expect(ask("GET", url), 404)
    return "opened, then revoked"


def deletion(place: Place) -> str:
    """A deleted asset is gone, restored, and gone from the edge as well."""
    asset = place.upload(PNG, **IMAGE)
    path = asset["path"]
    at_edge = _edge_link(place, path) if place.settings.cloudfront_domain else ""
    if at_edge:
        expect(ask("GET", at_edge), 200)
    place.api("DELETE", f"/v1/assets/{path}", expect=204)
    place.api("GET", f"/v1/assets/{path}", expect=404)
    place.told.wait_for("asset.deleted", path, place.patience_seconds)
    if at_edge:
        place.wait_until_refused(at_edge)
    place.api("POST", "/v1/assets/restore", {"path": path})
    place.api("GET", f"/v1/assets/{path}")
    return f"deleted, told, {'forgotten by the edge, ' if at_edge else ''}restored"


def erasure(place: Place) -> str:
    """All of the user's data, every version of it, is erased."""
    for _ in range(100):
        headers = {"authorization": f"Bearer {place.token}"}
        answer = ask("DELETE", f"{place.gateway}/v1/me/data", headers=headers)
        expect(answer, 200, 202, 204)
        left = place.s3.list_object_versions(Bucket=place.bucket, Prefix=f"users/{place.sub}/")
        if not (left.get("Versions") or left.get("DeleteMarkers")):
            return "no version is left"
    raise Unexpected("versions are left")


def alarms(place: Place) -> str:
    """The alarms name metrics that AWS keeps, as far as these are there yet; and none by other
    dimensions than AWS does."""
    seen = named = 0
    for cloudwatch in place.cloudwatch:
        for alarm in cloudwatch.describe_alarms(AlarmNamePrefix=place.bucket)["MetricAlarms"]:
            for metric in _metrics(alarm):
                named += 1
                if cloudwatch.list_metrics(**metric)["Metrics"]:
                    seen += 1
                else:
                    _check_dimensions(cloudwatch, metric)
    if not named:
        raise Unexpected("there are no alarms to look at")
    return f"{seen} of {named} metrics of alarms are there (some come only after a day)"


def _metrics(alarm: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What it watches: one metric, or several that it reckons with."""
    parts = [each["MetricStat"] for each in alarm.get("Metrics", []) if "MetricStat" in each]
    for metric in [each["Metric"] for each in parts] or [alarm]:
        yield {name: metric[name] for name in ("Namespace", "MetricName", "Dimensions")}


def _check_dimensions(cloudwatch: Any, metric: dict[str, Any]) -> None:
    """Raises ``Unexpected`` where AWS keeps the metric, of whatever, by other dimensions alone."""
    of_any = {name: metric[name] for name in ("Namespace", "MetricName")}
    kept = [_names(each) for each in cloudwatch.list_metrics(**of_any)["Metrics"]]
    if kept and _names(metric) not in kept:
        raise Unexpected(
            f"AWS keeps {metric['MetricName']} by {', '.join(kept[0])}, and the alarm looks for it "
            f"by {', '.join(_names(metric))}"
        )


def _names(metric: dict[str, Any]) -> list[str]:
    return sorted(each["Name"] for each in metric["Dimensions"])


#: In their order: the last one removes what the others left.
STEPS: tuple[Check, ...] = (
    *(signed_in, put_with_checksums, conditional_write, wrong_bytes, form_upload, multipart),
    *(missing_is_404, preflight, edge_links, edge_preflight, hls, events, sharing, deletion),
    *(alarms, erasure),
)
#: Those of CloudFront, which ``--no-edge`` leaves out.
EDGE: frozenset[Check] = frozenset({edge_links, edge_preflight, hls})
#: Those that need AWS itself: nothing stands in for CloudWatch.
AWS_ALONE: frozenset[Check] = frozenset({alarms})

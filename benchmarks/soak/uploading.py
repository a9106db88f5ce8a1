"""Acts that bring an asset: by PUT, by a form, in parts; resumed, or given up."""

from __future__ import annotations

import base64
import hashlib
import json
import uuid
from collections.abc import Mapping
from typing import Any

from benchmarks.soak.site import PART_BYTES
from benchmarks.soak.user import Content, User, same

TYPE = "image/png"
COMPLETE = "/v1/uploads/{upload_id}/complete"
NAMES = 1_000


def filename(number: int) -> str:
    """One of ``NAMES`` that users give their images."""
    return f"image {number % NAMES}.png"


async def put(user: User) -> None:
    """Declare, PUT, complete; sometimes with a checksum, into a project, or completed twice."""
    content = user.new_content()
    body = content.bytes()
    digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
    extra = {"checksum_sha256": digest} if user.random.random() < 0.3 else {}
    started = await declare(user, content, method="put", **extra)
    await user.send("PUT", started["url"], body, headers=started["headers"], expect=(200, 201))
    await complete(user, started, content)
    if user.random.random() < 0.05:
        await complete(user, started, content)


async def form(user: User) -> None:
    """Declare and send a form, as an HTML page without scripts would; by PUT without forms."""
    if not user.site.forms:
        await put(user)
        return
    content = user.new_content()
    started = await declare(user, content, method="post")
    await send_form(user, started, content)
    await complete(user, started, content)


async def in_parts(user: User) -> None:
    """Two or three parts, broken off after the first and resumed; soon deleted, for its size."""
    size = PART_BYTES * user.random.choice((1, 2)) + user.random.randint(1, PART_BYTES)
    content = user.new_content(size)
    body = content.bytes()
    started = await declare(user, content, method="multipart")
    first = started["parts"][0]
    await user.send("PUT", first["url"], body[: first["size"]])
    early = await user.ask("POST", COMPLETE, b"{}", expect=409, upload_id=started["upload_id"])
    same(early.json()["type"], "/problems/upload-incomplete", "completed early")
    state = await user.ask("GET", "/v1/uploads/{upload_id}", upload_id=started["upload_id"])
    missing = state.json()["missing"]
    same(missing, list(range(2, started["part_count"] + 1)), "missing parts")
    again = await user.ask(
        "POST",
        "/v1/uploads/{upload_id}/parts",
        json.dumps({"part_numbers": missing}).encode(),
        upload_id=started["upload_id"],
    )
    for part in again.json()["parts"]:
        offset = (part["part_number"] - 1) * started["part_size"]
        await user.send("PUT", part["url"], body[offset : offset + part["size"]])
    await complete(user, started, content)
    await user.play(
        (await user.ask("GET", "/v1/assets/{path}", path=started["path"])).json()["link"],
        started["path"],
    )
    await user.ask("DELETE", "/v1/assets/{path}", expect=204, path=started["path"])
    del user.assets[started["path"]]


async def give_up(user: User) -> None:
    """Begin in parts and look, find the upload in the list, abort it, twice."""
    started = await declare(user, user.new_content(PART_BYTES + 1), method="multipart")
    listed = (await user.ask("GET", "/v1/uploads")).json()["items"]
    same([item["path"] for item in listed], [started["path"]], "unfinished uploads")
    for _ in range(2):
        await user.ask(
            "DELETE", "/v1/uploads/{upload_id}", expect=204, upload_id=started["upload_id"]
        )
    same((await user.ask("GET", "/v1/uploads")).json()["items"], [], "unfinished uploads")


async def lie(user: User) -> None:
    """Send other bytes than the type says: rejected and removed."""
    body = b"<!doctype html>" + user.random.randbytes(2_000)
    started = await declare(user, Content(0, len(body)), method="put")
    await user.send("PUT", started["url"], body, headers=started["headers"], expect=(200, 201))
    said = await user.ask("POST", COMPLETE, b"{}", expect=422, upload_id=started["upload_id"])
    same(said.json()["type"], "/problems/upload-rejected", "what is no image")
    await user.ask("GET", "/v1/assets/{path}", expect=404, path=started["path"])


async def declare(user: User, content: Content, **more: Any) -> dict[str, Any]:
    """Start an upload, in one of four places; what was declared must come back."""
    declared = {
        "filename": filename(user.random.randrange(NAMES)),
        "content_type": TYPE,
        "size": content.size,
        "project_id": user.random.choice((None, None, "p1", "p2")),
        **more,
    }
    answer = await user.ask("POST", "/v1/uploads", json.dumps(declared).encode(), expect=201)
    started: dict[str, Any] = answer.json()
    same(started["method"], more["method"].upper(), "method")
    same(started["key"], f"users/{user.sub}/{started['path']}", "key")
    return started


async def send_form(user: User, signed: Mapping[str, Any], content: Content) -> None:
    """POST ``fields`` and the file as multipart/form-data (RFC 7578)."""
    boundary = uuid.uuid4().hex
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'
        for name, text in signed["fields"].items()
    ]
    file = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n'
    body = "".join(parts).encode() + file.encode() + content.bytes()
    body += f"\r\n--{boundary}--\r\n".encode()
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    await user.send("POST", signed["url"], body, headers=headers, expect=(204, 200, 201))


async def complete(user: User, started: Mapping[str, Any], content: Content) -> None:
    """Finish; from here on the asset is the user's."""
    answer = await user.ask("POST", COMPLETE, b"{}", upload_id=started["upload_id"])
    asset = answer.json()
    same(asset["path"], started["path"], "path")
    same((asset["size"], asset["content_type"]), (content.size, TYPE), started["path"])
    user.assets[started["path"]] = content
    if user.random.random() < 0.2:
        await user.play(asset["link"], started["path"])

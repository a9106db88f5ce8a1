"""Acts of a page with Uppy: one file by ``/s3/params``, one in parts."""

from __future__ import annotations

import json

from benchmarks.soak.library import forget_shares
from benchmarks.soak.uploading import TYPE, send_form
from benchmarks.soak.user import User, same


async def single(user: User) -> None:
    """``/s3/params``, send, and have it verified, as Uppy's page does on success."""
    content = user.new_content()
    query = {"filename": "uppy.png", "type": TYPE, "metadata[size]": content.size}
    signed = (await user.ask("GET", "/s3/params", query=query)).json()
    if signed["method"] == "POST":
        await send_form(user, signed, content)
    else:
        await user.send(
            "PUT", signed["url"], content.bytes(), headers=signed["headers"], expect=(200, 201)
        )
    path = signed["fields"]["key"].removeprefix(f"users/{user.sub}/")
    asset = (
        await user.ask("POST", "/v1/assets/verify", json.dumps({"path": path}).encode())
    ).json()
    same((asset["path"], asset["size"]), (path, content.size), "verified asset")
    user.assets[path] = content


async def in_parts(user: User) -> None:
    """Create, sign, send one part, list, complete; or abort."""
    content = user.new_content()
    file = {"filename": "uppy.png", "type": TYPE, "metadata": {"size": content.size}}
    made = (await user.ask("POST", "/s3/multipart", json.dumps(file).encode())).json()
    here = {"upload_id": made["uploadId"]}
    query = {"key": made["key"]}
    path = made["key"].removeprefix(f"users/{user.sub}/")
    batch = await user.ask(
        "GET", "/s3/multipart/{upload_id}/batch", query=query | {"partNumbers": "1,2"}, **here
    )
    same(sorted(batch.json()["presignedUrls"]), ["1", "2"], "presigned parts")
    signed = (await user.ask("GET", "/s3/multipart/{upload_id}/1", query=query, **here)).json()
    sent = await user.send("PUT", signed["url"], content.bytes())
    parts = (await user.ask("GET", "/s3/multipart/{upload_id}", query=query, **here)).json()
    same([part["Size"] for part in parts], [content.size], "parts")
    if user.random.random() < 0.3:
        await user.ask("DELETE", "/s3/multipart/{upload_id}", query=query, **here)
        return
    named = [{"PartNumber": 1, "ETag": sent.headers["etag"]}]
    done = await user.ask(
        "POST",
        "/s3/multipart/{upload_id}/complete",
        json.dumps({"parts": named}).encode(),
        query=query,
        **here,
    )
    same(done.json()["key"], made["key"], "key")
    user.assets[path] = content
    await user.play((await user.ask("GET", "/v1/assets/{path}", path=path)).json()["link"], path)
    if user.random.random() < 0.5:
        await user.ask("DELETE", "/v1/assets/{path}", expect=204, path=path)
        forget_shares(user, path)
        del user.assets[path]

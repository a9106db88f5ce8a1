"""Fills what each worker remembers up to its bound, before the clock starts.

What grows after this is no memory that was still filling. Names and seals are such as come later:
Python keeps small objects by size, and what replaces others of another size needs room of its own
while theirs lies half empty. Nothing of it asks the store.
"""

from __future__ import annotations

import asyncio
import json
from base64 import b64encode
from collections.abc import Sequence
from uuid import uuid4

from app.domain.shares import ShareToken
from app.signing.tokens import SignedTokens
from benchmarks.soak import uploading
from benchmarks.soak.user import User
from tests.gateway import SECRET

#: 10,000 verified tokens are remembered, and what the links of 1,024 names answer with.
TOKENS = 30_000
#: 256 seals of each purpose.
SEALS = 1_000
AT_ONCE = 48
BATCH = 1_000
SECONDS = 3600
UPLOAD, UPPY, CURSOR, SHARE = (
    SignedTokens([SECRET], purpose, SECONDS) for purpose in ("upload", "uppy", "cursor", "share")
)


async def fill_memories(users: Sequence[User]) -> None:
    """Show more tokens, names and seals than two workers remember, in turn as all users."""
    places = asyncio.Semaphore(AT_ONCE)

    async def show(number: int) -> None:
        async with places:
            user = users[number % len(users)]
            user.sign_in()
            asked = {"paths": [f"image/{uuid4()}/{uploading.filename(number)}"]}
            await user.ask("POST", "/v1/links", json.dumps(asked).encode())
            if number < SEALS:
                await _show_seals(user, number)

    for first in range(0, TOKENS, BATCH):
        async with asyncio.TaskGroup() as tasks:
            for number in range(first, min(first + BATCH, TOKENS)):
                tasks.create_task(show(number))


async def _show_seals(user: User, number: int) -> None:
    """An upload that is given up, and seals that open and then lead nowhere."""
    digest = b64encode(number.to_bytes(32)).decode()
    content, more = user.new_content(100), {"project_id": "p1", "checksum_sha256": digest}
    started = await uploading.declare(user, content, method="put", **more)
    upload_id, key = started["upload_id"], f"users/{user.sub}/image/another.png"
    await user.ask("DELETE", "/v1/uploads/{upload_id}", expect=204, upload_id=upload_id)
    await user.ask(
        "GET",
        "/s3/multipart/{upload_id}/1",
        expect=404,
        query={"key": key},
        upload_id=UPPY.sign(UPLOAD.verify(upload_id)),
    )
    cursor = CURSOR.sign({"listing": f"users/{user.sub}/another/", "token": key})
    await user.ask("GET", "/v1/assets", expect=404, query={"cursor": cursor})
    token = SHARE.sign(ShareToken(user.sub, f"{number:022}").to_claims())
    await user.ask("GET", "/s/{token}", expect=404, bearer="", token=token)

"""Every file accounted for: what users were promised against what the store holds, at the end."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable, Mapping, Sequence

from benchmarks.soak.site import Site
from benchmarks.soak.user import Content, User

DRAIN_SECONDS = 180.0
COUNT_SECONDS = 30.0


async def settle_accounts(site: Site, users: Sequence[User]) -> list[str]:
    """One sentence for each file too many, missing or changed, and for each usage that is wrong.

    Asked once the worker has read all that the bucket told it, for it may remove.
    """
    if not await _eventually(lambda: not site.waiting(), DRAIN_SECONDS):
        return [f"the worker left {site.waiting()} messages in the queue"]
    promised = {
        f"users/{user.sub}/{path}": content
        for user in users
        for path, content in user.holdings().items()
    }
    stored = await asyncio.to_thread(_stored, site)
    found = {key: each for key, each in stored.items() if key.split("/")[2] != "shares"}
    faults = differences(promised, found)
    for user in users:
        shares = [
            size for key, (size, _) in stored.items() if key.startswith(f"users/{user.sub}/shares/")
        ]
        if len(shares) != len(user.shares):
            faults.append(f"user {user.number}: {len(shares)} shares for {len(user.shares)}")
        if fault := await _wrong_usage(user, shares):
            faults.append(fault)
    return faults


def differences(
    promised: Mapping[str, Content], stored: Mapping[str, tuple[int, str]]
) -> list[str]:
    """What is gone, what is nobody's, and what has another size or other bytes, by key."""
    both = sorted(promised.keys() & stored.keys())
    return [
        *(f"{key} is gone" for key in sorted(promised.keys() - stored.keys())),
        *(f"{key} is nobody's" for key in sorted(stored.keys() - promised.keys())),
        *(f"{key} is not as sent" for key in both if not _same(promised[key], *stored[key])),
    ]


def _stored(site: Site) -> dict[str, tuple[int, str]]:
    """Size and ETag of all that users have in the bucket."""
    client = site.store.client()
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=site.bucket, Prefix="users/")
    return {
        each["Key"]: (each["Size"], each["ETag"].strip('"'))
        for page in pages
        for each in page.get("Contents", [])
    }


def _same(content: Content, size: int, etag: str) -> bool:
    """By size, and by the ETag where that is the MD5 of the bytes: not of multipart uploads."""
    if size != content.size:
        return False
    return "-" in etag or etag == hashlib.md5(content.bytes(), usedforsecurity=False).hexdigest()


async def _wrong_usage(user: User, shares: Sequence[int]) -> str | None:
    """A count, which has the records of shares too, may be late; it may not stay wrong."""
    sizes = [*(content.size for content in user.holdings().values()), *shares]
    wanted = (sum(sizes), len(sizes))
    deadline = time.monotonic() + COUNT_SECONDS
    while True:
        usage = (await user.ask("GET", "/v1/me")).json()["usage"]
        told = (usage["bytes"], usage["objects"])
        if told == wanted:
            return None
        if time.monotonic() > deadline:
            return f"user {user.number} is told {told} bytes and objects, and has {wanted}"
        await asyncio.sleep(1)


async def _eventually(holds: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not await asyncio.to_thread(holds):
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(1)
    return True

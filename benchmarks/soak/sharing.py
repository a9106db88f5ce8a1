"""Acts with shares: open one to strangers, follow it, revoke it."""

from __future__ import annotations

import json

from benchmarks.soak.user import User, same

MAX_SHARES = 3
OPEN = "/s/{token}"


async def share(user: User) -> None:
    """Share an asset, list, open the link as a stranger and compare; sometimes revoke one."""
    if not user.assets:
        return
    if len(user.shares) < MAX_SHARES:
        path = user.any_asset()
        asked = json.dumps({"path": path, "expires_in": 7200}).encode()
        made = (await user.ask("POST", "/v1/shares", asked, expect=201)).json()
        user.shares[made["share_id"]] = (path, made["url"])
    share_id, (path, url) = user.random.choice(list(user.shares.items()))
    token = url.rpartition("/s/")[2]
    answer = await user.ask("GET", OPEN, expect=302, bearer="", token=token)
    await user.play({"url": answer.headers["location"]}, path)
    listed = (await user.ask("GET", "/v1/shares")).json()["items"]
    same(sorted(item["share_id"] for item in listed), sorted(user.shares), "open shares")
    if user.random.random() < 0.5:
        await user.ask("DELETE", "/v1/shares/{share_id}", expect=204, share_id=share_id)
        del user.shares[share_id]
        await user.ask("GET", OPEN, expect=404, bearer="", token=token)

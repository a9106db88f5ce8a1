"""Acts that must be refused: no good token, another user's things, paths off the grammar."""

from __future__ import annotations

import json
from collections.abc import Sequence

from benchmarks.soak.site import ORIGIN
from benchmarks.soak.uploading import COMPLETE, declare
from benchmarks.soak.user import User, same


async def wrong_token(user: User) -> None:
    """None, garbage, a changed one, one that has expired, one of another pool's client."""
    header, payload, signature = user.token.split(".")
    turned = "A" if signature[10] != "A" else "B"
    tokens = (
        "",
        "garbage",
        f"{header}.{payload}.{signature[:10]}{turned}{signature[11:]}",
        user.site.tokens(sub=user.sub, exp=1_600_000_000),
        user.site.tokens(sub=user.sub, client_id="another"),
    )
    answer = await user.ask("GET", "/v1/assets", expect=401, bearer=user.random.choice(tokens))
    same(answer.json()["type"], "/problems/invalid-token", "wrong token")


async def foreign(user: User, others: Sequence[User]) -> None:
    """Another user's path, key, upload and share: as if there were none.

    A deletion that reached the other's space would be missed at their next look.
    """
    other = user.random.choice(others)
    if other is user:
        return
    for path in list(other.assets)[:1]:
        await user.ask("GET", "/v1/assets/{path}", expect=404, path=path)
        await user.ask("DELETE", "/v1/assets/{path}", expect=204, path=path)
        query = {"key": f"users/{other.sub}/{path}"}
        await user.ask(
            "GET", "/s3/multipart/{upload_id}", expect=404, query=query, upload_id="made-up"
        )
    for share_id in list(other.shares)[:1]:
        await user.ask("DELETE", "/v1/shares/{share_id}", expect=404, share_id=share_id)
    started = await declare(user, user.new_content(), method="put")
    await other.ask("POST", COMPLETE, b"{}", expect=404, upload_id=started["upload_id"])


async def nonsense(user: User) -> None:
    """Off the grammar, too large, of an unknown type; and what this bucket cannot do."""
    answer = await user.ask("POST", "/v1/links", b'{"paths":["../x/y.png"]}', expect=422)
    same(answer.json()["errors"][0]["pointer"], "/paths/0", "pointer")
    declared = {"filename": "a.png", "content_type": "image/png", "size": 2**40}
    await user.ask("POST", "/v1/uploads", json.dumps(declared).encode(), expect=413)
    declared |= {"content_type": "application/x-msdownload", "size": 10}
    await user.ask("POST", "/v1/uploads", json.dumps(declared).encode(), expect=415)
    await user.ask("POST", "/v1/uploads", b"{not json", expect=422)
    await user.ask("GET", "/v1/nowhere", expect=404)


async def preflight(user: User) -> None:
    """What a browser asks before it sends a token to another origin."""
    headers = {
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    answer = await user.ask("OPTIONS", "/v1/uploads", bearer="", headers=headers)
    same(answer.headers.get("access-control-allow-origin"), ORIGIN, "preflight")

"""Acts on what is there: look, play, copy, move, delete, and ask for the account."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from benchmarks.soak.user import User, same

MAX_ASSETS = 14
COUNTS, COUNT_SECONDS = 6, 4.0


async def look(user: User) -> None:
    """Page through everything with links: exactly what the user has, and play one."""
    limit, cursor = user.random.choice((5, 50)), None
    items: list[dict[str, Any]] = []
    for _ in range(MAX_ASSETS + 30):
        query = {"limit": limit, "sign": "true"} | ({"cursor": cursor} if cursor else {})
        page = (await user.ask("GET", "/v1/assets", query=query)).json()
        items += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    found = {item["path"]: item["size"] for item in items}
    same(
        found, {path: content.size for path, content in sorted(user.holdings().items())}, "listing"
    )
    same(len(items), len(found), "assets listed once")
    if items:
        item = user.random.choice(items)
        await user.play(item["link"], item["path"])


async def look_at_kind(user: User) -> None:
    """A project or the library alone."""
    project = user.random.choice((None, "p1", "p2"))
    query = {"kind": "image"} | ({"project_id": project} if project else {})
    page = (await user.ask("GET", "/v1/assets", query=query)).json()
    prefix = f"projects/{project}/image/" if project else "image/"
    wanted = sorted(path for path in user.assets if path.startswith(prefix))
    same([item["path"] for item in page["items"]], wanted, f"listing of {prefix}")


async def links(user: User) -> None:
    """Links for all that the user has, and for many of the same again; play one."""
    paths = list(user.assets)
    if not paths:
        return
    many = (paths * 100)[: user.random.choice((len(paths), 100))]
    answer = await user.ask("POST", "/v1/links", json.dumps({"paths": many}).encode())
    signed = answer.json()["links"]
    same([link["path"] for link in signed], many, "paths of the links")
    chosen = user.random.choice(signed)
    await user.play(chosen, chosen["path"])


async def look_closely(user: User) -> None:
    """One asset, with its link; and one that is not there."""
    if user.assets:
        path = user.any_asset()
        asset = (await user.ask("GET", "/v1/assets/{path}", path=path)).json()
        same((asset["path"], asset["size"]), (path, user.assets[path].size), "asset")
        await user.play(asset["link"], path)
    await user.ask("GET", "/v1/assets/{path}", expect=404, path="image/none/none.png")


async def relocate(user: User) -> None:
    """Copy or move to another place; the bytes come along."""
    if not user.assets:
        return
    path, how = user.any_asset(), user.random.choice(("copy", "move"))
    project = user.random.choice((None, "p1", "p2"))
    asked = {"path": path, "project_id": project, "kind": "image"}
    answer = await user.ask("POST", f"/v1/assets/{how}", json.dumps(asked).encode(), expect=201)
    made = answer.json()
    same(made["project_id"], project, f"project after {how}")
    user.assets[made["path"]] = user.assets[path]
    if how == "move":
        del user.assets[path]
        forget_shares(user, path)
        await user.ask("GET", "/v1/assets/{path}", expect=404, path=path)
    await user.play(made["link"], made["path"])


async def delete(user: User) -> None:
    """One, or several at once; also when there are many, so that nobody keeps ever more."""
    if not user.assets:
        return
    if user.random.random() < 0.6 and len(user.assets) <= MAX_ASSETS:
        path = user.any_asset()
        await user.ask("DELETE", "/v1/assets/{path}", expect=204, path=path)
        gone = [path]
    else:
        gone = user.random.sample(list(user.assets), (len(user.assets) + 1) // 2)
        answer = await user.ask("POST", "/v1/assets/delete", json.dumps({"paths": gone}).encode())
        same(answer.json()["errors"], [], "errors of a deletion")
        same(sorted(answer.json()["deleted"]), sorted(gone), "deleted")
    for path in gone:
        del user.assets[path]
        forget_shares(user, path)
    await user.ask("GET", "/v1/assets/{path}", expect=404, path=gone[0])


async def me(user: User) -> None:
    """The account: who, and how much.

    A count that took long is made anew a little later, so a number may be late, never wrong.
    """
    stored = sum(content.size for content in user.assets.values())
    wanted = {"bytes": stored, "objects": len(user.assets)}
    for attempt in range(1, COUNTS + 1):
        document = (await user.ask("GET", "/v1/me")).json()
        same(document["sub"], user.sub, "sub")
        found = document["usage"]["by_kind"].get("image")
        if found == wanted or attempt == COUNTS:
            break
        await asyncio.sleep(COUNT_SECONDS)
    same(found, wanted, "usage")


async def export(user: User) -> None:
    """Everything as NDJSON."""
    body = (await user.ask("GET", "/v1/me/export")).body
    lines = [json.loads(line) for line in body.splitlines()]
    same(sorted(line["path"] for line in lines), sorted(user.holdings()), "export")


async def erase(user: User) -> None:
    """Everything, as the law gives a right to."""
    for _ in range(5):
        if (await user.ask("DELETE", "/v1/me/data")).json()["complete"]:
            break
    user.assets, user.shares, user.package = {}, {}, None
    await look(user)


async def projects(user: User) -> None:
    """Those in which something lies."""
    items = (await user.ask("GET", "/v1/projects")).json()["items"]
    wanted = sorted(
        {path.split("/")[1] for path in user.holdings() if path.startswith("projects/")}
    )
    same([item["project_id"] for item in items], wanted, "projects")


def forget_shares(user: User, path: str) -> None:
    """What is deleted is no longer shared."""
    user.shares = {each: share for each, share in user.shares.items() if share[0] != path}

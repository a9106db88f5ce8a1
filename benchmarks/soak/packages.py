"""Acts of users whose HLS package nearly fills their quota: send it, move it, delete it."""

from __future__ import annotations

import json
from typing import Any

from benchmarks.soak.user import Content, Package, User, same

FILES = 66
MANIFEST = "index.m3u8"
#: Files that one call completes.
BATCH = 100
#: MPEG-TS packets, by which players know a segment.
_TS = (b"\x47" + b"\xff" * 187) * 3
_TYPES = {"m3u8": "application/vnd.apple.mpegurl", "ts": "video/mp2t"}
_PLACES = (None, "p1", "p2")


async def keep_moving(user: User) -> None:
    """Send a package if there is none and room for one; else move it, now and then delete it."""
    if user.package is None:
        await _send(user)
    elif user.random.random() < 0.05:
        await _delete(user)
    else:
        await _move(user)


async def _send(user: User) -> None:
    """All files declared by one call, sent, and completed by one."""
    share = 0.95 if user.number % 2 else 0.6
    usage = (await user.ask("GET", "/v1/me")).json()["usage"]
    each = int(usage["quota_bytes"] * share) // FILES
    if usage["remaining_bytes"] < each * FILES:
        return  # what was deleted stays held while its URLs live
    files = _files(user, each)
    declared = [
        {
            "filename": name,
            "kind": "video",
            "content_type": _TYPES[name.rpartition(".")[2]],
            "size": content.size,
        }
        for name, content in files.items()
    ]
    asked = json.dumps({"uploads": declared, "package": True}).encode()
    items = (await user.ask("POST", "/v1/uploads/batch", asked)).json()["items"]
    started = [_only(item, "upload") for item in items]
    for upload, content in zip(started, files.values(), strict=True):
        await user.send(
            "PUT", upload["url"], content.bytes(), headers=upload["headers"], expect=(200, 201)
        )
    ids = [upload["upload_id"] for upload in started]
    for first in range(0, len(ids), BATCH):
        asked = json.dumps({"upload_ids": ids[first : first + BATCH]}).encode()
        done = (await user.ask("POST", "/v1/uploads/complete", asked)).json()["items"]
        for item in done:
            _only(item, "asset")
    folder = started[0]["path"].rpartition("/")[0]
    user.package = Package(folder, files)


async def _move(user: User) -> None:
    """To another place as one: nothing is left behind, nothing is missing, and it plays."""
    before = user.package
    assert before is not None
    here = before.folder.split("/")[1] if before.folder.startswith("projects/") else None
    place = user.random.choice([each for each in _PLACES if each != here])
    asked = {"path": f"{before.folder}/{MANIFEST}", "project_id": place, "kind": "video"}
    moved = (
        await user.ask("POST", "/v1/assets/move", json.dumps(asked).encode(), expect=201)
    ).json()
    same(moved["project_id"], place, "project after a move")
    user.package = after = Package(moved["path"].rpartition("/")[0], before.files)
    await _compare(user, after.folder, after.paths())
    await _compare(user, before.folder, {})
    name = user.random.choice(list(after.files))
    path = f"{after.folder}/{name}"
    asset = (await user.ask("GET", "/v1/assets/{path}", path=path)).json()
    await user.play(asset["link"], path)


async def _delete(user: User) -> None:
    assert user.package is not None
    folder = user.package.folder
    query = {"recursive": "true"}
    done = (await user.ask("DELETE", "/v1/assets/{path}", query=query, path=folder)).json()
    same((done["deleted_objects"], done["complete"]), (FILES, True), "deletion of a package")
    user.package = None
    await _compare(user, folder, {})


async def _compare(user: User, folder: str, wanted: dict[str, Content]) -> None:
    query = {"prefix": f"{folder}/", "limit": 1_000}
    items = (await user.ask("GET", "/v1/assets", query=query)).json()["items"]
    found = {item["path"]: item["size"] for item in items}
    same(found, {path: content.size for path, content in sorted(wanted.items())}, folder)


def _files(user: User, each: int) -> dict[str, Content]:
    names = [f"segment{number:03}.ts" for number in range(FILES - 1)]
    lines = [f"#EXTINF:6,\n{name}\n" for name in names]
    manifest = f"#EXTM3U\n#EXT-X-TARGETDURATION:6\n{''.join(lines)}#EXT-X-ENDLIST\n".encode()
    segments = {name: Content(user.random.getrandbits(64), each, _TS) for name in names}
    return {MANIFEST: Content(0, len(manifest), manifest), **segments}


def _only(item: dict[str, Any], name: str) -> dict[str, Any]:
    same([*item], [name], f"an item: {item}")
    found: dict[str, Any] = item[name]
    return found

"""SignedTokens: upload ids and cursors are opened whole, for their purpose, or not at all."""

from __future__ import annotations

import json
import secrets

from app.domain.errors import NotFound
from app.domain.paths import AssetPath
from app.domain.uploads import Method, Upload, upload_of
from app.signing.tokens import SignedTokens

# A new one in each process, so that no input found by another is a good seal here.
SECRET = secrets.token_hex()
# Longer than anybody fuzzes at a time.
LIFE_SECONDS = 7 * 86_400
PURPOSES = {
    name: SignedTokens([SECRET], name, LIFE_SECONDS)
    for name in ("upload", "cursor", "share", "uppy")
}
UPLOADS, CURSORS = PURPOSES["upload"], PURPOSES["cursor"]
UPLOAD = Upload(
    "alice",
    AssetPath.parse("image/0199aaaa-bbbb-7ccc-8ddd-eeeeeeeeeeee/a.png"),
    Method.PUT,
    "mark",
    "image/png",
    71,
    metadata={"title": "ü"},
)
SEALED = UPLOADS.sign(UPLOAD.to_claims())
CURSOR = CURSORS.sign({"listing": "users/alice/", "token": "token"})
ISSUED = {"upload": SEALED, "cursor": CURSOR}

#: One letter says what the rest is: a text to open, an edit of a good seal, or JSON to seal.
SEEDS = [
    b"t" + SEALED.encode(),
    b"t" + CURSOR.encode(),
    b"t.eJyrVkpUslJQSk7OUNJRUEpUslIAsgE.aaaaaa.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    b"e\x00\x05\x01A",
    b"e\x00\x00\x01.",
    b"e\x00\xb4\xff",
    b'j["alice", "image/a.png", null, {"a": [1.5, true]}]',
    b'j"' + b"a" * 600 + b'"',
]


def check(data: bytes) -> None:
    kind, rest = data[:1], data[1:]
    if kind == b"j":
        check_json(rest)
        return
    if kind == b"e":
        at = int.from_bytes(rest[:2]) % (len(SEALED) + 1)
        removed = rest[2] if len(rest) > 2 else 0
        text = SEALED[:at] + rest[3:].decode("latin-1") + SEALED[at + removed :]
    else:
        text = rest.decode("utf-8", "replace")
    for purpose, seals in PURPOSES.items():
        assert is_open(seals, text) == (ISSUED.get(purpose) == text)
    if text == SEALED:
        assert upload_of(UPLOADS.verify(text), sub="alice") == UPLOAD
        assert not is_owned(text, "bob")


def check_json(data: bytes) -> None:
    try:
        payload = json.loads(data)
        sealed = CURSORS.sign(payload)
    except (ValueError, RecursionError):
        return  # what we seal ourselves is flat
    if b"NaN" in data:
        return  # unequal to itself
    if len(sealed) <= 7_000:
        assert CURSORS.verify(sealed) == payload
        assert all(character.isalnum() or character in "-_." for character in sealed)
    assert not any(is_open(seals, sealed) for name, seals in PURPOSES.items() if name != "cursor")


def is_open(seals: SignedTokens, text: str) -> bool:
    try:
        seals.verify(text)
    except NotFound:
        return False
    return True


def is_owned(text: str, sub: str) -> bool:
    try:
        upload_of(UPLOADS.verify(text), sub=sub)
    except NotFound:
        return False
    return True

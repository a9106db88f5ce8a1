"""Paths, file names and prefixes: refused, or signed and sent as the very same text."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import unquote

import ada_url
from werkzeug.http import parse_options_header

from app.domain.dispositions import content_disposition
from app.domain.errors import ValidationFailed
from app.domain.filenames import MAX_NAME_BYTES, package_filename, safe_filename
from app.domain.metadata import decode_metadata, encode_metadata
from app.domain.paths import AssetPath, Root, split_key
from app.media.types import EXTENSIONS
from app.signing.addressing import BucketAddress

ROOT = Root("alice")
ADDRESSES = (
    BucketAddress.of("media", "eu-west-1"),
    BucketAddress.of("media", "eu-west-1", endpoint="http://127.0.0.1:9000"),
)
TYPES = sorted(EXTENSIONS)
_FALLBACK = re.compile(r'filename="([^"]*)"')
_HEADER = re.compile(r"[ -~]+")

SEEDS = [
    text.encode()
    for text in (
        "video/0199aaaa-bbbb-7ccc-8ddd-eeeeeeeeeeee/720p/seg1.ts",
        "projects/p1/video/final.mp4",
        "projects/p1/frame/0199aaaa-bbbb-7ccc-8ddd-eeeeeeeeeeee/日本語 — Ü.png",
        "brand_kit/.well-known/a+b&c=d;e,f@g:h#i!j$k'(l)[m]{n}~o^p`q|r<s>t\"u.css",
        "image/100%.png",
        "image/%2e%2e/%252e/..\\a?b*",
        "audio/e\u0301\u202e\u200b😀.mp3",
        "../../etc/passwd",
        "C:\\fakepath\\clip.mp4",
        ".htaccess.html.jpg",
    )
]


def check(data: bytes) -> None:
    # Bytes that are no UTF-8 become lone surrogates, which nothing may let through.
    text = data.decode("utf-8", "surrogateescape")
    check_path(text)
    check_prefix(text)
    check_filename(text, TYPES[len(data) % len(TYPES)])
    check_metadata(text)


def check_path(text: str) -> None:
    try:
        path = AssetPath.parse(text)
        key = ROOT.key(path)
    except ValidationFailed:
        assert ROOT.try_path_of(f"users/alice/{text}") is None
        return
    assert path.text == text == path.kind_folder + "/".join(path.segments)
    assert unicodedata.is_normalized("NFC", text)
    assert not {"", ".", ".."} & set(text.split("/"))
    assert ROOT.path_of(key) == path
    assert split_key(key) == ("alice", text)
    assert Root("alic").try_path_of(key) is None
    for address in ADDRESSES:
        url = ada_url.URL(address.url(key))
        assert url.href == address.url(key)
        assert (url.search, url.hash) == ("", "")
        assert unquote(url.pathname, errors="strict") == f"{address.base_path}/{key}"


def check_prefix(text: str) -> None:
    try:
        listed = ROOT.list_prefix(prefix=text)
    except ValidationFailed:
        return
    assert listed == f"users/alice/{text}"
    assert not {".", ".."} & set(listed.split("/"))
    assert len(listed.encode()) <= 1024


def check_filename(text: str, content_type: str) -> None:
    safe = safe_filename(text, content_type=content_type)
    assert AssetPath.parse(f"image/{safe}").segments == (safe,)
    assert safe_filename(safe, content_type=content_type) == safe
    assert safe.rpartition(".")[2].lower() in EXTENSIONS[content_type]
    assert len(safe.encode()) <= MAX_NAME_BYTES
    value = content_disposition("attachment", text)
    assert _HEADER.fullmatch(value)
    assert parse_options_header(value) == ("attachment", {"filename": safe_filename(text)})
    fallback = _FALLBACK.search(value)
    assert fallback and fallback[1].strip() not in ("", ".", "..")
    try:
        segments = package_filename(text)
    except ValidationFailed:
        return
    assert "/".join(segments) == text
    assert AssetPath.parse(f"video/{text}").segments == segments


def check_metadata(text: str) -> None:
    try:
        stored = encode_metadata({"title": text}, "mark")
    except UnicodeEncodeError:
        return  # no request brings half a surrogate pair this far
    except ValidationFailed:
        return
    assert all(_HEADER.fullmatch(value) for value in stored.values() if value)
    assert decode_metadata(stored) == {"title": text}

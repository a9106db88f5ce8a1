"""Declared uploads, in our own words and in Uppy's: an upload within the root, or a problem."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl

from marshmallow import Schema, ValidationError

from app.domain.declarations import Declaration, PartSizes, declare_upload
from app.domain.errors import Problem
from app.domain.kinds import Kind
from app.domain.limits import MAX_METADATA_BYTES, MAX_PARTS, MAX_SINGLE_BYTES
from app.domain.metadata import encode_metadata
from app.domain.paths import Root
from app.domain.policy import RULES
from app.domain.uploads import Method, Upload, upload_of
from app.domain.uppy import UppyFile, declare_for_uppy
from app.schemas.multipart import PartNumbersSchema
from app.schemas.uploads import NewUploadSchema
from app.schemas.uppy import BatchQuerySchema, CompleteSchema, Parts
from app.schemas.uppy_files import SingleQuerySchema, UppyFileSchema
from app.schemas.uppy_sign import SignRequest, SignSchema

ROOT = Root("alice")
ASSET_ID = "0199aaaa-bbbb-7ccc-8ddd-eeeeeeeeeeee"
LIMITS = {kind: rule.default_max_bytes for kind, rule in RULES.items()}
SIZES = PartSizes(64 * 1024**2, 16 * 1024**2)
_NEW = {"filename": "clip.mp4", "content_type": "video/mp4", "size": 73400320}
_PACKAGE = _NEW | {"filename": "720p/seg1.ts", "content_type": "video/mp2t", "asset_id": ASSET_ID}
_UPPYS = {"filename": "a b.png", "type": "image/png", "metadata": {"size": 71, "kind": "image"}}

#: One letter says what the rest is read as.
SEEDS = [
    b"n" + json.dumps(_NEW | {"metadata": {"title": "ü"}, "method": "multipart"}).encode(),
    b"n" + json.dumps(_PACKAGE | {"project_id": "p1", "kind": "video"}).encode(),
    b"n" + json.dumps(_NEW | {"checksum_sha256": "A" * 43 + "=", "method": "put"}).encode(),
    b"p" + json.dumps({"part_numbers": [1, 2, 10000]}).encode(),
    b"u" + json.dumps(_UPPYS).encode(),
    b"c" + json.dumps({"parts": [{"PartNumber": 1, "ETag": '"a"'}]}).encode(),
    b"s" + json.dumps({"method": "PUT", "key": "image/a.png", "contentType": "image/png"}).encode(),
    b"s" + json.dumps({"method": "PUT", "key": "k", "uploadId": "i", "partNumber": 3}).encode(),
    b"q" + b"filename=a.png&type=image/png&metadata[size]=71&metadata[project_id]=p1",
    b"q" + b"filename=a&metadata%5Bkind%5D=undefined&metadata[title]=%C3%BC&metadata[a][b]=1",
    b"b" + b"key=users/alice/image/a.png&partNumbers=1,2,10000",
]


def check(data: bytes) -> None:
    reader = READERS.get(data[:1])
    if reader is None:
        return
    schema, is_query, judge = reader
    try:
        given = dict(parse_qsl(data[1:].decode())) if is_query else json.loads(data[1:])
        loaded = schema.load(given)
    except (ValidationError, ValueError, RecursionError):
        return
    judge(loaded)


def check_declared(declared: Declaration) -> None:
    try:
        upload = declare_upload(
            declared,
            ROOT,
            asset_id=ASSET_ID,
            mark="mark",
            max_bytes=LIMITS,
            part_sizes=SIZES,
        )
    except Problem:
        return
    check_upload(upload)
    assert upload.size == declared.size
    if upload.plan:
        assert 1 <= upload.plan.count <= MAX_PARTS
        sizes = [upload.plan.size_of(number) for number in (1, upload.plan.count)]
        assert min(sizes) >= 1


def check_uppys(loaded: UppyFile) -> None:
    for method in Method:
        check_uppys_file(loaded, method)


def check_uppys_file(file: UppyFile, method: Method) -> None:
    try:
        upload = declare_for_uppy(
            file, ROOT, method=method, asset_id=ASSET_ID, mark="mark", max_bytes=LIMITS
        )
    except Problem:
        return
    check_upload(upload)
    if method is not Method.MULTIPART:
        assert upload.size <= MAX_SINGLE_BYTES


def check_upload(upload: Upload) -> None:
    assert ROOT.path_of(ROOT.key(upload.path)) == upload.path
    assert upload.path.asset_id == ASSET_ID or upload.path.text.count("/") > 1
    assert upload.content_type in RULES[upload.path.kind].content_types
    assert 1 <= upload.size <= LIMITS[upload.path.kind]
    stored = encode_metadata(upload.metadata, upload.mark)
    assert sum(len(name) + len(value) for name, value in stored.items()) <= MAX_METADATA_BYTES
    assert all(value.isascii() and value.isprintable() for value in stored.values())
    assert upload_of(json.loads(json.dumps(upload.to_claims())), sub="alice") == upload


def check_numbers(loaded: list[int] | Parts) -> None:
    numbers = loaded.numbers if isinstance(loaded, Parts) else loaded
    assert all(type(number) is int and 1 <= number <= MAX_PARTS for number in numbers)


def check_sign(loaded: SignRequest) -> None:
    number = loaded.part_number
    assert number is None or 1 <= number <= MAX_PARTS
    try:
        file = UppyFile.at(loaded.key, ROOT, loaded.content_type or "")
    except Problem:
        return
    check_uppys_file(file, Method.POST)
    assert file.kind is None or isinstance(file.kind, Kind)


READERS: dict[bytes, tuple[Schema, bool, Any]] = {
    b"n": (NewUploadSchema(), False, check_declared),
    b"p": (PartNumbersSchema(), False, check_numbers),
    b"u": (UppyFileSchema(), False, check_uppys),
    b"c": (CompleteSchema(), False, check_numbers),
    b"s": (SignSchema(), False, check_sign),
    b"q": (SingleQuerySchema(), True, check_uppys),
    b"b": (BatchQuerySchema(), True, check_numbers),
}

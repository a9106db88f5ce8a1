"""Faults of moto's S3 model, mended where they arise.

Each one is a place where a client of the real S3 would be misled by moto 5.2: ETags computed after
the object can be seen (a reader in between spoils them), objects without a checksum, uploads
without a start time, part listings that page by position instead of by number, documents under
another name than S3's, listings that fail while an object is deleted, folders of nothing but
deletions. And what was deleted would stay in memory, or on the disk, until the store ends.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

from flask import Flask
from moto.core.common_models import BaseModel
from moto.core.utils import get_service_model
from moto.s3 import models, utils

from devstack import checksums


def install() -> None:
    """Patch moto's classes; call once, before the first request."""
    _digests_at_birth()
    _whole_checksum()
    _upload_start_time()
    _parts_by_number()
    _names_of_documents()
    _listings_beside_deletions()
    _folders_of_what_is_there()
    _forget_what_is_gone()


def take_bodies_as_bytes(s3: Flask) -> None:
    """Keep moto's S3 from reading a body as a form because its content type calls it one.

    A type says what is stored (curl calls everything ``application/x-www-form-urlencoded``);
    browsers' forms never come as far as moto.
    """

    class BytesRequest(s3.request_class):  # type: ignore[name-defined, misc]
        want_form_data_parsed = False

    s3.request_class = BytesRequest


def _digests_at_birth() -> None:
    born = models.FakeKey.__init__

    def __init__(self: Any, name: str, value: bytes, *args: Any, **kwargs: Any) -> None:
        if kwargs.get("etag") is None and isinstance(value, bytes):
            kwargs["etag"] = hashlib.md5(value, usedforsecurity=False).hexdigest()
        born(self, name, value, *args, **kwargs)
        if self.checksum_value is None and isinstance(value, bytes):
            self.checksum_algorithm = checksums.NAME
            self.checksum_value = checksums.whole([value])
            self.checksum_type = "FULL_OBJECT"

    models.FakeKey.__init__ = __init__  # type: ignore[method-assign]


def _whole_checksum() -> None:
    """Of an upload in parts, moto would take the CRC-64/NVME of one more copy of it all."""

    class Builder(models.MultipartChecksumBuilder):
        def addPart(self, part: bytes) -> None:
            if self.checksum_algorithm != checksums.NAME:
                super().addPart(part)

        def build(self) -> tuple[str, str, int] | None:
            return None if self.checksum_algorithm == checksums.NAME else super().build()

    vars(models)["MultipartChecksumBuilder"] = Builder


def _upload_start_time() -> None:
    born = models.FakeMultipart.__init__

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        born(self, *args, **kwargs)
        self.initiated_at = datetime.now(UTC)

    models.FakeMultipart.__init__ = __init__  # type: ignore[method-assign]


def _parts_by_number() -> None:
    def list_parts(self: Any, part_number_marker: int, max_parts: int) -> Iterator[models.FakeKey]:
        numbers = [n for n in self.partlist if n > part_number_marker]
        return iter([self.parts[n] for n in numbers[:max_parts]])

    def is_truncated(
        self: Any, bucket_name: str, multipart_id: str, next_part_number_marker: int
    ) -> bool:
        upload = self.get_bucket(bucket_name).multiparts[multipart_id]
        return any(n > next_part_number_marker for n in upload.partlist)

    models.FakeMultipart.list_parts = list_parts  # type: ignore[method-assign]
    models.S3Backend.is_truncated = is_truncated  # type: ignore[method-assign]


def _names_of_documents() -> None:
    """boto3 reads a document whatever its root is called; other clients look."""
    shapes = get_service_model("s3")._shape_resolver._shape_map  # type: ignore[attr-defined]
    shapes["ListPartsOutput"]["resultWrapper"] = "ListPartsResult"
    shapes["GetBucketVersioningOutput"]["resultWrapper"] = "VersioningConfiguration"


def _listings_beside_deletions() -> None:
    """moto copies the keys, then asks for each again: one deleted meanwhile is a 500."""

    def lists(self: Any) -> Iterator[tuple[str, list[Any]]]:
        # Copied by one operation of the interpreter, which no other thread can break into.
        return ((key, [*found]) for key, found in dict(self).items() if found)

    def items(self: Any) -> Iterator[tuple[str, Any]]:
        return ((key, versions[-1]) for key, versions in lists(self))

    def values(self: Any) -> Iterator[Any]:
        return (versions[-1] for _, versions in lists(self))

    store: Any = utils._VersionedKeyStore
    store.items = store.iteritems = items
    store.values = store.itervalues = values
    store.lists = store.iterlists = lists


def _folders_of_what_is_there() -> None:
    """moto tells a folder for each key, also where the key's newest version is a deletion."""
    listed = models.S3Backend.list_objects

    def list_objects(self: Any, bucket: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(bucket, models.FakeTableStorageBucket):
            return listed(self, bucket, *args, **kwargs)
        there = {
            name: key
            for name, key in bucket.keys.items()
            if not isinstance(key, models.FakeDeleteMarker)
        }
        return listed(self, cast(Any, SimpleNamespace(keys=there)), *args, **kwargs)

    models.S3Backend.list_objects = list_objects  # type: ignore[method-assign]


def _forget_what_is_gone() -> None:
    """moto keeps each object that there ever was, with its bytes, for a reset that is not used."""

    def __new__(cls: type[BaseModel], *_args: Any, **_kwargs: Any) -> BaseModel:
        return object.__new__(cls)

    # moto's own warns of each, and closes the parts, which a copy has in common with its source.
    vars(models)["FakeKey"].__del__ = lambda self: self._value_buffer.close()
    BaseModel.__new__ = __new__  # type: ignore[method-assign]

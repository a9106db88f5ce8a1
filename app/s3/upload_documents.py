"""The documents of multipart uploads, as they are sent and read."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple
from xml.sax.saxutils import escape

from app.domain.instants import parse_instant
from app.domain.parts import Part
from app.s3.xml import Document, reading, whole_number


class Marker(NamedTuple):
    """Where a listing of uploads goes on: S3's key marker and upload id marker."""

    key: str
    upload_id: str


class UnfinishedUpload(NamedTuple):
    """One line of S3's listing of unfinished uploads."""

    key: str
    upload_id: str
    initiated_at: datetime


class UploadsPage(NamedTuple):
    """Unfinished uploads in key order, and where the next page begins."""

    uploads: list[UnfinishedUpload]
    next_marker: Marker | None


def assembly(parts: Iterable[Part]) -> bytes:
    listed = "".join(
        f"<Part><PartNumber>{part.number}</PartNumber><ETag>{escape(part.etag)}</ETag></Part>"
        for part in parts
    )
    return (
        '<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
        f"{listed}</CompleteMultipartUpload>"
    ).encode()


@reading()
def parts_of(document: Document) -> list[Part]:
    return [
        Part(whole_number(field["PartNumber"]), whole_number(field["Size"]), field["ETag"])
        for _, field in document.each("Part")
    ]


@reading()
def uploads_of(document: Document) -> list[UnfinishedUpload]:
    return [
        UnfinishedUpload(
            document.decode(field["Key"]), field["UploadId"], parse_instant(field["Initiated"])
        )
        for _, field in document.each("Upload")
    ]

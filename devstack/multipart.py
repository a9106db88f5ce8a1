"""Multipart uploads: the answers that moto gives wrong or as a 500, given as S3 gives them."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import IO, Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from devstack import checksums
from devstack.errors import S3Error
from devstack.requests import Request, uri_encode

_MAX_PARTS = 10_000
_PAGE = 1_000


def find_upload(request: Request, bucket: Any) -> Any:
    """The upload that ``uploadId`` names, or None when this very one is completed already.

    Raises S3Error ``NoSuchUpload``, also for an upload of another key.
    """
    upload_id = request.param("uploadId")
    upload = bucket.multiparts.get(upload_id)
    if upload is not None and upload.key_name == request.key:
        return upload
    done = getattr(bucket.keys.get(request.key), "multipart", None)
    if request.method == "POST" and done is not None and done.id == upload_id:
        return None
    raise S3Error(
        "NoSuchUpload",
        "The specified upload does not exist. The upload ID may be invalid, or the upload may "
        "have been aborted or completed.",
        UploadId=upload_id,
    )


def check_part_number(request: Request) -> None:
    """Raises S3Error ``InvalidArgument`` unless ``partNumber`` is 1 to 10,000."""
    number = request.param("partNumber")
    if number is None:
        return
    if not (number.isascii() and number.isdigit() and 1 <= int(number) <= _MAX_PARTS):
        raise S3Error(
            "InvalidArgument",
            "Part number must be an integer between 1 and 10000, inclusive",
            ArgumentName="partNumber",
            ArgumentValue=number,
        )


def check_completion(request: Request, upload: Any, body: IO[bytes]) -> None:
    """Check the list of parts, their sum against ``x-amz-mp-object-size``, and their bytes against
    ``x-amz-checksum-crc64nvme``.

    Raises S3Error ``MalformedXML``, ``InvalidPartOrder``, ``InvalidRequest``, ``BadDigest``, or
    ``NotImplemented`` for another checksum. Whether each part
    is there, and large enough, moto checks.
    """
    numbers = _part_numbers(body)
    if any(later <= earlier for earlier, later in pairwise(numbers)):
        raise S3Error(
            "InvalidPartOrder",
            "The list of parts was not in ascending order. The parts list must be specified in "
            "order by part number.",
        )
    parts = [upload.parts[number] for number in numbers if number in upload.parts]
    declared = request.headers.get("x-amz-mp-object-size")
    if declared not in (None, str(sum(part.size for part in parts))):
        raise S3Error(
            "InvalidRequest",
            "The provided 'x-amz-mp-object-size' header value does not match what was computed.",
        )
    for name in ("sha256", "sha1", "crc32", "crc32c"):
        if f"x-amz-checksum-{name}" in request.headers:
            raise S3Error("NotImplemented", "Of a whole upload only CRC-64/NVME is checked here")
    crc = request.headers.get("x-amz-checksum-crc64nvme")
    if crc is not None and crc != checksums.whole(part.value for part in parts):
        raise S3Error(
            "BadDigest", "The CRC64NVME you specified did not match the calculated checksum."
        )


def _part_numbers(body: IO[bytes]) -> list[int]:
    try:
        root = ElementTree.parse(body).getroot()  # noqa: S314 - a loopback stand-in
        parts = [element for element in root if element.tag.rpartition("}")[2] == "Part"]
        numbers = [int(str(_child(part, "PartNumber").text)) for part in parts]
        if not numbers or not all(_child(part, "ETag").text for part in parts):
            raise ValueError("no parts")
    except (ElementTree.ParseError, ValueError, StopIteration) as error:
        raise S3Error(
            "MalformedXML",
            "The XML you provided was not well-formed or did not validate against our published "
            "schema",
        ) from error
    finally:
        body.seek(0)
    return numbers


def _child(part: Any, name: str) -> Any:
    return next(child for child in part if child.tag.rpartition("}")[2] == name)


def list_uploads(request: Request, bucket: Any) -> bytes:
    """ListMultipartUploads, with true start times, markers and pages.

    Raises S3Error ``NotImplemented`` for a delimiter, ``InvalidArgument`` for a bad page size.
    """
    if request.param("delimiter"):
        raise S3Error("NotImplemented", "Listing uploads by delimiter is not in this stand-in")
    page = request.param("max-uploads") or str(_PAGE)
    if not (page.isascii() and page.isdigit()):
        raise S3Error("InvalidArgument", "Provided max-uploads not an integer or within range")
    limit = min(int(page), _PAGE)
    prefix = request.param("prefix") or ""
    after_key = request.param("key-marker") or ""
    after_id = request.param("upload-id-marker") or ""
    waiting = sorted(
        (u for u in list(bucket.multiparts.values()) if u.key_name.startswith(prefix)),
        key=lambda u: (u.key_name, u.id),
    )
    if after_id:
        waiting = [u for u in waiting if (u.key_name, u.id) > (after_key, after_id)]
    elif after_key:
        waiting = [u for u in waiting if u.key_name > after_key]
    encode = uri_encode if request.param("encoding-type") == "url" else str
    fields = {
        "Bucket": bucket.name,
        "Prefix": encode(prefix),
        "KeyMarker": encode(after_key),
        "UploadIdMarker": after_id,
        "MaxUploads": limit,
        "IsTruncated": str(len(waiting) > limit).lower(),
    }
    shown = waiting[:limit]
    if len(waiting) > limit and shown:
        fields["NextKeyMarker"] = encode(shown[-1].key_name)
        fields["NextUploadIdMarker"] = shown[-1].id
    if encode is uri_encode:
        fields["EncodingType"] = "url"
    uploads = "".join(f"<Upload>{_elements(_upload(u, encode))}</Upload>" for u in shown)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<ListMultipartUploadsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
        f"{_elements(fields.items())}{uploads}</ListMultipartUploadsResult>"
    ).encode()


def _upload(upload: Any, encode: Any) -> Iterable[tuple[str, object]]:
    started = upload.initiated_at.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return (
        ("Key", encode(upload.key_name)),
        ("UploadId", upload.id),
        ("StorageClass", upload.storage or "STANDARD"),
        ("Initiated", started),
    )


def _elements(items: Iterable[tuple[str, object]]) -> str:
    return "".join(f"<{name}>{escape(str(value))}</{name}>" for name, value in items)

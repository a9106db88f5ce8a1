"""The multipart form of a browser's POST upload, read in the order it was sent.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTForms.html
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message

from werkzeug.sansio.multipart import Data, Epilogue, Event, Field, File, MultipartDecoder, NeedData

from devstack.errors import S3Error
from devstack.requests import Request

MAX_FIELDS_BYTES = 20_000
_MALFORMED = "The body of your POST request is not well-formed multipart/form-data."


@dataclass
class Form:
    """Fields by lower-case name, the file's name, and its bytes, still to be read.

    What comes after the file is ignored, as S3 does.
    """

    fields: dict[str, str]
    filename: str
    blocks: Iterator[bytes]

    @property
    def key(self) -> str:
        """The object's key, ``${filename}`` filled in."""
        return self.fields["key"].replace("${filename}", self.filename)


def read_form(request: Request) -> Form:
    """Read the fields up to the file.

    Raises S3Error for a malformed form, a repeated field, fields of more than 20,000 bytes, or a
    form without a key or a file.
    """
    events = _events(request)
    fields: dict[str, str] = {}
    size = 0
    for event in events:
        if isinstance(event, File):
            filename = event.filename.replace("\\", "/").rpartition("/")[2]
            if "key" not in fields:
                raise _lacking("key")
            return Form(fields, filename, _file(events))
        if isinstance(event, Field):
            name = event.name.lower()
            value = b""
            for block in _file(events):
                value += block
                size += len(block)
                if size > MAX_FIELDS_BYTES:
                    raise S3Error(
                        "MaxPostPreDataLengthExceeded",
                        "Your POST request fields preceding the upload file were too large.",
                    )
            if name in fields:
                raise S3Error("InvalidArgument", f"Repeated form field: {name}")
            fields[name] = _decoded(value)
    raise S3Error(
        "InvalidArgument", "POST requires exactly one file upload per request.", ArgumentName="file"
    )


def _events(request: Request) -> Iterator[Event]:
    message = Message()
    message["content-type"] = request.headers.get("content-type", "")
    boundary = message.get_boundary()
    if message.get_content_type() != "multipart/form-data" or not boundary:
        raise S3Error("MalformedPOSTRequest", _MALFORMED)
    decoder = MultipartDecoder(boundary.encode())
    blocks = request.blocks()
    try:
        while True:
            event = decoder.next_event()
            if isinstance(event, NeedData):
                decoder.receive_data(next(blocks, None))
            elif isinstance(event, Epilogue):
                return
            else:
                yield event
    except ValueError as error:
        raise S3Error("MalformedPOSTRequest", _MALFORMED) from error


def _file(events: Iterator[Event]) -> Iterator[bytes]:
    for event in events:
        if not isinstance(event, Data):
            return
        yield bytes(event.data)
        if not event.more_data:
            return


def _decoded(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError as error:
        raise S3Error("InvalidArgument", "Form fields must be UTF-8") from error


def _lacking(name: str) -> S3Error:
    return S3Error(
        "InvalidArgument",
        f"Bucket POST must contain a field named '{name}'. If it is specified, please check the "
        "order of the fields.",
        ArgumentName=name,
    )

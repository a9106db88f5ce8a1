"""CRC-64/NVME, which S3 keeps of the whole of every object that came without another checksum.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from typing import Any
from xml.sax.saxutils import escape

from awscrt.checksums import crc64nvme
from moto.s3.models import FakeKey

from devstack.answers import Answer
from devstack.requests import BLOCK_BYTES

NAME = "CRC64NVME"


class Crc64Nvme:
    """The checksum of bytes as they pass, with hashlib's two methods."""

    def __init__(self) -> None:
        self._value = 0

    def update(self, data: bytes | memoryview, /) -> None:
        self._value = crc64nvme(data, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(8, "big")


def whole(values: Iterable[bytes]) -> str:
    """The checksum of ``values`` in a row, as S3 writes it: 8 bytes in network order, base64."""
    crc = Crc64Nvme()
    for value in values:
        # In blocks: other threads get their turn in between.
        view = memoryview(value)
        for start in range(0, len(view), BLOCK_BYTES):
            crc.update(view[start : start + BLOCK_BYTES])
    return base64.b64encode(crc.digest()).decode()


def kept(key: FakeKey) -> dict[str, str]:
    """What S3 keeps of an object's bytes: its algorithm's name, such as ``SHA256``, and
    ``Type``, ``FULL_OBJECT`` or ``COMPOSITE``."""
    if not key.checksum_algorithm or not key.checksum_value:
        return {}
    kind = key.checksum_type or "FULL_OBJECT"
    value = key.checksum_value
    if kind == "COMPOSITE":
        value = f"{value}-{key.checksum_parts}"
    return {key.checksum_algorithm: value, "Type": kind}


def headers(key: FakeKey) -> dict[str, str]:
    """What is kept, as response headers."""
    return {f"x-amz-checksum-{name.lower()}": value for name, value in kept(key).items()}


def add_elements(answer: Answer, key: Any) -> None:
    """Add what is kept to a successful answer's document, unless moto put it there."""
    if not answer.status.startswith("200") or not isinstance(key, FakeKey):
        return
    document = b"".join(answer.body)
    added = "".join(
        f"<Checksum{name}>{escape(value)}</Checksum{name}>"
        for name, value in kept(key).items()
        if f"<Checksum{name}>".encode() not in document
    )
    before, end, root = document.rpartition(b"</")
    document = before + added.encode() + end + root
    answer.headers["content-length"] = str(len(document))
    answer.body = iter((document,))

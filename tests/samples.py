"""Small real files."""

from __future__ import annotations

import struct
import zlib


def png(width: int = 8, height: int = 8, *, level: int = 9) -> bytes:
    """A valid grey PNG."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = b"".join(b"\0" + bytes([128]) * width for _ in range(height))
    return b"".join(
        [
            b"\x89PNG\r\n\x1a\n",
            chunk(b"IHDR", header),
            chunk(b"IDAT", zlib.compress(rows, level)),
            chunk(b"IEND", b""),
        ]
    )


HTML = b"<!doctype html><html><script>alert(1)</script></html>"

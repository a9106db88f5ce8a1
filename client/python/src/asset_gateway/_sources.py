"""What is uploaded: a file by its path, an open one, or bytes. Read in pieces, from any place."""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

CHUNK_BYTES = 256 * 1024
_PLAYLISTS = {".m3u8", ".m3u", ".mpd"}
Sendable = str | os.PathLike[str] | bytes | BinaryIO


class Source:
    """Thread-safe; memory is a chunk for each reader. A context manager, which closes only what it
    opened itself.

    Raises ``TypeError`` for a stream that cannot be read twice: an upload may have to be.
    """

    def __init__(self, given: Sendable, filename: str | None = None) -> None:
        self._owned = isinstance(given, (str, os.PathLike))
        if isinstance(given, bytes):
            self._file: BinaryIO = io.BytesIO(given)
        elif isinstance(given, (str, os.PathLike)):
            self._file = Path(given).open("rb")  # noqa: SIM115 - closed by `close`
            filename = filename or Path(given).name
        else:
            self._file = given
            name = getattr(given, "name", None)
            filename = filename or (Path(name).name if isinstance(name, str) else None)
        if not filename:
            self.close()
            raise TypeError("give a filename: this has no name of its own")
        if not self._file.seekable():
            raise TypeError("give a file that can seek: parts are read from it more than once")
        self.filename = filename
        self._lock = threading.Lock()
        self._start = 0 if self._owned else self._file.tell()
        self.size = self._file.seek(0, os.SEEK_END) - self._start

    def __enter__(self) -> Source:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        if self._owned:
            self._file.close()

    def chunks(
        self, offset: int, length: int, sent: Callable[[int], None] | None = None
    ) -> Iterator[bytes]:
        """``length`` bytes from ``offset``; ``sent`` hears of each chunk once the next is asked
        for. Raises ``OSError`` when the file has become shorter."""
        end = offset + length
        while offset < end:
            data = self._read(offset, min(CHUNK_BYTES, end - offset))
            if not data:
                raise OSError("the file became shorter while it was sent")
            yield data
            offset += len(data)
            if sent is not None:
                sent(len(data))

    def _read(self, offset: int, length: int) -> bytes:
        with self._lock:
            self._file.seek(self._start + offset)
            return self._file.read(length)


def files_of(root: Path) -> list[Path]:
    """The files of a package, hidden ones left out: playlists after what they name, the top one
    last."""
    files = [path for path in root.rglob("*") if path.is_file()]

    def place(path: Path) -> tuple[bool, int, Path]:
        return path.suffix.lower() in _PLAYLISTS, -len(path.parts), path

    hidden = (path for path in files if any(p[0] == "." for p in path.relative_to(root).parts))
    return sorted(set(files).difference(hidden), key=place)


def crc64nvme(source: Source) -> str | None:
    """The checksum of the whole, as the gateway takes it; None without the ``crc`` extra."""
    try:
        from awscrt import checksums  # type: ignore[import-untyped,import-not-found,unused-ignore]
    except ImportError:
        return None
    import base64

    value = 0
    for data in source.chunks(0, source.size):
        value = checksums.crc64nvme(data, value)
    return base64.b64encode(value.to_bytes(8, "big")).decode()

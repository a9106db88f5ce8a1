"""Where a request ends in what a client has sent so far (RFC 9112 §6 and §7.1).

Only so that a thread begins with all of it. What a request says, and whether it is well-formed, is
for gunicorn's parser to judge: whatever looks odd here is handed to it as it is, and the connection
is not used again.
"""

from __future__ import annotations

import re

#: No route takes more.
MAX_BODY_BYTES = 1024 * 1024
#: An 8 KB token, an 8 KB request line, and room.
MAX_HEAD_BYTES = 64 * 1024
#: Chunks of a few bytes each would take many times what they carry.
_MAX_RAW_BYTES = 2 * MAX_BODY_BYTES + MAX_HEAD_BYTES
_MAX_CHUNK_LINE = 1024
#: gunicorn reads a body in steps of at least 1 KiB; one that ends within the step that passes the
#: limit would look cut, not too large.
_READ_AHEAD_BYTES = 2048
_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"[0-9]{1,18}")
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;.*)?", re.DOTALL)


class Incoming:
    """What a client has sent that no thread has taken yet: one request, and what follows it."""

    __slots__ = ("_body_at", "_chunk_at", "_head_searched", "_payload", "data", "end", "expects")

    def __init__(self) -> None:
        self.data = bytearray()
        self._begin()

    def _begin(self) -> None:
        self._head_searched = 0
        self._body_at = 0  # 0: its head is not complete
        self._chunk_at = 0  # 0: its body is not chunked
        self._payload = 0
        #: Where the request ends, None as long as that is not known.
        self.end: int | None = None
        #: Whether the client waits for ``100 Continue`` before it sends the body.
        self.expects = False

    def add(self, received: bytes) -> None:
        """Take what has come."""
        self.data += received

    def is_complete(self) -> bool:
        """Whether a thread may begin: the request is whole, too large, or odd."""
        if not self._body_at and not self._find_head():
            return len(self.data) > MAX_HEAD_BYTES or self._has_bare_newline()
        if self._chunk_at:
            return self._find_last_chunk() or len(self.data) > _MAX_RAW_BYTES
        return self.end is None or len(self.data) >= self.end

    def take(self) -> tuple[bytes, bool]:
        """The request, and whether that is all of it and no more."""
        end = self.end
        if end is None or end > len(self.data):
            taken, is_whole = bytes(self.data), False
            self.data.clear()
        else:
            taken, is_whole = bytes(self.data[:end]), True
            del self.data[:end]
        self._begin()
        return taken, is_whole

    def _find_head(self) -> bool:
        found = self.data.find(_END, max(0, self._head_searched - len(_END)))
        self._head_searched = len(self.data)
        if found < 0:
            return False
        self._body_at = found + len(_END)
        head = bytes(self.data[: self._body_at]).lower()
        coding, length = _header(head, b"transfer-encoding"), _header(head, b"content-length")
        if coding is not None:
            if coding.rpartition(b",")[2].strip() == b"chunked":
                self._chunk_at = self._body_at
        elif length is None:
            self.end = self._body_at
        elif _LENGTH.fullmatch(length) and int(length) <= MAX_BODY_BYTES:
            self.end = self._body_at + int(length)
        self.expects = _header(head, b"expect") == b"100-continue"
        return True

    def _has_bare_newline(self) -> bool:
        """A head whose lines do not end in CRLF would never end."""
        return self.data.count(b"\n") != self.data.count(b"\r\n")

    def _find_last_chunk(self) -> bool:
        """Go on from chunk to chunk; True at the last, at an odd one, and over the limit."""
        data = self.data
        while True:
            line_end = data.find(b"\r\n", self._chunk_at)
            if line_end < 0:
                return len(data) - self._chunk_at > _MAX_CHUNK_LINE
            size = _CHUNK_SIZE.fullmatch(data, self._chunk_at, line_end)
            if size is None:
                return True
            begin, length = line_end + 2, int(size[1], 16)
            if length == 0:
                return self._find_trailers_end(begin)
            room = MAX_BODY_BYTES + _READ_AHEAD_BYTES - self._payload
            if min(length, len(data) - begin) >= room:
                # What follows is not looked at: it is too much, whether well framed or not.
                del data[begin + room :]
                return True
            if len(data) < begin + length + 2:
                return False
            if data[begin + length : begin + length + 2] != b"\r\n":
                return True
            self._payload += length
            self._chunk_at = begin + length + 2

    def _find_trailers_end(self, begin: int) -> bool:
        if self.data.startswith(b"\r\n", begin):
            self.end = begin + 2
        elif (found := self.data.find(_END, begin)) >= 0:
            self.end = found + len(_END)
        else:
            return len(self.data) - begin > MAX_HEAD_BYTES
        return True


def _header(head: bytes, name: bytes) -> bytes | None:
    """The first header of this name in a head in lower case."""
    begin = head.find(b"\r\n" + name + b":")
    if begin < 0:
        return None
    begin += len(name) + 3
    return head[begin : head.find(b"\r\n", begin)].strip(b" \t")

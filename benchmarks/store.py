"""A store for measurements: ``-m benchmarks.store PORT``. It verifies nothing and keeps no bytes
on disk, so that what is measured is the asking side.

A user's whole folder is always the same page of 1,000 objects; below that, what was put is listed
and read, by ranges too.
"""

from __future__ import annotations

import hashlib
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

from benchmarks.contenders import BUCKET, SUB

_PUT_AT = ("2026-11-22T17:00:00.000Z", "Sun, 22 Nov 2026 17:00:00 GMT")
_KEPT = ("content-type", "content-disposition", "cache-control")


def _contents(key: str, number: int, size: int) -> str:
    return (
        f"<Contents><Key>{escape(key)}</Key><LastModified>{_PUT_AT[0]}</LastModified>"
        f"<ETag>&quot;{number:032x}&quot;</ETag><Size>{size}</Size>"
        "<StorageClass>STANDARD</StorageClass></Contents>"
    )


def _page(prefix: str, contents: list[str]) -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>{BUCKET}</Name>'
        f"<Prefix>{escape(prefix)}</Prefix><KeyCount>{len(contents)}</KeyCount>"
        "<MaxKeys>1000</MaxKeys><EncodingType>url</EncodingType><IsTruncated>false</IsTruncated>"
        f"{''.join(contents)}</ListBucketResult>"
    ).encode()


FOLDER = f"users/{SUB}/"
PAGE = _page(
    FOLDER,
    [
        _contents(f"{FOLDER}video/0199a1b2-0000-7000-8000-{n:012d}/clip-{n}.mp4", n, 73_400_320)
        for n in range(1000)
    ],
)

NO_UPLOADS = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<ListMultipartUploadsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
    f"<Bucket>{BUCKET}</Bucket><EncodingType>url</EncodingType><IsTruncated>false</IsTruncated>"
    "</ListMultipartUploadsResult>"
).encode()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    objects: ClassVar[dict[str, tuple[bytes, dict[str, str]]]] = {}

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        key = unquote(address.path).removeprefix(f"/{BUCKET}").removeprefix("/")
        if key:
            self._object(key)
            return
        query = parse_qs(address.query, keep_blank_values=True)
        page = NO_UPLOADS if "uploads" in query else self._listed(query["prefix"][0])
        self._answer(200, page, {"Content-Type": "application/xml"})

    do_HEAD = do_GET

    def do_PUT(self) -> None:
        key = unquote(urlsplit(self.path).path).removeprefix(f"/{BUCKET}/")
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {
            name.lower(): value
            for name, value in self.headers.items()
            if name.lower() in _KEPT or name.lower().startswith("x-amz-meta-")
        }
        etag = hashlib.md5(body, usedforsecurity=False).hexdigest()
        headers |= {"ETag": f'"{etag}"', "Last-Modified": _PUT_AT[1]}
        self.objects[key] = (body, headers)
        self._answer(200, b"", {"ETag": headers["ETag"]})

    def log_message(self, *_: object) -> None:
        """Nothing is written of a request."""

    def _listed(self, prefix: str) -> bytes:
        if prefix == FOLDER:
            return PAGE
        found = sorted(key for key in self.objects if key.startswith(prefix))
        return _page(prefix, [_contents(key, 1, len(self.objects[key][0])) for key in found])

    def _object(self, key: str) -> None:
        if key not in self.objects:
            self._answer(404, b"", {})
            return
        body, headers = self.objects[key]
        if wanted := self.headers.get("Range"):
            first, _, last = wanted.removeprefix("bytes=").partition("-")
            part = body[int(first) : int(last) + 1]
            place = f"bytes {first}-{int(first) + len(part) - 1}/{len(body)}"
            self._answer(206, part, headers | {"Content-Range": place})
        else:
            self._answer(200, body, headers)

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()

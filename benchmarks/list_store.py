"""A store that answers all with a page of 1,000 objects: ``-m benchmarks.list_store PORT``.

Always the same bytes, so that listing costs the asking side alone.
"""

from __future__ import annotations

import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from benchmarks.contenders import SUB

CONTENTS = "".join(
    f"<Contents><Key>users/{SUB}/video/0199a1b2-0000-7000-8000-{number:012d}/clip-{number}.mp4</Key>"
    "<LastModified>2026-11-22T17:00:00.000Z</LastModified>"
    f"<ETag>&quot;{number:032x}&quot;</ETag><Size>73400320</Size>"
    "<StorageClass>STANDARD</StorageClass></Contents>"
    for number in range(1000)
)
PAGE = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>media-bucket</Name>'
    f"<Prefix>users/{SUB}/</Prefix><KeyCount>1000</KeyCount><MaxKeys>1000</MaxKeys>"
    f"<EncodingType>url</EncodingType><IsTruncated>false</IsTruncated>{CONTENTS}</ListBucketResult>"
).encode()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(PAGE)))
        self.end_headers()
        self.wfile.write(PAGE)

    def log_message(self, *_: object) -> None:
        """Nothing is written of a request."""


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()

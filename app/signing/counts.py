"""What is signed for browsers, counted where it is: by method, and by what it is for.

The children of a metric are made once: looking one up by its labels costs more than counting does.
"""

from __future__ import annotations

from prometheus_client import Counter

SIGNED = Counter("gateway_signed_urls", "URLs signed for browsers", ["kind"])
GET, PUT, POST, DELETE = (SIGNED.labels(kind) for kind in ("get", "put", "post", "delete"))
PART, FORM = SIGNED.labels("part"), SIGNED.labels("form")
CLOUDFRONT, FOLDER = SIGNED.labels("cloudfront"), SIGNED.labels("cloudfront_folder")

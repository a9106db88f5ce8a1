"""The first bytes of files: always a verdict, soon, and HTML never passes."""

from __future__ import annotations

import re
import time

from app.media.first_bytes import FIRST_BYTES, check_first_bytes
from app.media.types import EXTENSIONS
from tests.media.test_first_bytes import SAMPLES

TYPES = sorted(EXTENSIONS)
LONGEST_SECONDS = 2.0
#: Written apart from the code under test: what every browser takes for HTML (WHATWG MIME Sniffing).
_HTML = re.compile(rb"[\t\n\x0c\r ]*<(?:!doctype html|html|script|iframe|body|h1)[ >]", re.I)

#: The first byte chooses the declared type.
SEEDS = [
    bytes([TYPES.index(content_type)]) + head[:512]
    for _, content_type, head in SAMPLES
    if content_type in TYPES
]


def check(data: bytes) -> None:
    declared, head = TYPES[data[0] % len(TYPES) if data else 0], data[1:]
    started = time.process_time()
    reason = check_first_bytes(declared, head)
    assert time.process_time() - started < LONGEST_SECONDS
    assert reason is None or reason.startswith("This isn't ")
    assert check_first_bytes(declared, head[:FIRST_BYTES]) == reason
    if _HTML.match(head):
        assert reason is not None

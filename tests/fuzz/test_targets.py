"""Every target on its seeds, and on what the fuzzer found once."""

from __future__ import annotations

import pytest

from tests.domain.test_events import by_eventbridge, s3_record
from tests.fuzz.seals import SEALED
from tests.fuzz.targets import TARGETS

CASES = [
    pytest.param(name, seed, id=f"{name}-{index}")
    for name, target in TARGETS.items()
    for index, seed in enumerate(target.seeds)
]
#: What broke an invariant, and no longer does.
FOUND = {
    "a seal with characters that are no base64 in its signature": (
        "seals",
        b"e" + (len(SEALED) - 20).to_bytes(2) + b"\0[[[[\0 !",
    ),
    "a name that ASCII spells with a space": ("names", b"\xc2\xb8"),
    "a name that ASCII spells with dots": ("names", b"\xe6\x97\xa5.."),
    "a time outside the calendar": (
        "messages",
        by_eventbridge(time="0001-01-01T00:00:00+14:00").encode(),
    ),
    "a message nested too deeply": ("messages", b"[" * 4_000),
    "an ETag that is no text": (
        "messages",
        b'{"Records": [%s]}' % str(s3_record(eTag=5)).replace("'", '"').encode(),
    ),
    "a listing with a size in words": (
        "storage",
        b"l0<a><Contents><Key>k</Key><Size>many</Size></Contents></a>",
    ),
    "a listing without keys": ("storage", b"l0<a><Contents/></a>"),
    "a listing with a time that is none": (
        "storage",
        b"v0<a><Version><Key>k</Key><VersionId>v</VersionId><IsLatest>true</IsLatest><Size>1"
        b"</Size><ETag>e</ETag><LastModified>2026-11-22T12:00:00/000Z</LastModified></Version></a>",
    ),
    "a listing in an unknown encoding": ("storage", b'l0<?xml version="1.0" encoding="x"?><a/>'),
    "a part without a number": ("storage", b"p0<a><Part/></a>"),
    "parts that never end": (
        "storage",
        b"p0<a><IsTruncated>true</IsTruncated><Part><PartNumber>1</PartNumber><Size>1</Size></Part>"
        b"</a>",
    ),
}


@pytest.mark.parametrize(("name", "data"), CASES)
def test_invariants_hold_for_real_inputs(name: str, data: bytes) -> None:
    """What the fuzzer begins with breaks nothing."""
    TARGETS[name].check(data)


@pytest.mark.parametrize("description", FOUND)
def test_what_was_found_once_stays_mended(description: str) -> None:
    """Inputs that a fuzzer or a reader of its targets found."""
    name, data = FOUND[description]
    TARGETS[name].check(data)

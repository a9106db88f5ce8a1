"""Limits of S3 and of HTTP, each written down once.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
"""

from __future__ import annotations

KIB = 1024
MIB = 1024**2
GIB = 1024**3

#: S3 counts a key in UTF-8 bytes (Amazon S3 User Guide, "Naming Amazon S3 objects").
MAX_KEY_BYTES = 1024
#: Names and values of user metadata together.
MAX_METADATA_BYTES = 2048
#: One PUT, POST or CopyObject.
MAX_SINGLE_BYTES = 5 * GIB
MAX_PARTS = 10_000
#: The least size of a part that is not the last.
MIN_PART_BYTES = 5 * MIB
MAX_PART_BYTES = 5 * GIB
#: 48.8 TiB, the largest object.
MAX_OBJECT_BYTES = MAX_PARTS * MAX_PART_BYTES
#: Keys of one DeleteObjects, entries of one page of a listing; and so what one call here may name.
MAX_BATCH = 1_000
#: The longest life of a SigV4 query signature: seven days.
MAX_SIGNATURE_SECONDS = 604_800

MAX_NAME_BYTES = 200
"""A file name as it is stored: short enough for every file system it may be saved to."""

_UNITS = ("bytes", "KB", "MB", "GB", "TB", "PB", "EB")


def human_size(size: int, *, up: bool = False) -> str:
    """``52428800`` as ``50 MB``: powers of 1,024 under the names that file managers give them.

    Whole units, or tenths below ten; rounded down, and ``up`` for what is to look larger than the
    limit that it exceeds.
    """
    unit = min(max(size.bit_length() - 1, 0) // 10, len(_UNITS) - 1)
    if unit == 0:
        return "1 byte" if size == 1 else f"{size} bytes"
    tenths = size * 10 // KIB**unit
    if up:
        tenths = -(-size * 10 // KIB**unit)
        if tenths >= 100:
            tenths = -(-tenths // 10) * 10
        if tenths == KIB * 10 and unit + 1 < len(_UNITS):
            unit, tenths = unit + 1, 10
    if tenths >= 100 or tenths % 10 == 0:
        return f"{tenths // 10:,} {_UNITS[unit]}"
    return f"{tenths // 10}.{tenths % 10} {_UNITS[unit]}"

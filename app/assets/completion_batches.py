"""Many uploads completed in one call; one item's fault concerns that item alone (T63)."""

from __future__ import annotations

from collections.abc import Sequence

from app.assets.previews import Finished
from app.assets.uploads import Uploads
from app.domain.errors import Problem, ValidationFailed
from app.domain.principal import Principal
from app.domain.uploads import Upload
from app.s3.in_parallel import each_by_itself


class CompletionBatches:
    """What ``Uploads.complete`` does, by the hundred."""

    def __init__(self, uploads: Uploads) -> None:
        self._uploads = uploads

    def complete(
        self,
        principal: Principal,
        uploads: Sequence[Upload | Problem],
        checksums_crc64nvme: Sequence[str | None],
    ) -> list[Finished | Problem]:
        """The assets of ``uploads`` in order, or why each is none.

        ``checksums_crc64nvme`` are what the whole files must have, None where nobody knows. What is
        named again is completed once, and refused with another checksum: one that differs removes
        the file, which an item beside it would call an asset.
        """
        items = list(zip(uploads, checksums_crc64nvme, strict=True))
        firsts: dict[str, int] = {}
        for number, (upload, _) in enumerate(items):
            firsts.setdefault(_identity(upload, number), number)

        def complete(number: int) -> Finished:
            upload, checksum = items[number]
            if isinstance(upload, Problem):
                raise upload
            return self._uploads.complete(principal, upload, checksum)

        done = dict(zip(firsts.values(), each_by_itself(complete, firsts.values()), strict=True))
        results: list[Finished | Problem] = []
        for number, (upload, checksum) in enumerate(items):
            first = firsts[_identity(upload, number)]
            if checksum == items[first][1]:
                results.append(done[first])
            else:
                pointer = f"/checksums_crc64nvme/{number}"
                results.append(ValidationFailed.at(pointer, "One upload has one checksum."))
        return results


def _identity(upload: Upload | Problem, number: int) -> str:
    """What tells one upload from another; a fault is one of its own."""
    return upload.mark if isinstance(upload, Upload) else f"fault {number}"

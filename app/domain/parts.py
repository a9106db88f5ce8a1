"""Parts of a multipart upload: how a size is cut, and what is missing of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from app.domain.errors import Fault, TooLarge, UploadIncomplete, ValidationFailed
from app.domain.limits import MAX_BATCH, MAX_OBJECT_BYTES, MAX_PART_BYTES, MIB

#: How a part's number is written, up to ``MAX_PARTS`` and somewhat beyond.
PART_NUMBER = r"[1-9][0-9]{0,4}"

_MAX_FAULTS = 100


class Part(NamedTuple):
    """One part as S3 holds it: ``size`` in bytes, ``etag`` quoted as S3 writes it.

    ``etag`` is empty once the parts have become one object: S3 forgets theirs.
    """

    number: int
    size: int
    etag: str


class Progress(NamedTuple):
    """The parts that are there as planned, and the numbers of those that are not."""

    uploaded: list[Part]
    missing: list[int]


@dataclass(frozen=True, slots=True)
class PartPlan:
    """``size`` bytes in parts of ``part_size``, the last one with what is left."""

    size: int
    part_size: int

    @classmethod
    def of(cls, size: int, preferred: int) -> PartPlan:
        """A plan with parts of ``preferred`` bytes, or of more where 1,000 would not do.

        A thousand parts are one page of S3's list, and their URLs one answer. A file of more than
        4.8 TiB has more of them, as S3 takes none of more than 5 GiB.

        Raises ``TooLarge`` above 48.8 TiB.
        """
        if size > MAX_OBJECT_BYTES:
            raise TooLarge("A file can be up to 48.8 TB.")
        least = -(-size // MAX_BATCH)
        # Whole MiB, as 5 GiB is, so the growth never passes S3's own limit.
        grown = min(-(-least // MIB) * MIB, MAX_PART_BYTES)
        return cls(size, max(preferred, grown) if least > preferred else preferred)

    @property
    def count(self) -> int:
        return -(-self.size // self.part_size)

    def size_of(self, number: int) -> int:
        """Bytes of part ``number``, which is 1 to ``count``."""
        return min(self.part_size, self.size - (number - 1) * self.part_size)

    def check_numbers(self, numbers: Sequence[int]) -> None:
        """``ValidationFailed`` unless they are different parts of this plan."""
        for index, number in enumerate(numbers):
            if not 1 <= number <= self.count:
                raise ValidationFailed.at(
                    f"/part_numbers/{index}", f"This upload has the parts 1 to {self.count}."
                )
        if len(set(numbers)) != len(numbers):
            raise ValidationFailed.at("/part_numbers", "A part number occurs twice.")

    def progress(self, stored: Iterable[Part]) -> Progress:
        """What of the plan is there. A part of another size counts as missing."""
        fitting = {
            part.number: part
            for part in stored
            if 1 <= part.number <= self.count and part.size == self.size_of(part.number)
        }
        missing = [number for number in range(1, self.count + 1) if number not in fitting]
        return Progress([fitting[number] for number in sorted(fitting)], missing)

    def check_complete(self, stored: Sequence[Part]) -> list[Part]:
        """The parts of the plan, in order; ``UploadIncomplete`` names those that are not there."""
        uploaded, missing = self.progress(stored)
        if not missing:
            return uploaded
        sizes = {part.number: part.size for part in stored}
        faults = [
            Fault(f"/parts/{number}", _fault(sizes.get(number), self.size_of(number)))
            for number in missing[:_MAX_FAULTS]
        ]
        raise UploadIncomplete(
            f"{len(missing)} of {self.count} parts are missing or have the wrong size.",
            errors=faults,
        )


def _fault(found: int | None, planned: int) -> str:
    if found is None:
        return f"This part hasn't arrived. It has {planned:,} bytes."
    return f"This part has {found:,} bytes instead of {planned:,}. Send it again."

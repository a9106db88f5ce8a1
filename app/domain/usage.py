"""What a user's objects amount to, by kind and by project."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from hashlib import blake2b
from typing import Any, NamedTuple

from app.domain.assets import ListedObject
from app.domain.kinds import Kind

#: Records of shares, and whatever else has no kind.
OTHER = "other"
#: Projects that are told apart, the largest first: an answer and a memory have bounds.
MAX_PROJECTS = 1000


class Amount(NamedTuple):
    """So many bytes in so many objects."""

    bytes: int = 0
    objects: int = 0


class Usage(NamedTuple):
    """The current objects below one root; old versions and unfinished uploads are not in it."""

    total: Amount
    by_kind: dict[str, Amount]
    by_project: dict[str, Amount]

    def to_claims(self) -> list[Any]:
        """The same as JSON."""
        return [list(self.total), self.by_kind, self.by_project]

    @classmethod
    def from_claims(cls, claims: Any) -> Usage:
        """What ``to_claims`` wrote. Raises ``ValueError`` for anything else."""
        try:
            total, by_kind, by_project = claims
            return cls(
                _amount(total),
                {name: _amount(each) for name, each in by_kind.items()},
                {name: _amount(each) for name, each in by_project.items()},
            )
        except (TypeError, AttributeError) as error:
            raise ValueError("not a usage") from error


def _amount(claims: Any) -> Amount:
    amount = Amount(*claims)
    if not all(type(each) is int for each in amount):
        raise ValueError("not an amount")
    return amount


class Counted(NamedTuple):
    """What a count found: ``seen`` has the sizes of those objects that it was to look out for."""

    usage: Usage
    seen: Mapping[bytes, int]


def place_of(key: str) -> bytes:
    """A key in 16 bytes, for those who remember many and need not know their names."""
    return blake2b(key.encode(errors="surrogatepass"), digest_size=16).digest()


class Tally:
    """Adds up the objects below ``prefix`` page by page, in memory that does not grow with them.

    ``watched`` are the places (``place_of``) of objects whose sizes are told one by one.
    """

    def __init__(self, prefix: str, watched: Collection[bytes] = ()) -> None:
        self._start = len(prefix)
        self._watched = frozenset(watched)
        self._seen: dict[bytes, int] = {}
        self._kinds = {name: [0, 0] for name in (*map(str, Kind), OTHER)}
        self._projects: dict[str, list[int]] = {}

    def add(self, objects: Iterable[ListedObject]) -> None:
        """Count one page; keys need not obey the grammar of paths."""
        for found in objects:
            if self._watched and (place := place_of(found.key)) in self._watched:
                self._seen[place] = found.size
            folder, *rest = found.key[self._start :].split("/", 3)
            kind = folder
            if folder == "projects" and len(rest) > 1:
                kind = rest[1]
                project = self._projects.setdefault(rest[0], [0, 0])
                project[0] += found.size
                project[1] += 1
            counted = self._kinds.get(kind) or self._kinds[OTHER]
            counted[0] += found.size
            counted[1] += 1

    def counted(self) -> Counted:
        """What has been added."""
        return Counted(self.usage(), self._seen)

    def usage(self) -> Usage:
        """The same without what was watched."""
        largest = sorted(self._projects.items(), key=lambda item: -item[1][0])[:MAX_PROJECTS]
        amounts = self._kinds.values()
        return Usage(
            Amount(sum(each[0] for each in amounts), sum(each[1] for each in amounts)),
            {name: Amount(*each) for name, each in self._kinds.items()},
            {name: Amount(*each) for name, each in largest},
        )

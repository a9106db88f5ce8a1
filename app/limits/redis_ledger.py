"""The ledger that processes share, in Redis: its rules are ``ledger.lua``, so that each is atomic.

The clock is Redis' own, as those of replicas differ.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote as quoted

from app.domain.usage import Usage
from app.limits.ledger import (
    MAX_HOLDS,
    MAX_LOOKS,
    AccountState,
    Count,
    Hold,
    Outcome,
    Settlement,
    Verdict,
    Work,
    brief,
)
from app.limits.redis_client import RedisClient, Script

SCRIPT = Script(Path(__file__).with_name("ledger.lua").read_text())
#: How long an account outlives its last hold, so that completion still knows it.
GRACE_SECONDS = 3600
#: Holds that one call looks at: Redis answers nobody else meanwhile.
_CHUNK = 200
_PAGE = 1000
_HOLDS_AT_ONCE = 100

Item = TypeVar("Item")
log = logging.getLogger("gateway.limits")


class RedisLedger:
    """The shared ledger. Every call raises ``redis.RedisError`` when Redis does not answer.

    An account that somebody else has written to is cleared, and counted anew.
    """

    def __init__(self, client: RedisClient, *, now: str = "") -> None:
        """``now``: an instant in place of Redis' clock, for tests."""
        self._client = client
        self.now = now

    def begin(self, sub: str) -> tuple[float, Sequence[bytes]]:
        began_at = float(self._ask(sub, "begin"))
        places: list[bytes] = []
        # What is held meanwhile is not told of: then it counts twice until the next count.
        while len(piece := self._page(sub, len(places))) == _PAGE:
            places += piece
        return began_at, places + piece

    def record(self, sub: str, count: Count, seen: Mapping[bytes, int]) -> None:
        began_at = _instant(count.began_at)
        details = json.dumps(count.usage.to_claims(), separators=(",", ":"))
        numbers = (_instant(count.fresh_until), _instant(count.recount_at))
        size = count.usage.total.bytes
        if not self._ask(sub, "record", began_at, *numbers, size, details):
            return
        # In pieces: until the last one, what was seen counts twice.
        while self._ask(sub, "prune", began_at):
            pass
        for some in _pieces(seen.items(), _CHUNK):
            self._ask(sub, "net", began_at, *_in_turn(some))

    def balance(self, sub: str) -> tuple[float, AccountState]:
        for _ in range(2):
            now, reserved, busy, *count = self._ask(sub, "balance")
            try:
                found = _count(*count) if count else None
            except (ValueError, RecursionError):
                self._clear(sub)
                continue
            return float(now), AccountState(found, int(reserved), bool(busy))
        return float(now), AccountState(None, 0, busy=False)

    def outdate(self, sub: str) -> None:
        self._ask(sub, "outdate")

    def hold(self, sub: str, holds: Sequence[Hold], quota: int) -> list[Verdict]:
        return [
            _verdict(answer)
            for some in _pieces(holds, _HOLDS_AT_ONCE)
            for answer in self._ask(sub, "hold", quota, MAX_HOLDS, MAX_LOOKS, *_flat(some))
        ]

    def work(self, sub: str, work: Work, quota: int) -> Verdict:
        sources = _in_turn(work.sources or ())
        what = (work.place, work.size, _instant(work.seconds))
        how = (int(work.sources is not None), int(work.overdraw))
        return _verdict(self._ask(sub, "work", quota, MAX_LOOKS, *what, *how, *sources))

    def finish(self, sub: str, place: bytes) -> None:
        self._ask(sub, "finish", place)

    def settle(self, sub: str, hold: Hold, *, dies: bool) -> Settlement:
        what = (hold.place, hold.size, _instant(hold.seconds), brief(hold.mark))
        return Settlement(self._ask(sub, "settle", *what, int(dies)).decode())

    def judge(self, sub: str, place: bytes, *, stays: bool) -> None:
        self._ask(sub, "judge", place, int(stays))

    def release(self, sub: str, place: bytes, mark: str) -> None:
        self._ask(sub, "release", place, brief(mark))

    def _page(self, sub: str, first: int) -> list[bytes]:
        return list(self._ask(sub, "places", first, first + _PAGE - 1))

    def _ask(self, sub: str, operation: str, *arguments: bytes | str | int) -> Any:
        values = [operation, self.now, GRACE_SECONDS, *arguments]
        try:
            return self._client.run(SCRIPT, _keys(sub), values)
        except Exception as error:
            if not _is_garbled(error):
                raise
        self._clear(sub)
        return self._client.run(SCRIPT, _keys(sub), values)

    def _clear(self, sub: str) -> None:
        log.warning("what Redis holds of a user's storage is not readable, and is counted anew")
        self._client.unlink(_keys(sub))


def key_of(sub: str, name: str = "account") -> str:
    """One of a user's keys: all of them lie in one slot of a cluster."""
    # A brace would end the part that decides the slot.
    return f"gateway:{name}:{{{quoted(sub, safe=':')}}}"


def _keys(sub: str) -> list[str]:
    return [key_of(sub, name) for name in ("account", "holds", "ends", "usage", "done")]


def _in_turn(sizes: Iterable[tuple[bytes, int]]) -> Iterator[bytes | int]:
    return chain.from_iterable(sizes)


def _pieces(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    left = iter(items)
    while piece := list(islice(left, size)):
        yield piece


def _is_garbled(error: Exception) -> bool:
    """Whether it is the data that is at fault, and not Redis."""
    return any(word in str(error) for word in ("WRONGTYPE", "GARBLED"))


def _instant(seconds: float) -> str:
    return f"{seconds:.6f}"


def _flat(holds: Sequence[Hold]) -> Iterator[bytes | str | int]:
    for hold in holds:
        yield from (hold.place, hold.size, _instant(hold.seconds), brief(hold.mark))
        yield int(hold.completing)


def _verdict(answer: Any) -> Verdict:
    outcome, left, may_recount, frees_at = answer
    when = float(frees_at) if frees_at else None
    return Verdict(Outcome(outcome.decode()), int(left), bool(may_recount), when)


def _count(details: bytes, began: bytes, fresh: bytes, recount: bytes, *rest: bytes) -> Count:
    """Raises ``ValueError`` for what is no count."""
    stale, size = rest
    usage = Usage.from_claims(json.loads(details))
    if usage.total.bytes != float(size):
        raise ValueError("of another count")
    return Count(usage, float(began), float(fresh), float(recount), float(stale) != 0)

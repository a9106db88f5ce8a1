"""The rules of the ledger, held against both of its forms."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.domain.usage import Amount, Usage
from app.limits import account, ledger, redis_ledger
from app.limits.ledger import Count, Hold, Ledger, Outcome, Settlement, Verdict, Work
from app.limits.memory_ledger import MemoryLedger
from app.limits.redis_client import RedisClient
from app.limits.redis_ledger import GRACE_SECONDS, RedisLedger
from tests.limits.redis_server import RedisServer

SUB = "alice"
K, L, WORK = (letter.encode() * 16 for letter in "klw")
QUOTA = 100
LONG = 600.0


def usage(size: int) -> Usage:
    return Usage(Amount(size, 1), {"image": Amount(size, 1)}, {"p1": Amount(0, 0)})


class Player:
    """One user's ledger, at a clock that the test moves."""

    def __init__(self, made: Ledger, set_clock: Callable[[float], None]) -> None:
        self.ledger = made
        self._set_clock = set_clock
        self.now = 1_800_000_000.0
        self.wait(0)

    def wait(self, seconds: float) -> None:
        self.now += seconds
        self._set_clock(self.now)

    def count(
        self, size: int, seen: dict[bytes, int] | None = None, *, recount: float = 60
    ) -> None:
        """Count so many bytes now."""
        self.wait(0.25)
        found = Count(usage(size), self.now, self.now + 60, self.now + recount)
        self.ledger.record(SUB, found, seen or {})

    def hold(
        self,
        place: bytes,
        size: int,
        seconds: float = LONG,
        *,
        mark: str = "m",
        completing: bool = False,
    ) -> Verdict:
        [verdict] = self.ledger.hold(SUB, [Hold(place, size, seconds, mark, completing)], QUOTA)
        return verdict

    def settle(self, place: bytes, size: int, *, mark: str = "m", dies: bool = False) -> Settlement:
        return self.ledger.settle(SUB, Hold(place, size, LONG, mark), dies=dies)

    @property
    def left(self) -> int:
        return QUOTA - self.ledger.balance(SUB)[1].taken


@pytest.fixture(params=["memory", "redis"])
def alice(request: pytest.FixtureRequest) -> Player:
    """A user of either ledger, of whom nothing is known."""
    if request.param == "memory":
        clock = [0.0]
        return Player(MemoryLedger(clock=lambda: clock[0]), lambda now: clock.__setitem__(0, now))
    redis = RedisLedger(RedisClient(request.getfixturevalue("redis_url")))
    return Player(redis, lambda now: setattr(redis, "now", f"{now:.6f}"))


def test_nothing_is_held_without_a_fresh_count(alice: Player) -> None:
    """No count, or an old one: it has to be counted first."""
    assert alice.hold(K, 1).outcome is Outcome.UNCOUNTED
    alice.count(0)
    alice.wait(61)
    assert alice.hold(K, 1).outcome is Outcome.UNCOUNTED


def test_t25_holds_add_up_to_the_quota_and_not_beyond(alice: Player) -> None:
    """T25: what is stored and what is held leave the rest, to the byte."""
    alice.count(10)
    assert alice.hold(K, 50) == Verdict(Outcome.HELD, 40)
    refused = alice.hold(L, 41)
    assert refused[:3] == (Outcome.SHORT, 40, False)
    assert alice.hold(L, 40) == Verdict(Outcome.HELD, 0)
    assert alice.left == 0
    assert alice.ledger.hold("bob", [Hold(K, 1, LONG, "m")], QUOTA)[0].outcome is Outcome.UNCOUNTED


def test_many_are_held_in_order_each_for_itself(alice: Player) -> None:
    """One that does not fit leaves the room to those after it."""
    alice.count(0)
    wanted = [
        Hold(bytes([number]) * 16, size, LONG, "m") for number, size in enumerate([60, 50, 40])
    ]
    verdicts = alice.ledger.hold(SUB, wanted, QUOTA)
    assert [verdict.outcome for verdict in verdicts] == ["held", "short", "held"]


def test_a_place_is_held_once_by_the_larger_size_until_the_later_end(alice: Player) -> None:
    """T51: signed afresh, or smaller, while the first URL lives: that can still write all."""
    alice.count(0)
    alice.hold(K, 60, 100)
    assert alice.hold(K, 10, 300) == Verdict(Outcome.HELD, 40)
    alice.wait(200)
    alice.count(0)
    assert alice.left == 40
    assert alice.hold(K, 70, 1) == Verdict(Outcome.HELD, 30)
    alice.wait(50)
    alice.count(0)
    assert alice.left == 30
    alice.wait(60)
    alice.count(0)
    assert alice.left == 100


def test_t51_bytes_count_once_come_or_not_and_are_held_when_they_are_gone(alice: Player) -> None:
    """T51: what a count saw at a place adds nothing; removed, it is held while a URL lives."""
    alice.count(0)
    alice.hold(K, 60)
    assert alice.settle(K, 60) is Settlement.HELD
    assert alice.left == 40
    alice.count(60, {K: 60})
    assert alice.left == 40
    alice.count(0)
    assert alice.left == 40
    alice.count(45, {K: 45})
    assert alice.left == 40
    alice.wait(LONG)
    alice.count(0)
    assert alice.left == 100


def test_t51_a_count_that_began_before_the_end_drops_nothing(alice: Player) -> None:
    """T51: what arrives while a count is under way, in a URL's last moment, is not lost."""
    alice.count(0)
    alice.hold(K, 60, 10)
    began_at, watched = alice.ledger.begin(SUB)
    assert list(watched) == [K]
    alice.wait(11)
    alice.ledger.record(SUB, Count(usage(0), began_at, began_at + 60, began_at + 60), {})
    assert alice.left == 40
    alice.count(60)
    assert alice.left == 40


def test_t51_an_older_count_does_not_replace_a_newer(alice: Player) -> None:
    """T51: two counts at once, of two processes: the one that began later stays."""
    alice.count(60)
    earlier = alice.now - 0.1
    alice.ledger.record(SUB, Count(usage(0), earlier, earlier + 60, earlier), {})
    assert alice.left == 40


def test_a_multipart_upload_is_free_when_it_is_given_up(alice: Player) -> None:
    """At once, as nobody asked for its parts to be put together."""
    alice.count(0)
    alice.hold(K, 60)
    alice.ledger.release(SUB, K, "m")
    assert alice.left == 100


def test_t51_one_that_may_have_completed_is_counted_first(alice: Player) -> None:
    """T51: given up after its completion, whose answer was lost: the object may be there."""
    alice.count(0)
    alice.hold(K, 60, completing=True)
    alice.ledger.release(SUB, K, "m")
    assert alice.left == 40
    alice.count(60)
    assert alice.left == 40


def test_a_completed_multipart_upload_ends_with_its_urls(alice: Player) -> None:
    """Deleted, its bytes are free: no URL can bring them back."""
    alice.count(0)
    alice.hold(K, 60, completing=True)
    alice.settle(K, 60, dies=True)
    assert alice.left == 40
    alice.count(0)
    assert alice.left == 100


def test_t51_no_upload_frees_what_another_holds_at_the_same_place(alice: Player) -> None:
    """T51: a file of a package, declared twice: neither giving up one nor its end frees it."""
    alice.count(0)
    alice.hold(K, 60, mark="put")
    alice.hold(K, 60, mark="multipart")
    alice.ledger.release(SUB, K, "multipart")
    assert alice.left == 40
    alice.settle(K, 60, mark="multipart", dies=True)
    alice.count(0)
    assert alice.left == 40


def test_an_unknown_object_is_known_from_then_on(alice: Player) -> None:
    """Lost with a process: unknown once, and held; larger than what was held: unknown as well."""
    alice.count(0)
    assert alice.settle(K, 60) is Settlement.UNKNOWN
    assert alice.left == 40
    assert alice.settle(K, 60) is Settlement.HELD
    assert alice.settle(K, 70) is Settlement.UNKNOWN
    assert alice.left == 30


def test_what_was_settled_stays_known_after_its_hold(alice: Player) -> None:
    """Completed again when the URL is dead: nobody judges it a second time."""
    alice.count(0)
    alice.hold(K, 60, 10)
    alice.wait(9)
    alice.settle(K, 60)
    alice.wait(2)
    alice.count(60)
    assert alice.settle(K, 60) is Settlement.HELD
    assert alice.left == 40
    alice.wait(LONG + 1)
    assert alice.settle(K, 60) is Settlement.UNKNOWN


def test_what_was_rejected_is_judged_again(alice: Player) -> None:
    """Sent again, or told of again by the queue; until a count it is taken to be there."""
    alice.count(0)
    alice.settle(K, 60)
    alice.ledger.judge(SUB, K, stays=False)
    assert alice.left == 40
    assert alice.settle(K, 60) is Settlement.UNKNOWN
    alice.ledger.judge(SUB, K, stays=True)
    assert alice.settle(K, 60) is Settlement.HELD


def test_t52_a_move_adds_nothing(alice: Player) -> None:
    """T52: at the quota's edge, when no URL can bring back what is moved."""
    alice.count(97)
    alice.hold(K, 3, 5)
    alice.wait(10)
    work = Work(WORK, 97, LONG, [(K, 97)])
    assert alice.ledger.work(SUB, work, QUOTA).outcome is Outcome.HELD
    alice.ledger.finish(SUB, WORK)
    alice.count(97)
    assert alice.left == 3


def test_t51_a_move_adds_what_a_url_can_bring_back(alice: Player) -> None:
    """T51: it is refused, and told when those URLs are dead."""
    alice.count(60)
    alice.hold(K, 20)
    alice.count(60, {K: 20})
    refused = alice.ledger.work(SUB, Work(WORK, 60, LONG, [(K, 60)]), QUOTA - 25)
    assert (refused.outcome, refused.left) == (Outcome.SHORT, 15)
    assert refused.frees_at == alice.now - 0.25 + LONG
    assert alice.ledger.work(SUB, Work(WORK, 60, LONG, [(K, 60)]), QUOTA).left == 20


def test_t51_a_count_made_during_a_move_may_have_missed_it(alice: Player) -> None:
    """T51: the target was listed before it was written, the source after it was deleted."""
    alice.count(60)
    alice.ledger.work(SUB, Work(WORK, 60, LONG, [(K, 60)]), QUOTA)
    assert alice.left == 40
    alice.count(0)
    assert alice.left == 40
    assert alice.ledger.balance(SUB)[1].busy
    alice.ledger.finish(SUB, WORK)
    assert alice.left == 40
    assert not alice.ledger.balance(SUB)[1].busy
    alice.count(60)
    assert alice.left == 40


def test_t52_a_move_may_overdraw_once_and_what_comes_again_is_judged(alice: Player) -> None:
    """T52: a package at 97 %, just sent; T51: but not again while the user is over."""
    alice.count(0)
    alice.hold(K, 97)
    alice.settle(K, 97)
    work = Work(WORK, 97, LONG, [(K, 97)], overdraw=True)
    assert alice.ledger.work(SUB, work, QUOTA).outcome is Outcome.HELD
    alice.ledger.finish(SUB, WORK)
    alice.count(97)
    assert alice.left == -94
    assert alice.settle(K, 97) is Settlement.UNKNOWN
    again = work._replace(place=L)
    assert alice.ledger.work(SUB, again, QUOTA).outcome is Outcome.SHORT


def test_a_copy_adds_all_of_it(alice: Player) -> None:
    """Until the next count."""
    alice.count(60)
    assert alice.ledger.work(SUB, Work(WORK, 41, LONG), QUOTA).outcome is Outcome.SHORT
    assert alice.ledger.work(SUB, Work(WORK, 40, LONG), QUOTA).left == 0
    alice.ledger.finish(SUB, WORK)
    assert alice.left == 0
    alice.count(80)
    assert alice.left == 20


def test_short_says_whether_counting_might_help(alice: Player) -> None:
    """Not before `recount_at`, for a large count is dear."""
    alice.count(100, recount=60)
    assert alice.hold(K, 1) == Verdict(Outcome.SHORT, 0, may_recount=False)
    alice.count(100, recount=-1)
    assert alice.hold(K, 1) == Verdict(Outcome.SHORT, 0, may_recount=True)


def test_short_says_when_enough_comes_free(alice: Player) -> None:
    """By holds that end, the earliest first; not by objects that are there, nor by itself."""
    alice.count(40)
    start = alice.now
    alice.hold(K, 20, 300)
    alice.hold(L, 40, 200)
    assert alice.hold(WORK, 30).frees_at == start + 200
    assert alice.hold(WORK, 60).frees_at == start + 300
    assert alice.hold(WORK, 61).frees_at is None
    assert alice.hold(L, 61).frees_at is None
    alice.count(40, {L: 40})
    assert alice.hold(WORK, 61).frees_at is None


def test_frees_at_is_told_without_looking_at_every_hold(
    alice: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    """T55: beyond a bound the last end is told, which is late enough."""
    for module in (account, redis_ledger):
        monkeypatch.setattr(module, "MAX_LOOKS", 3)
    alice.count(0)
    for number in range(10):
        alice.hold(bytes([number]) * 16, 10, 100 + number)
    start = alice.now
    assert alice.hold(K, 30).frees_at == start + 102
    assert alice.hold(K, 40).frees_at == start + 109


def test_t55_holds_of_one_user_are_bounded(alice: Player, monkeypatch: pytest.MonkeyPatch) -> None:
    """T55: one more is refused until the first ends; those that are held last on."""
    for module in (account, redis_ledger):
        monkeypatch.setattr(module, "MAX_HOLDS", 2)
    alice.count(0)
    start = alice.now
    alice.hold(K, 1, 30)
    alice.hold(L, 1, 50)
    refused = alice.hold(WORK, 1)
    assert refused == Verdict(Outcome.CROWDED, 0, may_recount=False, frees_at=start + 60)
    assert alice.hold(L, 2).outcome is Outcome.HELD
    alice.wait(31)
    alice.count(0)
    assert alice.hold(WORK, 1).outcome is Outcome.HELD


def test_counts_are_remembered_with_their_details(alice: Player) -> None:
    """What is shown is what was counted; a deletion or an arrival marks it stale."""
    assert alice.ledger.balance(SUB)[1].count is None
    alice.count(7)
    found = alice.ledger.balance(SUB)[1].count
    assert found
    assert (found.usage, found.stale) == (usage(7), False)
    alice.ledger.outdate(SUB)
    again = alice.ledger.balance(SUB)[1].count
    assert again
    assert again.stale


def test_large_sizes_stay_exact(alice: Player) -> None:
    """Terabytes, to the byte."""
    terabytes = 48 * 1024**4
    alice.count(1)
    [verdict] = alice.ledger.hold(SUB, [Hold(K, terabytes - 5, LONG, "m")], terabytes + 1)
    assert verdict == Verdict(Outcome.HELD, 5)


def test_the_memory_of_idle_users_is_bounded() -> None:
    """Who holds nothing is forgotten, who holds something is not."""
    made = MemoryLedger(clock=lambda: 100.0, max_accounts=10)
    made.record("keeper", Count(usage(0), 100, 160, 160), {})
    made.hold("keeper", [Hold(K, 1, LONG, "m")], QUOTA)
    for number in range(100):
        made.record(f"user-{number}", Count(usage(0), 100, 160, 160), {})
    assert made.balance("keeper")[1].reserved == 1
    assert len(made._accounts) <= 11


def test_nothing_stays_in_redis_for_ever(redis_url: str, redis_server: RedisServer) -> None:
    """Each of a user's keys has an end, and holds no name of a file."""
    made = RedisLedger(RedisClient(redis_url))
    began_at, _ = made.begin(SUB)
    made.record(SUB, Count(usage(0), began_at, began_at + 60, began_at + 60), {})
    made.hold(SUB, [Hold(K, 1, LONG, "m")], QUOTA)
    made.settle(SUB, Hold(L, 1, LONG, "m"), dies=False)
    made.settle("bob", Hold(L, 1, LONG, "m"), dies=False)
    with redis_server.client() as client:
        keys = client.keys("*")
        assert len(keys) == 5 + 4
        assert all(0 < client.ttl(key) <= LONG + GRACE_SECONDS for key in keys)


def test_marks_are_kept_briefly() -> None:
    """Of one length, without blanks, whatever a store calls its uploads."""
    assert ledger.brief("s3 2~ü" * 100) != ledger.brief("m")
    assert len(ledger.brief("s3 2~ü" * 100)) == 16


def test_t55_what_redis_does_for_a_call_does_not_grow_with_the_holds(
    redis_url: str, redis_server: RedisServer
) -> None:
    """T55: as many commands with 2,000 holds as with 200, and each looks at few of them."""
    made = RedisLedger(RedisClient(redis_url))
    began_at, _ = made.begin(SUB)
    made.record(SUB, Count(usage(0), began_at, began_at + 60, began_at + 60), {})
    calls = []
    made.settle(SUB, Hold(L, 1, LONG, "m"), dies=False)
    for number in (200, 1800):
        some = [Hold(index.to_bytes(16), 1, LONG, "m") for index in range(number)]
        made.hold(SUB, some, 10_000)
        with redis_server.client() as client:
            client.config_resetstat()
            made.hold(SUB, [Hold(number.to_bytes(15) + b"x", 1, LONG, "m")], 10_000)
            assert made.hold(SUB, [Hold(K, 9_000, LONG, "m")], 9_000)[0].outcome is Outcome.SHORT
            made.settle(SUB, Hold((3).to_bytes(16), 1, LONG, "m"), dies=False)
            made.balance(SUB)
            made.release(SUB, (4).to_bytes(16), "m")
            stats = client.info("commandstats")
        # Redis rounds lifetimes to seconds: whether one is made longer is a matter of the clock.
        assert stats.get("cmdstat_expire", {"calls": 0})["calls"] <= 5 * 5
        left_out = {"cmdstat_expire", "cmdstat_config|resetstat"}
        calls.append({name: each["calls"] for name, each in stats.items() if name not in left_out})
    assert calls[0] == calls[1]
    assert ledger.MAX_LOOKS <= 100

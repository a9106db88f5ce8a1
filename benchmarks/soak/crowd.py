"""Lets the users act, at a steady rate, and an operator watch."""

from __future__ import annotations

import asyncio
import json
import traceback
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from benchmarks.soak import library, packages, refusals, sharing, uploading, uppy
from benchmarks.soak.client import Client
from benchmarks.soak.record import Record, Wrong
from benchmarks.soak.site import METRICS_TOKEN, Site
from benchmarks.soak.user import User, check

Act = Callable[[User], Awaitable[None]]
#: How often each act is chosen, of the sum.
ACTS: dict[Act, float] = {
    library.look: 20,
    library.links: 14,
    uploading.put: 14,
    library.look_closely: 8,
    library.look_at_kind: 8,
    library.me: 6,
    library.delete: 6,
    library.relocate: 5,
    sharing.share: 5,
    uploading.form: 4,
    uppy.single: 3,
    uppy.in_parts: 2,
    refusals.wrong_token: 3,
    refusals.preflight: 3,
    refusals.nonsense: 1,
    library.projects: 1,
    library.export: 1,
    library.erase: 0.3,
    uploading.lie: 0.5,
    uploading.give_up: 0.5,
    uploading.in_parts: 0.3,
}
#: Not on JuiceFS: its empty folders stay, so a project never ends and nothing is ever all erased.
NEEDS_KEYS_ALONE = frozenset({library.projects, library.erase})
#: Users who have a package that nearly fills their quota, and move it about.
PACKERS = 8
PACKER_ACTS: dict[Act, float] = {packages.keep_moving: 3, library.look: 1, library.me: 1}
FOREIGN_SHARE = 0.02
#: As a load balancer keeps them, and as many as a store's own pool.
GATEWAY_CONNECTIONS = 64
STORE_CONNECTIONS = 32
SCRAPE_SECONDS = 15.0


@dataclass
class Crowd:
    """The users of one site; ``rate`` is requests a second to the gateway, all together."""

    users: Sequence[User]
    record: Record
    rate: float

    @classmethod
    def of(cls, site: Site, users: int, rate: float, record: Record) -> Crowd:
        gateway = Client(site.port, GATEWAY_CONNECTIONS)
        store = Client(int(site.store.endpoint.rpartition(":")[2]), STORE_CONNECTIONS)
        everybody = [User(number, site, record, gateway, store) for number in range(users)]
        for user in everybody:
            user.sign_in()
        return cls(everybody, record, rate)

    async def act_until(self, ended: asyncio.Event) -> None:
        """Everybody acts, and thinks between the acts, until ``ended``; acts are not broken off."""
        async with asyncio.TaskGroup() as tasks:
            for user in self.users:
                tasks.create_task(self._live(user, ended))
            tasks.create_task(self._operate(self.users[0], ended))

    async def _live(self, user: User, ended: asyncio.Event) -> None:
        seconds_a_request = len(self.users) / self.rate
        left_out = NEEDS_KEYS_ALONE if user.site.store.name == "juicefs" else ()
        chosen = PACKER_ACTS if self._packs(user) else ACTS
        acts = [act for act in chosen if act not in left_out]
        weights = [chosen[act] for act in acts]
        # Not all at once in the first moment.
        requests = user.random.uniform(0.1, 4)
        # The pause comes after the act, however long that took: who waits asks no more meanwhile.
        while not await _passed(ended, user.random.expovariate(1 / (requests * seconds_a_request))):
            before = user.asked
            [act] = user.random.choices(acts, weights)
            if user.random.random() < FOREIGN_SHARE and not self._packs(user):
                await self._try(user, "refusals.foreign", refusals.foreign(user, self.users))
            else:
                name = f"{act.__module__.rpartition('.')[2]}.{act.__name__}"
                await self._try(user, name, act(user))
            requests = max(1, user.asked - before)

    def _packs(self, user: User) -> bool:
        """Only with the worker: without, a full quota has no room for what URLs can bring back."""
        return user.number < PACKERS and user.site.worker is not None

    async def _try(self, user: User, name: str, act: Awaitable[None]) -> None:
        """One act; whatever goes wrong is counted, and what the user has is learnt anew."""
        self.record.acts[name] += 1
        try:
            await act
        except (
            Wrong,
            OSError,
            EOFError,
            TimeoutError,
            ValueError,
            LookupError,
            TypeError,
        ) as error:
            self.record.failed(f"user {user.number}, {name}, {_told(error)}")
            await self._start_over(user)

    async def _start_over(self, user: User) -> None:
        """Delete everything, so that one error does not become many."""
        try:
            for _ in range(5):
                items = (await user.ask("GET", "/v1/assets")).json()["items"]
                if not items:
                    break
                paths = {"paths": [item["path"] for item in items]}
                await user.ask("POST", "/v1/assets/delete", json.dumps(paths).encode())
        except (Wrong, OSError, EOFError, TimeoutError, ValueError) as error:
            self.record.failed(f"user {user.number}, starting over: {error}")
        user.assets, user.shares, user.package = {}, {}, None

    async def _operate(self, user: User, ended: asyncio.Event) -> None:
        """Probe and scrape, as a platform does."""
        while not await _passed(ended, SCRAPE_SECONDS):
            for route, token in (("/healthz", ""), ("/readyz", ""), ("/metrics", METRICS_TOKEN)):
                await self._try(user, "operate", _probe(user, route, token))


def _told(error: BaseException) -> str:
    """What went wrong, and at which line of the act."""
    frames = traceback.extract_tb(error.__traceback__)
    [line] = [frame.lineno for frame in frames if frame.filename != __file__][:1] or [0]
    return f"line {line}: {'' if isinstance(error, Wrong) else type(error).__name__} {error}"


async def _probe(user: User, route: str, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    answer = await user.gateway.request("GET", route, headers)
    user.record.answered(f"GET {route}", answer.status, answer.seconds)
    check(answer, 200, route)


async def _passed(ended: asyncio.Event, seconds: float) -> bool:
    """Wait ``seconds``, or until ``ended``; whether it has."""
    try:
        async with asyncio.timeout(seconds):
            await ended.wait()
    except TimeoutError:
        pass
    return ended.is_set()

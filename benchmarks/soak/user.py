"""One user: a token, what is theirs and what it holds, and the requests they make."""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from benchmarks.soak.client import Answer, Client
from benchmarks.soak.record import Record, Wrong
from benchmarks.soak.site import ORIGIN, Site

PNG = b"\x89PNG\r\n\x1a\n"
SHOWN_BYTES = 300


class Content(NamedTuple):
    """The bytes of an asset, made anew from a seed whenever they are compared."""

    seed: int
    size: int
    head: bytes = PNG

    def bytes(self) -> bytes:
        tail = random.Random(self.seed).randbytes(self.size - len(self.head))  # noqa: S311
        return self.head + tail


class Package(NamedTuple):
    """Files by their names in one folder."""

    folder: str
    files: Mapping[str, Content]

    def paths(self) -> dict[str, Content]:
        return {f"{self.folder}/{name}": content for name, content in self.files.items()}


@dataclass
class User:
    """Acts one thing after the other, so that what they have is known exactly.

    ``assets`` are contents by path, ``shares`` the paths and URLs of open shares by id.
    """

    number: int
    site: Site
    record: Record
    gateway: Client
    store: Client
    assets: dict[str, Content] = field(default_factory=dict)
    shares: dict[str, tuple[str, str]] = field(default_factory=dict)
    package: Package | None = None
    asked: int = 0
    token: str = ""
    renew_at: float = 0.0

    def __post_init__(self) -> None:
        self.random = random.Random(self.number)  # noqa: S311 - reproducible traffic
        self.sub = str(uuid.UUID(int=self.random.getrandbits(128), version=4))
        self.address = f"10.{self.number >> 16 & 255}.{self.number >> 8 & 255}.{self.number & 255}"

    def sign_in(self) -> None:
        """A new token, before the old one ends: as Cognito gives them, but for a shorter life."""
        life = self.random.randint(180, 900)
        self.token = self.site.tokens(
            sub=self.sub,
            jti=str(uuid.uuid4()),
            exp=int(time.time()) + life,
            username=f"user-{self.number}",
        )
        self.renew_at = time.monotonic() + life * 0.8

    async def ask(
        self,
        method: str,
        route: str,
        body: bytes = b"",
        *,
        expect: int = 200,
        query: Mapping[str, Any] | None = None,
        bearer: str | None = None,
        headers: Mapping[str, str] | None = None,
        **values: str,
    ) -> Answer:
        """One request to the gateway; ``values`` fill the braces of ``route``.

        ``bearer`` is a token instead of the user's own, empty for none. Raises Wrong for another
        status.
        """
        if time.monotonic() > self.renew_at:
            self.sign_in()
        target = route.format(**{name: quote(text, safe="/") for name, text in values.items()})
        if query:
            target += "?" + urlencode(query)
        sent = {"Origin": ORIGIN, "X-Forwarded-For": self.address, **(headers or {})}
        bearer = self.token if bearer is None else bearer
        if bearer:
            sent["Authorization"] = f"Bearer {bearer}"
        if body:
            sent.setdefault("Content-Type", "application/json")
        self.asked += 1
        answer = await self.gateway.request(method, target, sent, body)
        self.record.answered(f"{method} {route}", answer.status, answer.seconds)
        check(answer, expect, f"{method} {route}")
        self._check_headers(answer, f"{method} {route}")
        return answer

    async def send(
        self,
        method: str,
        url: str,
        body: bytes = b"",
        *,
        headers: Mapping[str, str] | None = None,
        expect: tuple[int, ...] = (200,),
    ) -> Answer:
        """One request to the store, by a URL that the gateway signed."""
        start = f"http://{self.store.netloc}/"
        if not url.startswith(start):
            raise Wrong(f"a signed URL leads elsewhere: {url[:SHOWN_BYTES]}")
        target = "/" + url.removeprefix(start)
        sent = {"Origin": ORIGIN, **(headers or {})}
        answer = await self.store.request(method, target, sent, body)
        self.record.answered(f"store {method}", answer.status, answer.seconds)
        check(answer, expect, f"store {method}")
        return answer

    async def play(self, link: Mapping[str, Any], path: str) -> None:
        """Get a part of an asset by its link, and compare."""
        content = self.holdings()[path]
        first = self.random.randrange(content.size)
        last = min(content.size - 1, first + 65_535)
        answer = await self.send(
            "GET", link["url"], headers={"Range": f"bytes={first}-{last}"}, expect=(206,)
        )
        if answer.body != content.bytes()[first : last + 1]:
            raise Wrong(f"bytes {first} to {last} of {path} differ from what was sent")

    def new_content(self, size: int | None = None) -> Content:
        """An image of a few KB to about 100 KB, small ones more often, or of ``size``."""
        size = size or int(min(100_000, 2_000 * self.random.paretovariate(0.9)))
        return Content(self.random.getrandbits(64), size)

    def holdings(self) -> dict[str, Content]:
        """All that lies in the user's space: the assets, and the package's files."""
        return {**self.assets, **(self.package.paths() if self.package else {})}

    def any_asset(self) -> str:
        return self.random.choice(list(self.assets))

    def _check_headers(self, answer: Answer, what: str) -> None:
        if answer.headers.get("access-control-allow-origin") != ORIGIN:
            raise Wrong(f"{what}: the page may not read the answer")
        if len(answer.headers.get("x-request-id", "")) < 8:
            raise Wrong(f"{what}: no request id")
        if b"Signature" in answer.body and answer.headers.get("cache-control") != "no-store":
            raise Wrong(f"{what}: signed URLs that caches may keep")


def check(answer: Answer, expect: int | tuple[int, ...], what: str) -> None:
    """Raises Wrong for another status than expected."""
    expected = (expect,) if isinstance(expect, int) else expect
    if answer.status not in expected:
        shown = answer.body[:SHOWN_BYTES].decode(errors="replace")
        raise Wrong(f"{what}: {answer.status} instead of {expected[0]}: {shown}")


def same(found: Any, wanted: Any, what: str) -> None:
    """Raises Wrong when they differ."""
    if found != wanted:
        raise Wrong(f"{what}: {str(found)[:SHOWN_BYTES]} instead of {str(wanted)[:SHOWN_BYTES]}")

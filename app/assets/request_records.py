"""The records of upload requests, and the places that their files have taken (T66, T67).

S3 is the truth and nothing is remembered: a request that was revoked is closed at once, everywhere.
A place is an object that only one writer can make, so that of any number who come at once no more
get in than may; of one process one after another, as not every store holds that condition.
"""

from __future__ import annotations

import random
import secrets
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from app.assets.signed_records import SignedRecords
from app.domain.errors import (
    AlreadyExists,
    NotFound,
    Problem,
    RequestFull,
    StorageUnavailable,
)
from app.domain.paths import Root
from app.domain.upload_requests import (
    UploadRequest,
    free_places,
    id_of,
    id_of_places,
    places_prefix,
    request_key,
    requests_prefix,
)
from app.s3.deletion import Deleter
from app.s3.in_parallel import in_parallel
from app.s3.listings import Listings
from app.s3.objects import Objects
from app.s3.turns import Turns
from app.signing.tokens import SignedTokens

#: What was declared before a request expired may still be sent and completed.
GRACE = timedelta(days=1)
#: Places that are tried before the list of those taken is read again, and how often it is.
_TRIES, _LOOKS = 8, 8
#: Requests whose remains one listing removes: three calls each, one after another.
MOST_REMOVED = 16


class KeptRequest(NamedTuple):
    """A request, and how many of its files were declared."""

    request: UploadRequest
    files: int


class RequestsPage(NamedTuple):
    """Requests that are open, and S3's continuation token."""

    requests: list[KeptRequest]
    next_token: str | None


class RequestRecords:
    """Every user's requests. Takes ids as they come; ``NotFound`` for what is none."""

    def __init__(
        self,
        objects: Objects,
        listings: Listings,
        deleter: Deleter,
        tokens: SignedTokens,
        turns: Turns,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._objects = objects
        self._listings = listings
        self._deleter = deleter
        self._records = SignedRecords(objects, tokens)
        self._turns = turns
        self._clock = clock

    def write(self, request: UploadRequest) -> None:
        """Open a request."""
        key = request_key(Root(request.sub), request.request_id)
        self._records.write(key, request.to_claims())

    def read(self, root: Root, request_id: str, *, late: bool = False) -> UploadRequest:
        """The open request of that id; ``late``: also one that has just expired. ``NotFound`` when
        there is none."""
        request = self._read(root, request_id)
        if self._clock() >= request.expires_at + (GRACE if late else timedelta()):
            raise NotFound
        return request

    def files(self, request: UploadRequest) -> int:
        """How many files were declared."""
        return len(self._taken(request))

    def take(self, request: UploadRequest) -> str:
        """A place for one more file; its name serves to ``give_back``. Raises ``RequestFull``, and
        ``NotFound`` when the request was revoked meanwhile."""
        with self._turns.of(request.request_id):
            place = self._take(request)
        try:
            # Whoever revoked it before the place was there did not see the place.
            self._check_there(Root(request.sub), request.request_id)
        except Problem:
            self.give_back(place)
            raise
        return place

    def _take(self, request: UploadRequest) -> str:
        nonce = secrets.token_hex(8).encode()
        for _ in range(_LOOKS):
            free = free_places(request, Root(request.sub), self._taken(request))
            if not free:
                raise RequestFull
            # Those who come at once go to different places.
            for place in random.sample(free, min(_TRIES, len(free))):
                if self._takes(place, nonce):
                    return place
        raise StorageUnavailable("Too many files are declared at once; try again")

    def give_back(self, place: str) -> None:
        """The place is free again, as nothing was signed for it; no version of it stays."""
        if found := self._objects.head(place):
            self._objects.delete_version(found)

    def page(self, root: Root, *, limit: int, token: str | None = None) -> RequestsPage:
        """Open requests, of at most ``limit`` records. Some of those that expired long ago are
        removed, and places that a process left which ended before it saw its request revoked."""
        prefix = requests_prefix(root)
        page = self._listings.page(prefix, limit=limit, token=token, delimiter="/")
        ids = [each for found in page.objects if (each := id_of(root, found.key))]
        kept = [each for each in in_parallel(lambda i: self._try(root, i), ids) if each]
        now = self._clock()
        old = [r.request_id for r, _ in kept if now >= r.expires_at + GRACE]
        folders = [each for name in page.folders if (each := id_of_places(root, name))]
        for request_id in [*old, *self._lone(root, folders, ids)][:MOST_REMOVED]:
            self._remove(root, request_id)
        is_open = [each for each in kept if now < each.request.expires_at]
        return RequestsPage(is_open, page.next_token)

    def revoke(self, root: Root, request_id: str) -> None:
        """Close a request; ``NotFound`` when there is none of that id."""
        self._check_there(root, request_id)
        self._remove(root, request_id)

    def _check_there(self, root: Root, request_id: str) -> None:
        if self._objects.head(request_key(root, request_id)) is None:
            raise NotFound

    def _lone(self, root: Root, folders: Iterable[str], ids: Sequence[str]) -> list[str]:
        """Of the ids whose places are there those that have no record, neither on this page, by
        ``ids``, nor before."""
        candidates = [each for each in folders if each not in ids][:MOST_REMOVED]
        return [each for each in candidates if self._objects.head(request_key(root, each)) is None]

    def _remove(self, root: Root, request_id: str) -> None:
        # The record first: without it the places let nobody in.
        self._objects.delete(request_key(root, request_id))
        for batch in self._deleter.delete_folder(places_prefix(root, request_id), max_batches=2):
            for problem in batch.failures.values():
                raise problem

    def _taken(self, request: UploadRequest) -> list[str]:
        page = self._listings.page(places_prefix(Root(request.sub), request.request_id))
        # Some stores list the folder, too.
        return [found.key for found in page.objects if not found.key.endswith("/")]

    def _takes(self, place: str, nonce: bytes) -> bool:
        try:
            self._objects.put(place, nonce, {"content-type": "text/plain"}, if_none_match=True)
        except AlreadyExists:
            # By an earlier attempt, perhaps, whose answer was lost.
            return self._objects.beginning(place, len(nonce)) == nonce
        return True

    def _read(self, root: Root, request_id: str) -> UploadRequest:
        claims = self._records.read(request_key(root, request_id))
        return UploadRequest.from_claims(claims, sub=root.sub, request_id=request_id)

    def _try(self, root: Root, request_id: str) -> KeptRequest | None:
        try:
            request = self._read(root, request_id)
        except NotFound:
            return None
        return KeptRequest(request, self.files(request))

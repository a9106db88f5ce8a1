"""Upload requests: files from whoever has a link, into the owner's folder (T66 to T69).

Who has the link declares, sends and completes what was asked for, and sees nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from app.assets.request_records import KeptRequest, RequestRecords, RequestsPage
from app.assets.uploads import Sending, Uploads, UploadState
from app.domain.assets import StoredObject
from app.domain.declarations import Declaration
from app.domain.errors import NotFound, Problem, ValidationFailed
from app.domain.paths import Root
from app.domain.principal import Principal
from app.domain.signed import SignedParts
from app.domain.upload_requests import (
    RequestTerms,
    RequestToken,
    UploadRequest,
    mint_request_id,
)
from app.domain.uploads import Upload
from app.limits.quota import Quota
from app.signing.tokens import SignedTokens


class RequestTokens(NamedTuple):
    """``links`` sign what stands in a link, ``uploads`` the ids of what is sent by it."""

    links: SignedTokens
    uploads: SignedTokens


class Declared(NamedTuple):
    """An upload by a request, its id, and how its bytes are to be sent."""

    upload_id: str
    upload: Upload
    sending: Sending


class UploadRequests:
    """Everybody's requests. What takes a ``token`` is for strangers: it raises ``NotFound`` unless
    the token opens a request. Raises ``StorageError`` and ``StorageUnavailable`` besides."""

    def __init__(
        self,
        records: RequestRecords,
        uploads: Uploads,
        quota: Quota,
        tokens: RequestTokens,
        *,
        max_seconds: int,
        page_url: str = "",
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """``max_seconds``: the longest life of a request, and its life unless another is asked for.
        ``page_url``: the front end's page that takes the files, if it has one."""
        self._records = records
        self._uploads = uploads
        self._quota = quota
        self._tokens = tokens
        self._max_seconds = max_seconds
        self._page_url = page_url
        self._clock = clock

    def create(self, principal: Principal, terms: RequestTerms) -> KeptRequest:
        """Ask for files. Raises ``ValidationFailed``."""
        seconds = terms.seconds or self._max_seconds
        if seconds > self._max_seconds:
            most = f"A request lives at most {self._max_seconds} seconds"
            raise ValidationFailed.at("/expires_in", most)
        terms = terms.checked()
        limit = self._uploads.rules.max_bytes[terms.kind]
        if terms.max_bytes is not None and terms.max_bytes > limit:
            raise ValidationFailed.at("/max_bytes", f"This kind takes at most {limit:,} bytes.")
        request = UploadRequest(
            principal.sub,
            mint_request_id(),
            terms,
            self._clock().replace(microsecond=0) + timedelta(seconds=seconds),
            self._quota.deciding_groups(principal),
        )
        self._records.write(request)
        return KeptRequest(request, 0)

    def page(self, principal: Principal, *, limit: int, token: str | None = None) -> RequestsPage:
        """Open requests, of at most ``limit`` records."""
        return self._records.page(Root(principal.sub), limit=limit, token=token)

    def revoke(self, principal: Principal, request_id: str) -> None:
        """Close a request; ``NotFound`` when there is none of that id."""
        self._records.revoke(Root(principal.sub), request_id)

    def token_of(self, request: UploadRequest) -> str:
        """What stands in the link of ``request``."""
        return self._tokens.links.sign(RequestToken(request.sub, request.request_id)._asdict())

    def page_for(self, token: str) -> str | None:
        """The page that takes the files, None without one. It asks whether the request is open."""
        if not self._page_url:
            return None
        self._tokens.links.verify(token)
        return f"{self._page_url}#{token}"

    def look(self, token: str) -> KeptRequest:
        """What is asked for, and how many files were declared."""
        request = self._open(token)
        return KeptRequest(request, self._records.files(request))

    def max_bytes(self, request: UploadRequest) -> int:
        """How large one file can be."""
        limit = self._uploads.rules.max_bytes[request.terms.kind]
        return limit if request.terms.max_bytes is None else min(limit, request.terms.max_bytes)

    def declare(self, token: str, wanted: Declaration) -> Declared:
        """A new upload. Raises ``RequestFull``, and as ``Uploads.declare`` does."""
        request = self._open(token)
        principal = request.principal
        planned = self._uploads.plan(principal, request.placed(wanted))
        request.check(planned)
        place = self._records.take(request)
        try:
            upload, sending = self._uploads.start(principal, planned)
        except Problem:
            self._records.give_back(place)
            raise
        signed = self._tokens.uploads.sign(
            {"request_id": request.request_id, "upload": upload.to_claims()}
        )
        return Declared(signed, upload, sending)

    def state(self, token: str, upload_id: str) -> tuple[Upload, UploadState]:
        """Where an upload stands; as ``Uploads.state``."""
        principal, upload = self._find(token, upload_id)
        return upload, self._uploads.state(principal, upload)

    def sign_parts(self, token: str, upload_id: str, numbers: Sequence[int]) -> SignedParts:
        """Fresh URLs of these parts; as ``Uploads.sign_parts``."""
        return self._uploads.sign_parts(*self._find(token, upload_id), numbers)

    def complete(
        self, token: str, upload_id: str, checksum_crc64nvme: str | None
    ) -> tuple[Upload, StoredObject]:
        """What arrived, once it is what was declared; as ``Uploads.complete``."""
        principal, upload = self._find(token, upload_id)
        return upload, self._uploads.complete(principal, upload, checksum_crc64nvme).found

    def give_up(self, token: str, upload_id: str) -> None:
        """Abort. Its place stays taken: what was signed may still be sent."""
        self._uploads.give_up(*self._find(token, upload_id))

    def _open(self, token: str, *, late: bool = False) -> UploadRequest:
        named = RequestToken(**self._tokens.links.verify(token))
        return self._records.read(Root(named.sub), named.request_id, late=late)

    def _find(self, token: str, upload_id: str) -> tuple[Principal, Upload]:
        """An upload that was declared by this very request, which may have expired meanwhile."""
        request = self._open(token, late=True)
        claims = self._tokens.uploads.verify(upload_id)
        if claims["request_id"] != request.request_id:
            raise NotFound
        return request.principal, Upload.from_claims(claims["upload"], sub=request.sub)

"""An upload request: whoever has its link sends files into the owner's folder (T66 to T69).

Its record lies where shares' records lie, and is signed as they are: it says whose and which it is,
so that one that was made up, changed, or carried elsewhere lets nobody in (T48).
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, NamedTuple

from app.domain.declarations import Declaration
from app.domain.errors import NotFound, TooLarge, UnsupportedType, ValidationFailed
from app.domain.kinds import Kind, check_project_id
from app.domain.limits import human_size
from app.domain.paths import Root
from app.domain.policy import canonical_type, check_kind_place
from app.domain.principal import Principal
from app.domain.shares import shares_prefix
from app.domain.uploads import Upload
from app.media.names import is_untyped

#: A page of a listing holds the files of one request.
MAX_FILES = 1000
_ID_BYTES = 16
_REQUEST_ID = re.compile(rf"[0-9a-f]{{{2 * _ID_BYTES}}}")


class RequestTerms(NamedTuple):
    """What an owner asks for. No ``content_types``: all that the kind takes; ``max_bytes`` is of
    one file, None for the kind's own limit; ``seconds`` None for the longest life that there is."""

    kind: Kind
    project_id: str | None
    content_types: tuple[str, ...]
    max_bytes: int | None
    max_files: int
    seconds: int | None
    note: str | None

    def checked(self) -> RequestTerms:
        """The same with canonical types. Raises ``ValidationFailed``."""
        if self.project_id is not None:
            check_project_id(self.project_id)
        check_kind_place(self.kind, self.project_id)
        names = [_canonical(self, index, text) for index, text in enumerate(self.content_types)]
        return self._replace(content_types=tuple(dict.fromkeys(names)))


def _canonical(terms: RequestTerms, index: int, text: str) -> str:
    pointer = f"/content_types/{index}"
    if is_untyped(text):
        raise ValidationFailed.at(pointer, "Name a content type, or leave content_types out.")
    try:
        return canonical_type(text, "", kind=terms.kind, project_id=terms.project_id)
    except UnsupportedType as problem:
        raise ValidationFailed.at(pointer, problem.detail) from None


@dataclass(frozen=True, slots=True)
class UploadRequest:
    """What a record says. ``expires_at`` is aware UTC, in whole seconds; ``groups`` are those of
    the owner's that a quota is by."""

    sub: str
    request_id: str
    terms: RequestTerms
    expires_at: datetime
    groups: tuple[str, ...] = ()

    @property
    def principal(self) -> Principal:
        """Whoever has the link, who stores in the owner's name and within the owner's quota."""
        return Principal(self.sub, groups=frozenset(self.groups), upload_request=self.request_id)

    def placed(self, wanted: Declaration) -> Declaration:
        """What is declared when ``wanted`` is to be sent: its place is the owner's choice."""
        return replace(wanted, kind=self.terms.kind, project_id=self.terms.project_id)

    def check(self, upload: Upload) -> None:
        """Raise ``UnsupportedType`` or ``TooLarge`` for what was not asked for."""
        terms = self.terms
        if terms.content_types and upload.content_type not in terms.content_types:
            asked = ", ".join(terms.content_types)
            raise UnsupportedType(f"Asked for: {asked}.")
        if terms.max_bytes is not None and upload.size > terms.max_bytes:
            raise TooLarge(f"A file can be up to {human_size(terms.max_bytes)} here.")

    def to_claims(self) -> dict[str, Any]:
        """The facts as JSON, to be signed."""
        terms = self.terms._asdict()
        del terms["seconds"]
        return {
            "sub": self.sub,
            "request_id": self.request_id,
            "terms": {**terms, "kind": self.terms.kind.value},
            "expires": int(self.expires_at.timestamp()),
            "groups": list(self.groups),
        }

    @classmethod
    def from_claims(cls, claims: Mapping[str, Any], *, sub: str, request_id: str) -> UploadRequest:
        """The request of ``claims``; ``NotFound`` when it is another user's, or another one."""
        if (claims["sub"], claims["request_id"]) != (sub, request_id):
            raise NotFound
        said = claims["terms"]
        own = {
            "kind": Kind(said["kind"]),
            "content_types": tuple(said["content_types"]),
            "seconds": None,
        }
        expires_at = datetime.fromtimestamp(claims["expires"], UTC)
        terms = RequestTerms(**{**said, **own})
        return cls(sub, request_id, terms, expires_at, tuple(claims["groups"]))


class RequestToken(NamedTuple):
    """What the link of a request says, once its signature was found good."""

    sub: str
    request_id: str


def mint_request_id() -> str:
    """A new id nobody can guess."""
    return secrets.token_hex(_ID_BYTES)


def requests_prefix(root: Root) -> str:
    """Where ``root`` keeps its requests: among the shares, which no credentials of a browser reach,
    behind their records."""
    return f"{shares_prefix(root)}requests/"


def request_key(root: Root, request_id: str) -> str:
    """The key of a record; ``NotFound`` for what is no id of a request."""
    if _REQUEST_ID.fullmatch(request_id) is None:
        raise NotFound
    return f"{requests_prefix(root)}{request_id}.json"


def places_prefix(root: Root, request_id: str) -> str:
    """Where the places of a request's files are marked as taken; ``NotFound`` as above."""
    return request_key(root, request_id).removesuffix(".json") + "/"


def id_of(root: Root, key: str) -> str | None:
    """The id in a record's key; None for what else lies there."""
    request_id = key.removeprefix(requests_prefix(root)).removesuffix(".json")
    is_id = _REQUEST_ID.fullmatch(request_id) is not None
    return request_id if is_id and request_key(root, request_id) == key else None


def id_of_places(root: Root, folder: str) -> str | None:
    """The id in the name of a ``places_prefix``; None for what else lies there."""
    return id_of(root, folder.removesuffix("/") + ".json")


def free_places(request: UploadRequest, root: Root, taken: Iterable[str]) -> list[str]:
    """The keys of places of ``request`` that are not among ``taken``."""
    prefix, gone = places_prefix(root, request.request_id), {*taken}
    keys = (f"{prefix}{number}" for number in range(1, request.terms.max_files + 1))
    return [key for key in keys if key not in gone]

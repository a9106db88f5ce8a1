"""The verifier against a store that changes its mind between two looks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from unittest import mock

import pytest

from app.assets.completion import Completion, Silent
from app.assets.verification import Verifier
from app.domain.assets import StoredObject
from app.domain.errors import UploadIncomplete, UploadRejected
from app.domain.paths import AssetPath, Root
from app.domain.principal import Principal
from app.domain.uploads import Method, Upload
from app.s3.objects import Objects
from app.signing.marks import ActorMarks, CopyMarks
from tests.samples import png

PNG = png()
PATH = AssetPath.parse("image/0f8fad5b-d9cb-469f-a165-70867728950e/a.png")
UPLOAD = Upload("alice", PATH, Method.PUT, "mark", "image/png", len(PNG), "declared")
FOUND = StoredObject(
    key=Root("alice").key(PATH),
    size=len(PNG),
    content_type="image/png",
    etag='"1"',
    last_modified=datetime(2026, 1, 1, tzinfo=UTC),
    version_id="v1",
    metadata={"upload": "mark"},
    checksum_sha256="declared",
    obeyed_headers={},
)


class Versions(Objects):
    """A key's versions, newest last; ``vanishing`` second looks find that it has been replaced."""

    def __init__(self, *versions: StoredObject, vanishing: int = 0) -> None:
        self.versions, self.vanishing = [*versions], vanishing

    def head(self, key: str, version_id: str | None = None) -> StoredObject | None:
        if self.vanishing:
            self.vanishing -= 1
            another = {"metadata": {"upload": "another"}, "version_id": "v2", "etag": '"2"'}
            self.versions.append(replace(self.versions[-1], **another))
        return self.versions[-1] if self.versions else None

    def read(
        self, key: str, count: int, version_id: str | None = None
    ) -> tuple[StoredObject, bytes] | None:
        if not self.versions:
            return None
        found = self.versions[-1]
        return found, b"GIF89a" if found.content_type == "image/gif" else PNG[:count]

    def delete_version(self, found: StoredObject) -> None:
        self.versions.remove(found)

    def delete(self, key: str) -> None:
        pytest.fail("a delete marker hides what it should remove")


def complete(store: Objects) -> StoredObject:
    """What completion does with the object that the upload brought."""
    verifier = Verifier(store, {})
    completion = Completion(
        verifier, store, mock.Mock(), Silent(), CopyMarks(["s" * 32]), ActorMarks(["s" * 32])
    )
    return completion.take_in(
        Principal("alice"),
        UPLOAD.key,
        lambda: verifier.judge_upload(UPLOAD),
        mark=UPLOAD.mark,
        urls_end=False,
    )


def test_what_is_as_declared_is_good() -> None:
    """The same object comes back, and stays."""
    store = Versions(FOUND)
    assert complete(store) is FOUND
    assert store.versions == [FOUND]


@pytest.mark.parametrize(
    "otherwise",
    [
        {"checksum_sha256": "another"},
        {"content_type": "image/gif"},
        {"size": len(PNG) - 1},
        {"size": len(PNG) + 1},
    ],
)
def test_t17_t18_t26_what_is_not_as_declared_is_removed(otherwise: Mapping[str, Any]) -> None:
    """T17, T18, T26: another size, type or checksum than declared, though the store took it."""
    store = Versions(replace(FOUND, **otherwise))
    with pytest.raises(UploadRejected):
        complete(store)
    assert store.versions == []


def test_t21_replays_of_a_bad_form_go_and_what_was_before_stays() -> None:
    """T21: each version with the upload's mark is removed, and none below them."""
    older = replace(FOUND, version_id="v0", metadata={"upload": "older"})
    bad = [replace(FOUND, version_id=f"v{number}", size=1) for number in range(1, 4)]
    store = Versions(older, *bad)
    with pytest.raises(UploadRejected):
        complete(store)
    assert store.versions == [older]


def test_t21_an_object_that_replaced_it_is_not_judged_in_its_place() -> None:
    """T21: between the two looks another upload came: complete again, and nothing is removed."""
    store = Versions(FOUND, vanishing=1)
    with pytest.raises(UploadIncomplete):
        complete(store)
    assert len(store.versions) == 2

"""What S3's messages lead to, on a real store: verdicts, removals, and what is told."""

from __future__ import annotations

import hashlib
import json
import uuid
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from app import services as services_module
from app.assets.completion import Completion
from app.assets.verification import Verifier
from app.domain.actors import USER, Actor, ActorType
from app.domain.assets import StoredObject
from app.domain.errors import QuotaExceeded, StorageUnavailable, UploadRejected
from app.domain.events import AssetEvent, owner_of
from app.domain.kinds import Kind
from app.domain.notifications import Unreadable
from app.domain.principal import Principal
from app.events.handler import Handler
from app.events.queue import Queue, QueueUnavailable
from app.events.reports import Reports
from app.signing.marks import ActorMarks, CopyMarks
from app.signing.tokens import SignedTokens
from config import Settings
from devstack.account import Stack
from devstack.testing import running_store
from tests.domain.test_events import by_eventbridge, by_s3, s3_record
from tests.gateway import ALICE
from tests.samples import HTML, png

PNG = png()
ROLE = "AROAUPLOADROLE"


class Told(list[AssetEvent]):
    """A teller that remembers."""

    def send(self, event: AssetEvent, only: str | None = None) -> None:
        self.append(event)

    @property
    def documents(self) -> list[dict[str, Any]]:
        return [json.loads(event.body) for event in self]


class Outbox(Queue):
    """The queue as the handler sees it: a place to put reports."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.fails = False

    def send(self, body: str, delay_seconds: int = 0) -> None:
        if self.fails:
            raise QueueUnavailable("send_message: AccessDenied")
        self.sent.append(body)


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with running_store() as running:
        yield running


class Bench:
    """A handler on the store, with everything around it in reach."""

    def __init__(self, stack: Stack) -> None:
        self.stack, self.s3 = stack, stack.client("s3")
        self.told, self.outbox = Told(), Outbox()
        self.handler = self.make()

    def make(self, *, purpose: str = "report", admit: Any = None, **options: Any) -> Handler:
        self.built = built = services_module.build(
            Settings.from_env(self.stack.gateway_environment([]))
        )
        if admit:
            vars(built.limits.quota)["admit"] = admit
        return Handler(
            self.stack.bucket,
            built.assets.completion,
            built.assets.lone_previews,
            Reports(self.stack.bucket, self.outbox, SignedTokens(["k" * 32], purpose, 3600)),
            self.told,
            wrote=lambda principal: principal.startswith(f"AWS:{ROLE}:"),
            **options,
        )

    def put(self, key: str, body: bytes, *, mark: str | None = "m", kind: str = "image/png") -> str:
        """Store an object; its version."""
        metadata = {"upload": mark} if mark else {}
        stored = self.s3.put_object(
            Bucket=self.stack.bucket, Key=key, Body=body, ContentType=kind, Metadata=metadata
        )
        return str(stored["VersionId"])

    def message(self, key: str, version: str | None = None, **changes: Any) -> str:
        name = changes.pop("name", "ObjectCreated:Put")
        record = s3_record(name, key, **({"versionId": version} if version else {}))
        record["s3"]["bucket"]["name"] = changes.pop("bucket", self.stack.bucket)
        record["eventTime"] = datetime.now(UTC).isoformat()
        record["userIdentity"] = {"principalId": changes.pop("principal", "AWS:AIDASOMEBODY")}
        return by_s3(record)

    def versions(self, key: str) -> list[str]:
        found = self.s3.list_object_versions(Bucket=self.stack.bucket, Prefix=key)
        return [version["VersionId"] for version in found.get("Versions", [])]


@pytest.fixture
def bench(stack: Stack) -> Bench:
    return Bench(stack)


@pytest.fixture
def key(request: pytest.FixtureRequest) -> str:
    return f"users/{ALICE}/image/{request.node.name[:80]}.png".replace("[", "-").replace("]", "")


def test_a_good_upload_is_told(bench: Bench, key: str) -> None:
    """Marked, and what its kind may be: created and verified, at its version."""
    version = bench.put(key, PNG)
    bench.handler.handle(bench.message(key, version))
    [document] = bench.told.documents
    assert document["type"] == "asset.created"
    assert document["data"]["verified"] is True
    assert document["data"]["asset"]["size"] == len(PNG)


def test_handling_twice_tells_the_same_event(bench: Bench, key: str) -> None:
    """T41: duplicates have one id and one body, also when the version comes by another way."""
    version = bench.put(key, PNG)
    bench.handler.handle(bench.message(key, version))
    bench.handler.handle(bench.message(key))
    bench.handler.handle(
        by_eventbridge(
            key=key,
            detail={
                "bucket": {"name": bench.stack.bucket},
                "object": {"key": key, "version-id": version},
            },
        )
    )
    assert len(bench.told) == 3
    assert len(set(bench.told)) == 1


def test_t18_html_as_a_picture_is_removed_and_reported(bench: Bench, key: str) -> None:
    """T18: the report is in the queue before the object goes, and told from there."""
    version = bench.put(key, HTML)
    bench.handler.handle(bench.message(key, version))
    assert bench.versions(key) == []
    assert not bench.told
    [report] = bench.outbox.sent
    bench.handler.handle(report)
    bench.handler.handle(report)
    [document, again] = bench.told.documents
    assert document == again
    assert document["type"] == "asset.rejected"
    assert document["data"]["asset"]["key"] == key
    assert document["data"]["verified"] is False
    assert document["data"]["reason"]


def test_t21_a_rejection_that_cannot_be_reported_removes_nothing(bench: Bench, key: str) -> None:
    """T21: otherwise a crash between the two would lose the report; the message comes again."""
    version = bench.put(key, HTML)
    bench.outbox.fails = True
    with pytest.raises(QueueUnavailable):
        bench.handler.handle(bench.message(key, version))
    assert bench.versions(key) == [version]
    bench.outbox.fails = False
    bench.handler.handle(bench.message(key, version))
    assert bench.versions(key) == []


def test_what_completion_removes_is_reported_as_well(bench: Bench, key: str) -> None:
    """T21: the worker comes too late to judge it; while the queue is away nothing is removed."""
    version = bench.put(key, HTML)
    reports = Reports(bench.stack.bucket, bench.outbox, SignedTokens(["k" * 32], "report", 3600))
    built = services_module.build(Settings.from_env(bench.stack.gateway_environment([])))
    objects = built.storage.objects
    verifier = Verifier(objects, {kind: 10**6 for kind in Kind})
    completion = Completion(
        verifier,
        objects,
        built.limits.quota,
        reports,
        CopyMarks(["k" * 32]),
        ActorMarks(["k" * 32]),
    )
    root, path = owner_of(key)
    bench.outbox.fails = True
    with pytest.raises(StorageUnavailable):
        completion.verify(Principal(root.sub), path)
    assert bench.versions(key) == [version]
    bench.outbox.fails = False
    with pytest.raises(UploadRejected):
        completion.verify(Principal(root.sub), path)
    assert bench.versions(key) == []
    bench.handler.handle(bench.message(key, version))
    assert not bench.told
    [report] = bench.outbox.sent
    bench.handler.handle(report)
    [document] = bench.told.documents
    assert (document["type"], document["data"]["asset"]["key"]) == ("asset.rejected", key)


@pytest.mark.parametrize("purpose", ["other", "cursor"])
def test_a_report_that_nobody_sealed_is_refused(bench: Bench, key: str, purpose: str) -> None:
    """T41: who can write to the queue cannot make up what a back end is told."""
    bench.put(key, HTML)
    bench.handler.handle(bench.message(key))
    with pytest.raises(Unreadable):
        bench.make(purpose=purpose).handle(bench.outbox.sent[0])
    for forged in ('{"asset-gateway-report": "x"}', '{"asset-gateway-report": 3}'):
        with pytest.raises(Unreadable):
            bench.handler.handle(forged)
    assert not bench.told


def test_t21_only_the_bad_version_goes(bench: Bench, key: str) -> None:
    """T21: what was there before, by another upload, stays; the event's version is judged."""
    old = bench.put(key, PNG, mark="first")
    bad = bench.put(key, HTML, mark="second")
    newest = bench.put(key, PNG, mark="third")
    bench.handler.handle(bench.message(key, bad))
    assert sorted(bench.versions(key)) == sorted([old, newest])
    assert len(bench.outbox.sent) == 1


def test_what_a_back_end_wrote_is_never_removed(bench: Bench, key: str) -> None:
    """Without a mark: told as not verified, with the rule it breaks, if it breaks one."""
    version = bench.put(key, HTML, mark=None)
    bench.handler.handle(bench.message(key, version))
    good = bench.put(key, PNG, mark=None)
    bench.handler.handle(bench.message(key, good))
    assert len(bench.versions(key)) == 2
    first, second = (document["data"] for document in bench.told.documents)
    assert (first["verified"], second["verified"]) == (False, False)
    assert first["reason"] and second["reason"] is None


def test_what_the_upload_role_wrote_is_an_upload(bench: Bench, key: str) -> None:
    """Scoped credentials need no mark: the event's principal tells; bad is removed, good told."""
    principal = f"AWS:{ROLE}:alice"
    bad = bench.put(key, HTML, mark=None)
    bench.handler.handle(bench.message(key, bad, principal=principal))
    assert bench.versions(key) == []
    good = bench.put(key, PNG, mark=None)
    bench.handler.handle(bench.message(key, good, principal=principal))
    assert bench.told.documents[0]["data"]["verified"] is True
    assert bench.versions(key) == [good]


def test_t25_what_its_owner_has_no_room_for_is_removed_and_reported(stack: Stack, key: str) -> None:
    """T25: credentials reserve nothing, so the worker holds what came against the quota."""
    bench = Bench(stack)

    def admit(sub: str, found: StoredObject) -> None:
        assert sub == ALICE
        if found.size > len(PNG):
            raise QuotaExceeded("5 of 100 bytes are left")

    bench.handler = bench.make(admit=admit)
    fits = bench.put(key, PNG)
    bench.handler.handle(bench.message(key, fits))
    over = bench.put(key, PNG + b"more", mark="another")
    bench.handler.handle(bench.message(key, over))
    bench.handler.handle(bench.outbox.sent[0])
    assert bench.versions(key) == [fits]
    assert [document["type"] for document in bench.told.documents] == [
        "asset.created",
        "asset.rejected",
    ]
    assert "quota" in bench.told.documents[1]["data"]["reason"]


def test_t52_what_the_gateway_copied_is_never_judged_again(stack: Stack, key: str) -> None:
    """T52: a copy that the quota has no room for any more stays, and is told of as verified. The
    same mark on other bytes, or on another key, is no copy of the gateway's."""
    bench = Bench(stack)

    def admit(*_: Any) -> None:
        raise QuotaExceeded("0 of 100 bytes are left")

    bench.handler = bench.make(admit=admit)
    marks = bench.built.signing.copy_marks
    own = bench.put(key, PNG, mark=marks.make(key, len(PNG), USER))
    bench.handler.handle(bench.message(key, own))
    assert bench.versions(key) == [own]
    assert bench.told.documents[0]["data"]["verified"] is True
    for mark in (marks.make(key, 1, USER), CopyMarks(["f" * 32]).make(key, len(PNG), USER)):
        forged = bench.put(key, PNG, mark=mark)
        bench.handler.handle(bench.message(key, forged))
        assert bench.versions(key) == [own]


FARM = Actor(ActorType.SERVICE, "render-farm")


def test_t61_an_event_says_who_wrote(bench: Bench, key: str) -> None:
    """T61: a back end by its client, from its sealed mark alone; the user where the mark says
    nothing; nobody where there is none. A rejection's report says it, too."""
    actor_marks = bench.built.signing.actors
    for mark, kind in (
        (actor_marks.sign("m" * 22, key, FARM), {"type": "service", "client_id": "render-farm"}),
        (actor_marks.sign("n" * 22, key, USER), {"type": "user", "client_id": None}),
        (None, None),
    ):
        bench.handler.handle(bench.message(key, bench.put(key, PNG, mark=mark)))
        assert bench.told.documents[-1]["data"]["actor"] == kind
    bench.handler.handle(
        bench.message(key, bench.put(key, HTML, mark=actor_marks.sign("o" * 22, key, FARM)))
    )
    bench.handler.handle(bench.outbox.sent[0])
    rejection = bench.told.documents[-1]
    assert rejection["type"] == "asset.rejected"
    assert rejection["data"]["actor"]["client_id"] == "render-farm"


def test_t61_a_user_cannot_pass_for_a_back_end(bench: Bench, key: str) -> None:
    """T61: not by a mark of another key, nor by one that another secret sealed, nor by the right
    one with credentials that users get: S3 says which role wrote."""
    own = bench.built.signing.actors
    elsewhere = own.sign("m" * 22, key.replace("image", "video"), FARM)
    forged = ActorMarks(["f" * 32]).sign("m" * 22, key, FARM)
    for mark, principal in (
        (elsewhere, "AWS:AIDASOMEBODY"),
        (forged, "AWS:AIDASOMEBODY"),
        (own.sign("m" * 22, key, FARM), f"AWS:{ROLE}:alice"),
    ):
        version = bench.put(key, PNG, mark=mark)
        bench.handler.handle(bench.message(key, version, principal=principal))
        assert bench.told.documents[-1]["data"]["actor"] == {"type": "user", "client_id": None}


def test_a_created_object_that_is_gone_yields_nothing(bench: Bench, key: str) -> None:
    """Deleted by its version, or hidden by a delete marker, before the worker came to it."""
    hidden = bench.put(key, PNG)
    bench.s3.delete_object(Bucket=bench.stack.bucket, Key=key)
    bench.handler.handle(bench.message(key, hidden))
    bench.s3.delete_object(Bucket=bench.stack.bucket, Key=key, VersionId=hidden)
    bench.handler.handle(bench.message(key, hidden))
    bench.handler.handle(bench.message(key))
    assert not bench.told


def test_t21_a_bad_version_below_a_delete_marker_goes_too(bench: Bench, key: str) -> None:
    """T21: rejected versions are gone, not hidden."""
    bad = bench.put(key, HTML)
    bench.s3.delete_object(Bucket=bench.stack.bucket, Key=key)
    bench.handler.handle(bench.message(key, bad))
    assert bench.versions(key) == []


def test_a_deletion_is_told_once_nothing_is_left(bench: Bench, key: str) -> None:
    """With a newer object at the key it says nothing: the news came late, or was of a version."""
    first = bench.put(key, PNG)
    bench.put(key, PNG)
    bench.s3.delete_object(Bucket=bench.stack.bucket, Key=key, VersionId=first)
    bench.handler.handle(bench.message(key, first, name="ObjectRemoved:Delete"))
    assert not bench.told
    marker = bench.s3.delete_object(Bucket=bench.stack.bucket, Key=key)["VersionId"]
    gone = bench.message(key, marker, name="ObjectRemoved:DeleteMarkerCreated")
    bench.handler.handle(gone)
    bench.handler.handle(gone)
    assert len(set(bench.told)) == 1
    assert bench.told.documents[0]["type"] == "asset.deleted"
    assert bench.told.documents[0]["data"]["asset"]["key"] == key


@pytest.mark.parametrize(
    "key",
    [
        f"users/{ALICE}/shares/abc.json",
        f"users/{ALICE}/other/a.png",
        f"users/{ALICE}/image/../a.png",
        "other/image/a.png",
        "users/../image/a.png",
    ],
)
@pytest.mark.parametrize("name", ["ObjectCreated:Put", "ObjectRemoved:Delete"])
def test_other_keys_are_dropped(bench: Bench, key: str, name: str) -> None:
    """Share records and whatever the API cannot address: read, and nothing told or removed."""
    bench.handler.handle(bench.message(key, name=name))
    assert not bench.told


def test_other_buckets_are_dropped(bench: Bench, key: str) -> None:
    """A queue may serve several; ours alone is judged."""
    bench.put(key, HTML)
    bench.handler.handle(bench.message(key, bucket="another"))
    assert not bench.told and not bench.outbox.sent
    assert bench.versions(key)


def test_test_events_are_dropped_and_foreign_texts_are_not(bench: Bench) -> None:
    """S3's test says nothing; a text that nobody knows raises, so that it stays in the queue."""
    bench.handler.handle('{"Service": "Amazon S3", "Event": "s3:TestEvent"}')
    with pytest.raises(Unreadable):
        bench.handler.handle("hello")
    assert not bench.told


def test_the_largest_report_survives_its_seal(bench: Bench) -> None:
    """A key of 1,024 bytes and 2 KB of metadata: the report still opens."""
    noise = "".join(b64encode(hashlib.sha256(bytes([n])).digest()).decode() for n in range(64))
    noise = noise.replace("=", "").replace("/", "-").replace("+", "_")
    prefix = f"users/{ALICE}/image/"
    key = prefix + noise[: 1024 - len(prefix)]
    bench.s3.put_object(
        Bucket=bench.stack.bucket,
        Key=key,
        Body=HTML,
        ContentType="image/png",
        Metadata={"upload": "m" * 22, "title": noise[-1980:]},
    )
    bench.handler.handle(bench.message(key))
    bench.handler.handle(bench.outbox.sent[0])
    assert bench.told.documents[0]["data"]["asset"]["metadata"] == {"title": noise[-1980:]}


class Previewed:
    """A new asset on the store, and the key of its preview."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.folder = f"users/{ALICE}/image/{uuid.uuid4()}/"
        self.asset, self.preview = f"{self.folder}a.png", f"{self.folder} !preview.png"
        bench.put(self.asset, PNG)

    def keys(self) -> set[str]:
        """What can be seen in the folder."""
        found = self.bench.s3.list_objects_v2(Bucket=self.bench.stack.bucket, Prefix=self.folder)
        return {each["Key"] for each in found.get("Contents", [])}

    def delete(self, key: str) -> str:
        """Past the API; what the queue says of it."""
        marker = self.bench.s3.delete_object(Bucket=self.bench.stack.bucket, Key=key)["VersionId"]
        return self.bench.message(key, marker, name="ObjectRemoved:DeleteMarkerCreated")


@pytest.fixture
def previewed(bench: Bench) -> Previewed:
    return Previewed(bench)


def test_t62_a_preview_that_comes_after_its_asset_went_goes_too(
    bench: Bench, previewed: Previewed
) -> None:
    """T62: though nobody completes it; until then it stays, and nobody is told of either."""
    message = bench.message(previewed.preview, bench.put(previewed.preview, PNG))
    bench.handler.handle(message)
    assert previewed.keys() == {previewed.asset, previewed.preview}
    previewed.delete(previewed.asset)
    bench.handler.handle(message)
    bench.handler.handle(message)
    assert previewed.keys() == set()
    assert not bench.told and not bench.outbox.sent


def test_t62_an_asset_that_is_deleted_past_the_api_takes_its_preview_along(
    bench: Bench, previewed: Previewed
) -> None:
    """T62: by a back end or a rule, with the last file of the folder."""
    other = f"{previewed.folder}n/b.png"
    for key in (other, previewed.preview):
        bench.put(key, PNG)
    bench.handler.handle(previewed.delete(previewed.asset))
    assert previewed.keys() == {other, previewed.preview}
    bench.handler.handle(previewed.delete(other))
    assert previewed.keys() == set()
    assert [document["type"] for document in bench.told.documents] == ["asset.deleted"] * 2


def test_t62_late_news_of_a_deletion_take_no_newer_preview(
    bench: Bench, previewed: Previewed
) -> None:
    """T62: what came after it is judged by its own event."""
    message = json.loads(previewed.delete(previewed.asset))
    message["Records"][0]["eventTime"] = "2020-01-01T00:00:00Z"
    bench.put(previewed.preview, PNG, mark=None)
    bench.handler.handle(json.dumps(message))
    assert previewed.keys() == {previewed.preview}


def test_t62_a_preview_is_judged_when_it_comes(bench: Bench, previewed: Previewed) -> None:
    """T62: no page is shown for a picture because nobody completed it; nobody is told."""
    bench.handler.handle(bench.message(previewed.preview, bench.put(previewed.preview, HTML)))
    assert bench.versions(previewed.preview) == []
    assert not bench.told and not bench.outbox.sent


def test_t62_previews_of_the_gateways_and_of_back_ends_stay(bench: Bench) -> None:
    """T62: a copy's asset may be about to follow, and back ends know what they do."""
    for mark in (bench.built.signing.copy_marks.make, lambda *_: None):
        previewed = Previewed(bench)
        bench.s3.delete_object(Bucket=bench.stack.bucket, Key=previewed.asset)
        key = previewed.preview
        version = bench.put(key, PNG, mark=mark(key, len(PNG), USER))
        bench.handler.handle(bench.message(key, version))
        assert previewed.keys() == {key}

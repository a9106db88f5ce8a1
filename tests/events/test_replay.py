"""What a back end missed for weeks is told again, by the ids that it had."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner, Result

from app.api.context import EXTENSION
from app.assets.history import History
from app.cli.events import events
from app.domain.notifications import Change
from app.events import replay as replay_module
from app.events.receivers import Receiver
from app.events.webhooks import WebhookSender
from app.s3.listings import Listings, Page
from app.s3.versions import Version, VersionPage, Versions
from devstack.testing import running_store
from tests.events.backend import SECRET, Backend, running_backend
from tests.events.processes import Account
from tests.gateway import ALICE, running_gateway
from tests.samples import HTML, png
from tests.stores.store import Store

PNG = png()
LONG_AGO = "2020-01-01"


@pytest.fixture(scope="module")
def account() -> Iterator[Account]:
    with running_store() as stack:
        yield Account(stack)


@pytest.fixture
def backend() -> Iterator[Backend]:
    with running_backend() as running:
        yield running


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay_module, "REPLAY_PAUSES_SECONDS", (0.0, 0.0))


def flask_events(account: Account, backend: Backend, *arguments: str, **settings: str) -> Result:
    return CliRunner().invoke(events, arguments, env=account.environment(backend.url, **settings))


def ids(backend: Backend) -> list[str]:
    return [delivery.id for delivery in backend.taken()]


def test_events_have_the_ids_that_they_had(account: Account, backend: Backend) -> None:
    """Creations by browser and back end, replaced ones, and deletions; each signed again."""
    s3, bucket = account.stack.client("s3"), account.stack.bucket
    with account.worker(backend.url):
        kept, gone = account.put(PNG), account.put(PNG)
        account.put(b"notes", kind="text/plain", mark=None)
        backend.wait_for_types(*["asset.created"] * 3)
        s3.delete_object(Bucket=bucket, Key=gone)
        s3.put_object(
            Bucket=bucket, Key=kept, Body=PNG, ContentType="image/png", Metadata={"upload": "m2"}
        )
        backend.wait_for_types(*["asset.created"] * 4, "asset.deleted")
    told = {delivery.id: delivery.event for delivery in backend.taken()}
    with running_backend() as later:
        done = flask_events(account, later, "replay", "--since", LONG_AGO)
        again = {delivery.id: delivery.verify() for delivery in later.deliveries}
    assert done.exit_code == 0, done.output
    assert "asset.created: 2" in done.output and "asset.deleted: 1" in done.output
    # What was replaced or deleted since is not there any more.
    assert again.keys() < told.keys() and len(again) == 3
    for event_id, event in again.items():
        event.pop("timestamp")
        assert event == {name: told[event_id][name] for name in event}


def test_a_time_range_ends_before_its_end(account: Account, backend: Backend) -> None:
    """Nothing from before it or after it, and nothing is judged or removed."""
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).date().isoformat()
    bad = account.put(HTML)
    for since, until in ((tomorrow, "2999-01-01"), (LONG_AGO, "2020-02-02T08:00:00+02:00")):
        done = flask_events(account, backend, "replay", "--since", since, "--until", until)
        assert done.exit_code == 0 and not backend.deliveries
    done = flask_events(account, backend, "replay", "--since", LONG_AGO)
    assert "breaks the rules: 1" in done.output
    assert account.exists(bad)
    assert bad not in {delivery.event["data"]["asset"]["key"] for delivery in backend.deliveries}


def test_it_goes_on_where_it_was_stopped(
    account: Account, backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The receiver fails in the middle: the command that it prints tells the rest."""
    monkeypatch.setattr(replay_module, "BATCH", 2)
    for _ in range(7):
        account.put(PNG)
    with running_backend() as whole:
        assert flask_events(account, whole, "replay", "--since", LONG_AGO).exit_code == 0
    backend.answer = lambda _id: 204 if len(backend.deliveries) < 5 else 503
    done = flask_events(account, backend, "replay", "--since", LONG_AGO, "--threads", "1")
    assert done.exit_code == 1
    assert "default: the webhook answered 503" in done.output
    first = len(ids(backend))
    assert first == 5
    backend.answer = lambda _id: 204
    [command] = re.findall("^To go on: flask events (.*)$", done.output, re.M)
    assert flask_events(account, backend, *shlex.split(command)).exit_code == 0
    assert {*ids(backend)} == {*ids(whole)}
    # What was told and not yet behind the position is told twice, and no more than that.
    assert len(ids(backend)) - len(ids(whole)) <= 2


def test_it_tells_whom_it_is_asked_to(account: Account, backend: Backend) -> None:
    """One receiver by its name, of the types that it asked for; a name that is none is said."""
    account.put(PNG)
    with running_backend() as search:
        further = {
            "WEBHOOK_URL_SEARCH": search.url,
            "WEBHOOK_SECRET_SEARCH": account.environment("")["WEBHOOK_SECRET"],
            "WEBHOOK_TYPES_SEARCH": "asset.created",
        }
        replay = ("replay", "--since", LONG_AGO, "--receiver")
        assert flask_events(account, backend, *replay, "search", **further).exit_code == 0
        assert {found.event["type"] for found in search.deliveries} == {"asset.created"}
    assert not backend.deliveries
    done = flask_events(account, backend, *replay, "erp", **further)
    assert done.exit_code == 1 and "no receiver erp, but default, search" in done.output
    assert flask_events(account, backend, "replay", "--since", "yesterday").exit_code == 2
    turned = flask_events(
        account, backend, "replay", "--since", "2026-11-02", "--until", "2026-11-01"
    )
    assert (turned.exit_code, "before 2026-11-01" in turned.output) == (2, True)
    nobody = {"WEBHOOK_URL": "", "WEBHOOK_SECRET": ""}
    assert "nobody to tell" in flask_events(account, backend, *replay, "x", **nobody).output


def test_t41_a_test_event_is_signed_and_says_what_was_answered(
    account: Account, backend: Backend
) -> None:
    """T41: to each receiver, by its own secret and whatever types it asked for."""
    with running_backend() as search:
        further = {
            "WEBHOOK_URL_SEARCH": search.url,
            "WEBHOOK_SECRET_SEARCH": account.environment("")["WEBHOOK_SECRET"],
            "WEBHOOK_TYPES_SEARCH": "asset.deleted",
        }
        done = flask_events(account, backend, "test", **further)
        assert done.exit_code == 0
        assert re.search(r"^default: taken in \d+\.\d\d s\nsearch: taken in", done.output, re.M)
        [first], [second] = backend.deliveries, search.deliveries
        assert first.verify() == second.verify()
        assert first.event["type"] == "test" and first.event["data"] == {}
        search.answer = lambda _id: 500
        done = flask_events(account, backend, "test", **further)
    assert done.exit_code == 1
    assert "search: the webhook answered 500" in done.output
    assert backend.deliveries[0].id != backend.deliveries[1].id


@pytest.mark.store
@pytest.mark.parametrize("versioned", [True, False])
def test_ids_are_the_same_without_versions_and_without_a_queue(
    front_store: Store, versioned: bool
) -> None:
    """What the gateway told itself, and shares' records are still nobody's asset."""
    with (
        running_backend() as backend,
        running_gateway(
            front_store,
            front_store.create_bucket(versioned=versioned),
            WEBHOOK_URL=backend.url,
            WEBHOOK_SECRET=SECRET,
        ) as gateway,
    ):
        alice = gateway.client_for(ALICE)
        kept = alice.upload(PNG)["path"]
        assert alice.post("/v1/shares", {"path": kept}).status_code == 201
        backend.wait_for_types("asset.created")
        built = gateway.app.extensions[EXTENSION]
        storage, bucket = built.storage, gateway.bucket
        receivers = [Receiver("default", WebhookSender(backend.url, [SECRET]))]
        history = History(bucket, storage.listings, storage.versions)
        told = replay_module.Replay(bucket, history, built.assets.completion, receivers)
        start = datetime(2020, 1, 1, tzinfo=UTC)
        [progress] = told.run(start, datetime.now(UTC) + timedelta(hours=1))
        assert progress.counts == {"asset.created": 1, replay_module.FOREIGN: 1}
        first, second = backend.deliveries
        assert first.id == second.id and first.event == second.event


class Pages(Versions, Listings):
    """Pages as a store would give them, with or without versions."""

    def __init__(self, *pages: VersionPage | Page) -> None:
        self.pages = list(pages)
        self.asked: list[object] = []

    def check_kept(self) -> None:
        """It keeps them."""

    def page(  # type: ignore[override]
        self, prefix: str, after: object = None, **options: object
    ) -> VersionPage:
        self.asked.append(after)
        return self.pages.pop(0)  # type: ignore[return-value]


def test_history_is_the_newest_version_of_each_key() -> None:
    """Over pages, deletions listed apart, and versions that are none."""
    noon = datetime(2026, 11, 1, 12, tzinfo=UTC)

    def version(name: str, *, latest: bool = True, deleted: bool = False) -> Version:
        return Version(name, latest, deleted, None if deleted else 1, None, noon)

    keys = [f"users/{ALICE}/image/{name}.png" for name in "abc"]
    store = Pages(
        VersionPage(
            [
                (keys[0], version("1", latest=False)),
                (keys[1], version("null")),
                (keys[0], version("2", deleted=True)),
            ],
            {"key-marker": keys[1]},
        ),
        VersionPage([(keys[1], version("0", latest=False)), (keys[2], version("4"))], None),
    )
    found = list(
        History("media", store, store).between(noon, noon + timedelta(seconds=1), after="users/a")
    )
    assert [(each.key, each.change, each.version_id) for each in found] == [
        (keys[0], Change.REMOVED, "2"),
        (keys[1], Change.CREATED, None),
        (keys[2], Change.CREATED, "4"),
    ]
    assert store.asked == [{"key-marker": "users/a"}, {"key-marker": keys[1]}]

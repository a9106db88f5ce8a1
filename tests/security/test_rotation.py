"""Leaked keys are changed without downtime: the steps of docs/recovery.md, one by one."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from app.assets.request_records import GRACE
from app.cli.stack_keys import SLOTS, keep_keys, retire_key, rotate_key
from app.domain.events import AssetEvent, EventType
from app.events.reports import LIFE_SECONDS
from app.events.webhooks import WebhookSender
from app.services.signing import CURSOR_LIFE_SECONDS, UPLOAD_LIFE_SECONDS
from app.signing.cloudfront import CloudFrontSigner
from app.signing.key_pairs import make_key_pair
from config import Settings
from devstack.edge_policies import Refused, key_group, verify
from tests.events.backend import OTHER_SECRET, SECRET, Backend, Delivery, running_backend
from tests.gateway import Gateway, fetch, running_gateway, send
from tests.samples import png
from tests.stores.store import Store
from tests.stores.users import _admin_put, add_user

OLD, NEW = "old secret key of 32 characters." * 2, "new secret key of 32 characters." * 2
#: What the gateways are told, step by step, each on all replicas before the next.
STEPS = {
    "before": {"SECRET_KEY": OLD},
    "learn": {"SECRET_KEY": OLD, "SECRET_KEY_FALLBACKS": NEW},
    "turn": {"SECRET_KEY": NEW, "SECRET_KEY_FALLBACKS": OLD},
    "forget": {"SECRET_KEY": NEW},
}
PNG = png()
ROOT = Path(__file__).parents[2]
DAY = 86_400


@pytest.fixture(scope="module")
def replicas(swift_store: Store) -> Iterator[dict[str, Gateway]]:
    """A replica of each step, all on one bucket."""
    bucket = swift_store.create_bucket()
    with ExitStack() as stack:
        yield {
            step: stack.enter_context(running_gateway(swift_store, bucket, **settings))
            for step, settings in STEPS.items()
        }


def passes(one: Gateway, other: Gateway) -> bool:
    """Whether what ``one`` seals is good at ``other``: an upload, a share, a cursor, an upload
    request and what was begun by it."""
    sub = str(uuid.uuid4())
    here, there = one.client_for(sub), other.client_for(sub)
    started = here.start(len(PNG))
    send(started, PNG)
    completed = there.post(f"/v1/uploads/{started['upload_id']}/complete").status_code
    path = here.upload(PNG)["path"]
    here.upload(PNG)
    shared = here.post("/v1/shares", {"path": path}).json["url"]
    followed = other.app.test_client().get(shared).status_code
    cursor = here.get("/v1/assets?limit=1").json["next_cursor"]
    turned = there.get("/v1/assets", query_string={"limit": 1, "cursor": cursor}).status_code
    asked = here.post("/v1/requests", {"kind": "image"}).json["url"]
    declared = {"filename": "a.png", "content_type": "image/png", "size": len(PNG)}
    theirs = one.app.test_client().post(f"{asked}/uploads", json=declared).json
    send(theirs, PNG)
    stranger = other.app.test_client()
    looked = stranger.get(asked).status_code
    received = stranger.post(f"{asked}/uploads/{theirs['upload_id']}/complete").status_code
    statuses = (completed, followed, turned, looked, received)
    assert statuses in ((200, 302, 200, 200, 200), (404,) * 5), statuses
    return statuses[0] == 200


@pytest.mark.parametrize(("step", "following"), list(pairwise(STEPS)))
def test_a_secret_key_is_turned_while_replicas_of_both_steps_run(
    replicas: dict[str, Gateway], step: str, following: str
) -> None:
    """Uploads, shares and cursors pass between replicas of a step and of the one after it."""
    assert passes(replicas[step], replicas[following])
    assert passes(replicas[following], replicas[step])


def test_a_secret_key_that_was_not_learnt_first_breaks_uploads(
    replicas: dict[str, Gateway],
) -> None:
    """Why there is a first step: an old replica does not know what a turned one seals."""
    assert not passes(replicas["turn"], replicas["before"])


def test_a_leaked_secret_key_opens_nothing_in_the_end(replicas: dict[str, Gateway]) -> None:
    """Once forgotten, what the old key sealed is a 404: uploads, shares and cursors."""
    assert not passes(replicas["before"], replicas["forget"])
    assert not passes(replicas["learn"], replicas["forget"])


def test_the_page_says_how_long_each_thing_that_is_signed_lives() -> None:
    """docs/recovery.md: what to wait for before a key is forgotten, and what breaks without."""
    page = (ROOT / "docs/recovery.md").read_text()
    rows = re.findall(r"^\| (.+?) \| (.+?) \| .+ \|$", page.partition("### `SECRET_KEY`")[2], re.M)
    days = dict(rows)
    share, request = (
        Settings.__dataclass_fields__[name].metadata["default"] // DAY
        for name in ("share_max_ttl_seconds", "request_max_ttl_seconds")
    )
    upload = f"{UPLOAD_LIFE_SECONDS // DAY} days"
    shares = f"`SHARE_MAX_TTL_SECONDS` ({share} days)"
    requests = f"`REQUEST_MAX_TTL_SECONDS` ({request} days), and a day"
    assert timedelta(days=1) == GRACE
    lives = {
        **dict.fromkeys(("upload", "uppy", "request-upload"), ("unfinished uploads", upload)),
        "cursor": ("where a listing", f"{CURSOR_LIFE_SECONDS // DAY} day"),
        **dict.fromkeys(("share", "share-record"), ("shares", shares)),
        **dict.fromkeys(("request", "request-record"), ("upload requests", requests)),
        "report": ("reports", f"{LIFE_SECONDS // DAY} days"),
    }
    for beginning, life in lives.values():
        [said] = [text for what, text in days.items() if what.startswith(beginning)]
        assert said.startswith(life), beginning
    sources = "".join(path.read_text() for path in (ROOT / "app/services").glob("*.py"))
    assert set(re.findall(r'signed_tokens\(settings, "([\w-]+)"', sources)) == lives.keys()


def test_access_keys_are_turned_while_uploads_and_links_are_out(juicefs_store: Store) -> None:
    """Two keys of one account: what the old one signed works until it is switched off."""
    bucket = juicefs_store.create_bucket()
    old, new = (f"gateway{uuid.uuid4().hex[:8]}" for _ in range(2))
    for name in (old, new):
        add_user(juicefs_store, name, f"secret-of-{name}")
    keys = [
        {"S3_ACCESS_KEY_ID": name, "S3_SECRET_ACCESS_KEY": f"secret-of-{name}"}
        for name in (old, new)
    ]
    with (
        running_gateway(juicefs_store, bucket, **keys[0]) as before,
        running_gateway(juicefs_store, bucket, **keys[1]) as after,
    ):
        alice = before.client_for("alice")
        link = alice.upload(PNG)["link"]["url"]
        started = alice.start(len(PNG))
        late = alice.start(len(PNG))
        assert send(started, PNG).status == 200
        completed = after.client_for("alice").post(f"/v1/uploads/{started['upload_id']}/complete")
        assert completed.status_code == 200
        assert fetch("GET", link).status == 200

        switched_off = {"accessKey": old, "status": "disabled"}
        _admin_put(juicefs_store, "set-user-status", switched_off, b"")

        assert fetch("GET", link).status == 403
        assert send(late, PNG).status == 403
        assert fetch("GET", completed.json["link"]["url"]).data == PNG
        # The browser asks again, and gets URLs of the new key for the same upload.
        again = after.client_for("alice").get(f"/v1/uploads/{late['upload_id']}").json
        assert send(again, PNG).status == 200


def edge_takes(parameters: dict[str, str], signer: CloudFrontSigner, key_id: str) -> bool:
    """Whether an edge whose key group has those slots takes the signer's link."""
    ids = {"PublicKeyBlue": "KBLUE", "PublicKeyGreen": "KGREEN"}
    group = key_group({ids[slot]: parameters[slot] for slot in SLOTS if parameters[slot]})
    url = signer.sign_url("users/a/image/1/x.png", "x=1", 2_000_000_000)
    resource, _, rest = url.partition("&Expires=")
    given = dict(pair.split("=", 1) for pair in f"Expires={rest}".split("&"))
    assert given["Key-Pair-Id"] == key_id
    try:
        verify(given, resource, group)
    except Refused:
        return False
    return True


def test_cloudfront_keys_are_turned_while_links_are_out() -> None:
    """Rotate, switch, retire: links of the old key work until it is retired, then no more."""
    old = make_key_pair().private_pem
    before = dict(keep_keys({}, old).public)
    rotated = rotate_key(before)
    assert rotated.private_pem is not None
    during = dict(rotated.public)
    after = dict(retire_key(during, rotated.private_pem).public)
    signers = {
        "old": (CloudFrontSigner("edge.example.com", "KBLUE", old), "KBLUE"),
        "new": (
            CloudFrontSigner("edge.example.com", "KGREEN", rotated.private_pem),
            "KGREEN",
        ),
    }
    taken = {
        name: [edge_takes(group, *signer) for group in (before, during, after)]
        for name, signer in signers.items()
    }
    assert taken == {"old": [True, True, False], "new": [False, True, True]}


def delivered(backend: Backend, secrets: list[str]) -> Delivery:
    event = AssetEvent(uuid.uuid4().hex, EventType.CREATED, json.dumps({"type": "asset.created"}))
    WebhookSender(backend.url, secrets).send(event)
    return backend.deliveries[-1]


def takes(delivery: Delivery, secret: str) -> Any:
    try:
        return Webhook(secret).verify(delivery.body, dict(delivery.headers))
    except WebhookVerificationError:
        return None


def test_webhook_secrets_are_turned_while_events_flow() -> None:
    """With both secrets set a back end may know either; with the new one alone the old is dead."""
    with running_backend() as backend:
        both = delivered(backend, [SECRET, OTHER_SECRET])
        assert takes(both, SECRET)
        assert takes(both, OTHER_SECRET)
        turned = delivered(backend, [OTHER_SECRET])
        assert takes(turned, OTHER_SECRET)
        assert not takes(turned, SECRET)

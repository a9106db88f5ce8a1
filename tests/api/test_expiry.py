"""Temporary files (`expires_in`): the bucket's own rules remove them, and the asset says when."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import ValidationFailed
from app.domain.expiry import DAY_SECONDS, expiry_days
from app.s3.headers import expires_at
from devstack.account import Stack
from tests.gateway import Caller, Gateway, fetch, running_gateway, send
from tests.samples import png
from tests.stores.store import Store

PNG = png()
WEEK = 7 * DAY_SECONDS


@pytest.fixture(scope="module")
def keeping(front_store: Store, front_stack: Stack) -> Iterator[Gateway]:
    """A gateway whose bucket has rules for temporary files, as the template makes them."""
    with running_gateway(front_store, front_stack.bucket, EXPIRY_DAYS="1, 7,30") as gateway:
        yield gateway


@pytest.fixture
def caller(keeping: Gateway) -> Caller:
    return keeping.client_for(str(uuid.uuid4()))


def tags_of(gateway: Gateway, key: str) -> dict[str, str]:
    found = gateway.store.client().get_object_tagging(Bucket=gateway.bucket, Key=key)
    return {tag["Key"]: tag["Value"] for tag in found["TagSet"]}


def in_days(count: int) -> list[str]:
    """The midnights after which S3 removes what came now, or a moment ago."""
    now = datetime.now(UTC)
    days = (now + timedelta(days=count + 1), now + timedelta(days=count + 1, minutes=-5))
    return [f"{day:%Y-%m-%d}T00:00:00Z" for day in days]


def test_a_temporary_file_carries_its_rule_and_says_when_it_goes(
    keeping: Gateway, caller: Caller
) -> None:
    """The tag is signed with the PUT; completion and a look at the asset say when it goes, a
    listing does not; a file beside it stays."""
    asset = caller.upload(PNG, expires_in=WEEK)
    assert tags_of(keeping, asset["key"]) == {"expires-after-days": "7"}
    assert asset["expires_at"] in in_days(7)
    assert caller.get(f"/v1/assets/{asset['path']}").json["expires_at"] == asset["expires_at"]
    [listed] = caller.get("/v1/assets").json["items"]
    assert listed["expires_at"] is None
    assert caller.upload(PNG, expires_in=None)["expires_at"] is None


def test_a_client_cannot_take_the_tag_away_or_choose_another(caller: Caller) -> None:
    """The store refuses a PUT without what was signed, or with another rule's number."""
    started = caller.start(len(PNG), expires_in=WEEK)
    for text in (None, "expires-after-days=30", "expires-after-days=7&a=b"):
        assert send(started, PNG, headers={"x-amz-tagging": text}).status == 403
    kept = caller.start(len(PNG))
    assert send(kept, PNG, headers={"x-amz-tagging": "expires-after-days=1"}).status == 403


def test_what_is_signed_afresh_is_as_temporary(keeping: Gateway, caller: Caller) -> None:
    """A PUT that is resumed, and parts."""
    started = caller.start(len(PNG), expires_in=DAY_SECONDS)
    again = caller.get(f"/v1/uploads/{started['upload_id']}").json
    assert again["headers"]["x-amz-tagging"] == "expires-after-days=1"
    parts = caller.start(len(PNG), expires_in=DAY_SECONDS, method="multipart")
    assert fetch("PUT", parts["parts"][0]["url"], PNG).status == 200
    asset = caller.post(f"/v1/uploads/{parts['upload_id']}/complete").json
    assert tags_of(keeping, asset["key"]) == {"expires-after-days": "1"}
    assert asset["expires_at"] in in_days(1)


def test_many_are_declared_each_with_its_own(caller: Caller) -> None:
    """In a batch one file's rule, or the lack of one, concerns that file alone."""
    each: dict[str, Any] = {"filename": "a.png", "content_type": "image/png", "size": len(PNG)}
    uploads = [each, each | {"expires_in": WEEK}, each | {"expires_in": 5}]
    items = caller.post("/v1/uploads/batch", {"uploads": uploads}).json["items"]
    assert "x-amz-tagging" not in items[0]["upload"]["headers"]
    assert items[1]["upload"]["headers"]["x-amz-tagging"] == "expires-after-days=7"
    assert items[2]["problem"]["errors"][0]["pointer"] == "/expires_in"


def test_copies_and_moves_stay(keeping: Gateway, caller: Caller) -> None:
    """Whoever puts a temporary file somewhere else wants it there; one that is undeleted goes
    again, as it is the same object."""
    asset = caller.upload(PNG, expires_in=DAY_SECONDS)
    for how in ("copy", "move"):
        body = {"path": asset["path"], "kind": "image", "project_id": "p1"}
        made = caller.post(f"/v1/assets/{how}", body).json
        assert tags_of(keeping, made["key"]) == {}
        assert made["expires_at"] is None
    lost = caller.upload(PNG, expires_in=DAY_SECONDS)
    assert caller.delete(f"/v1/assets/{lost['path']}").status_code == 204
    restored = caller.post("/v1/assets/restore", {"path": lost["path"]}).json
    assert restored["expires_at"] == lost["expires_at"]


@pytest.mark.parametrize(
    "declared",
    [
        {"expires_in": 0},
        {"expires_in": -DAY_SECONDS},
        {"expires_in": 3600},
        {"expires_in": 2 * DAY_SECONDS},
        {"expires_in": WEEK + 1},
        {"expires_in": 2**63 - 1},
        {"expires_in": "7"},
        {"expires_in": True},
        {"expires_in": 86400.5},
    ],
    ids=repr,
)
def test_other_times_are_refused(caller: Caller, declared: dict[str, Any]) -> None:
    """422 at the field, and what there is to choose from where it is a number."""
    answer = caller.post("/v1/uploads", declare(**declared))
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, "/expires_in")
    if type(declared["expires_in"]) is int and declared["expires_in"] > 0:
        assert "86400, 604800, 2592000" in answer.json["errors"][0]["detail"]


def test_forms_and_buckets_without_rules_take_none(caller: Caller, front_gateway: Gateway) -> None:
    """A form would need the tag in XML; without a rule the file would stay for ever."""
    answer = caller.post("/v1/uploads", declare(expires_in=WEEK, method="post"))
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, "/method")
    stranger = front_gateway.client_for(str(uuid.uuid4()))
    answer = stranger.post("/v1/uploads", declare(expires_in=WEEK))
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, "/expires_in")


def declare(**more: Any) -> dict[str, Any]:
    return {"filename": "a.png", "content_type": "image/png", "size": len(PNG), **more}


@given(st.integers() | st.none(), st.sets(st.integers(1, 3650), max_size=5))
def test_only_the_buckets_own_rules_are_chosen(wanted: int | None, known: set[int]) -> None:
    """A number of days is one that there is a rule for, and exactly what was asked for."""
    try:
        days = expiry_days(wanted, known)
    except ValidationFailed:
        assert wanted is not None
        assert wanted not in {each * DAY_SECONDS for each in known}
    else:
        assert (days is None) == (wanted is None)
        assert days is None or (days in known and days * DAY_SECONDS == wanted)


@given(st.text() | st.text().map('expiry-date="{}"'.format))
def test_no_text_of_the_store_is_a_fault(text: str) -> None:
    """What tells of the end is shown if it can be read; nothing depends on it."""
    expires_at(text)


def test_the_stores_own_words_are_read() -> None:
    """S3's, with and without a rule that is named oddly."""
    told = 'expiry-date="Fri, 23 Dec 2026 00:00:00 GMT", rule-id="temporary%2D7"'
    assert expires_at(told) == datetime(2026, 12, 23, tzinfo=UTC)
    assert expires_at('rule-id="x"') is None

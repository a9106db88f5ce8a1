"""What S3 says, in each of its ways, and what a back end is told of it."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.actors import USER
from app.domain.assets import StoredObject
from app.domain.events import EventType, created, deleted, event_id, rejected
from app.domain.notifications import Change, Notification, Unreadable, read_notifications
from tests.gateway import ALICE

KEY = f"users/{ALICE}/image/0199aaaa-0000-7000-8000-000000000000/a.png"
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def s3_record(name: str = "ObjectCreated:Put", key: str = KEY, **stored: Any) -> dict[str, Any]:
    return {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": "eu-central-1",
        "eventTime": "2026-11-22T12:00:00.000Z",
        "eventName": name,
        "userIdentity": {"principalId": "AWS:AROAEXAMPLE:session"},
        "s3": {
            "bucket": {"name": "media", "arn": "arn:aws:s3:::media"},
            "object": {"key": quote_plus(key), "size": 5, "eTag": "abc", **stored},
        },
    }


def by_s3(*records: dict[str, Any]) -> str:
    return json.dumps({"Records": records or [s3_record()]})


def by_sns(body: str, **changes: str) -> str:
    return json.dumps(
        {
            "Type": "Notification",
            "MessageId": "1",
            "TopicArn": "arn:aws:sns:eu-central-1:1:t",
            "Message": body,
            **changes,
        }
    )


def by_eventbridge(detail_type: str = "Object Created", key: str = KEY, **changes: Any) -> str:
    return json.dumps(
        {
            "version": "0",
            "id": "17793124-05d4-b198-2fde-7ededc63b103",
            "detail-type": detail_type,
            "source": "aws.s3",
            "time": "2026-11-22T12:00:00Z",
            "detail": {
                "bucket": {"name": "media"},
                "object": {"key": key, "size": 5, "etag": "abc", "version-id": "v1"},
                "requester": "123456789012",
            },
            **changes,
        }
    )


def test_the_same_news_is_read_from_each_of_its_ways() -> None:
    """Direct, in SNS's envelope, by EventBridge, and by EventBridge through SNS."""
    direct = by_s3(s3_record(versionId="v1"))
    for body in (direct, by_sns(direct), by_eventbridge(), by_sns(by_eventbridge())):
        [told] = read_notifications(body)
        assert (told.change, told.bucket, told.key) == (Change.CREATED, "media", KEY)
        assert (told.version_id, told.etag, told.occurred_at) == ("v1", "abc", NOON)


def test_only_s3_itself_tells_who_wrote() -> None:
    """The principal is S3's; EventBridge names an account, which is nobody in particular."""
    assert read_notifications(by_s3())[0].principal == "AWS:AROAEXAMPLE:session"
    assert read_notifications(by_eventbridge())[0].principal is None


@given(st.text(min_size=1))
def test_keys_come_out_as_they_went_in(key: str) -> None:
    """S3 encodes a key as a form does, EventBridge not at all."""
    assert read_notifications(by_s3(s3_record(key=key)))[0].key == key
    assert read_notifications(by_eventbridge(key=key))[0].key == key


def test_several_records_in_one_message_are_all_read() -> None:
    """S3 promises one, and its format allows more."""
    assert len(read_notifications(by_s3(s3_record(), s3_record()))) == 2


@pytest.mark.parametrize(
    ("body", "change"),
    [
        (by_s3(s3_record("ObjectCreated:CompleteMultipartUpload")), Change.CREATED),
        (by_s3(s3_record("s3:ObjectCreated:Copy")), Change.CREATED),
        (by_s3(s3_record("ObjectRemoved:DeleteMarkerCreated")), Change.REMOVED),
        (by_s3(s3_record("LifecycleExpiration:Delete")), Change.REMOVED),
        (by_eventbridge("Object Deleted"), Change.REMOVED),
    ],
    ids=["multipart", "copy", "marker", "lifecycle", "eventbridge"],
)
def test_every_way_to_come_and_go_is_known(body: str, change: Change) -> None:
    """Uploads in parts, copies, delete markers and lifecycle rules count as well."""
    assert [told.change for told in read_notifications(body)] == [change]


@pytest.mark.parametrize(
    "body",
    [
        json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "media"}),
        by_sns(json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent"})),
        by_sns("You have chosen to subscribe", Type="SubscriptionConfirmation"),
        by_s3(s3_record("ObjectTagging:Put")),
        by_eventbridge("Object Tags Added"),
        by_eventbridge(source="aws.ec2"),
    ],
    ids=["test", "test by SNS", "subscription", "tags", "tags by EventBridge", "other source"],
)
def test_news_of_other_things_says_nothing(body: str) -> None:
    """Test events and what is not about objects coming or going: read, and nothing in them."""
    assert read_notifications(body) == []


@pytest.mark.parametrize(
    "body",
    [
        "",
        "hello",
        "[]",
        "{}",
        "3",
        '{"Records": 3}',
        '{"Records": [{}]}',
        '{"Event": "other"}',
        by_s3(s3_record()).replace("2026-11-22T12", "noon"),
        by_s3(s3_record()).replace(quote_plus(KEY), "%ff"),
        by_sns(by_sns(by_sns(by_sns(by_s3())))),
        by_eventbridge(key=3),  # type: ignore[arg-type]
        by_eventbridge(time="0001-01-01T00:00:00+14:00"),
        by_s3(s3_record(eTag=5)),
        by_s3(s3_record(versionId=["v"])),
        by_s3(s3_record()).replace('"media"', "7"),
        "[" * 100_000,
    ],
)
def test_a_foreign_text_is_unreadable(body: str) -> None:
    """Whatever was put into the queue: one kind of error, which leaves the message there."""
    with pytest.raises(Unreadable):
        read_notifications(body)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=4,
)
NEWS = [json.loads(by_s3()), json.loads(by_sns(by_s3())), json.loads(by_eventbridge())]


@given(st.data())
def test_no_member_of_another_type_raises_anything_else(data: st.DataObject) -> None:
    """Any member of real news replaced by any JSON: read with members of the right types, or
    unreadable."""
    message = copy.deepcopy(data.draw(st.sampled_from(NEWS)))
    place = message
    while True:
        members = [*place] if isinstance(place, dict) else [*range(len(place))]
        member = data.draw(st.sampled_from(members))
        if not (isinstance(place[member], dict | list) and place[member]) or data.draw(
            st.booleans()
        ):
            break
        place = place[member]
    place[member] = data.draw(json_values)
    try:
        news = read_notifications(json.dumps(message))
    except Unreadable:
        return
    for told in news:
        assert isinstance(told.bucket, str) and isinstance(told.key, str)
        assert told.occurred_at.tzinfo is UTC
        for optional in (told.version_id, told.etag, told.sequencer, told.principal):
            assert optional is None or isinstance(optional, str)


@given(json_values | st.text())
def test_no_json_raises_anything_else(message: object) -> None:
    """Nor does JSON that is nothing like news, or text that is no JSON."""
    body = message if isinstance(message, str) else json.dumps(message)
    try:
        assert read_notifications(body) == []
    except Unreadable:
        return


def test_versions_that_are_none_are_none() -> None:
    """Buckets without versions say "null", or nothing."""
    for stored in ({"versionId": "null"}, {"versionId": ""}, {}):
        assert read_notifications(by_s3(s3_record(**stored)))[0].version_id is None


def stored_object(**changes: Any) -> StoredObject:
    facts: dict[str, Any] = {
        "key": KEY,
        "size": 5,
        "content_type": "image/png",
        "etag": '"abc"',
        "last_modified": NOON,
        "version_id": "v1",
        "metadata": {"upload": "mark", "title": "a%20b"},
        "checksum_sha256": None,
        "obeyed_headers": {},
    }
    return StoredObject(**facts | changes)


def test_an_event_says_what_the_page_says() -> None:
    """Type, time, owner, asset, verdict; the mark stays hidden."""
    document = json.loads(created("media", stored_object(), USER).body)
    assert document["type"] == "asset.created"
    assert document["timestamp"] == "2026-11-22T12:00:00Z"
    data = document["data"]
    assert (data["sub"], data["verified"], data["reason"]) == (ALICE, True, None)
    assert data["asset"]["path"] == KEY.removeprefix(f"users/{ALICE}/")
    assert data["asset"]["metadata"] == {"title": "a b"}
    refusal = json.loads(rejected("media", stored_object(), None, "not a PNG").body)["data"]
    assert (refusal["verified"], refusal["reason"]) == (False, "not a PNG")
    assert (data["actor"], refusal["actor"]) == ({"type": "user", "client_id": None}, None)


def test_the_same_event_has_the_same_id() -> None:
    """By type, bucket, key and version, or ETag and mark; never by anything that changes."""
    again = stored_object(last_modified=datetime.now(UTC), etag='"other"')
    assert created("media", stored_object(), USER).id == created("media", again, USER).id
    others = {
        created("media", stored_object(), USER).id,
        created("other", stored_object(), USER).id,
        created("media", stored_object(version_id="v2"), USER).id,
        created("media", stored_object(version_id=None), USER).id,
        created("media", stored_object(version_id=None, etag='"x"'), USER).id,
        created("media", stored_object(version_id=None, metadata={}), USER).id,
        rejected("media", stored_object(), USER, "").id,
        event_id(EventType.DELETED, "media", KEY, "v1"),
    }
    assert len(others) == 8
    assert all(len(found) == 44 and found.isascii() for found in others)


def test_each_deletion_of_one_name_is_an_event_of_its_own() -> None:
    """By its version, or its place in S3's sequence, or its time; redelivered it is the same."""

    def told(**facts: Any) -> Notification:
        return Notification(Change.REMOVED, "media", KEY, facts.pop("at", NOON), **facts)

    assert deleted(told(version_id="v1")).id == deleted(told(version_id="v1", sequencer="2")).id
    assert deleted(told(version_id="v1")).id != deleted(told(version_id="v2")).id
    assert deleted(told(sequencer="1")).id != deleted(told(sequencer="2")).id
    assert deleted(told()).id == deleted(told()).id != deleted(told(at=datetime.now(UTC))).id
    asset = json.loads(deleted(told()).body)["data"]["asset"]
    assert (asset["key"], asset["kind"], asset["size"]) == (KEY, "image", None)

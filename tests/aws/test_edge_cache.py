"""What is deleted is forgotten at the edge: soon, together, and at nobody's expense."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from app.aws.clients import LazyClient
from app.aws.edge_cache import MAX_WILDCARDS, EdgeCache, wildcards
from app.signing.credentials import Credentials
from devstack.account import Stack
from devstack.testing import running_store


class SlowClient:
    """Stands for CloudFront's client: the first request waits until it is let go."""

    def __init__(self) -> None:
        self.arrived, self.go = threading.Event(), threading.Event()
        self.batches: list[list[str]] = []
        self.done = threading.Semaphore(0)

    def get(self) -> SlowClient:
        return self

    def create_invalidation(self, DistributionId: str, InvalidationBatch: Any) -> None:
        self.arrived.set()
        assert self.go.wait(60)
        self.batches.append(InvalidationBatch["Paths"]["Items"])
        self.done.release()


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with running_store() as running:
        yield running


def client_of(stack: Stack) -> LazyClient:
    keys = Credentials(stack.access_key_id, stack.secret_access_key, None)
    return LazyClient("cloudfront", "us-east-1", endpoint=stack.endpoint, keys=keys)


def make_distribution(cloudfront: Any) -> str:
    origin = {"Id": "s3", "DomainName": "b.s3.amazonaws.com", "S3OriginConfig": {}}
    origin["S3OriginConfig"] = {"OriginAccessIdentity": ""}
    made = cloudfront.create_distribution(
        DistributionConfig={
            "CallerReference": "one",
            "Comment": "",
            "Enabled": True,
            "Origins": {"Quantity": 1, "Items": [origin]},
            "DefaultCacheBehavior": {
                "TargetOriginId": "s3",
                "ViewerProtocolPolicy": "https-only",
                "MinTTL": 0,
                "ForwardedValues": {"QueryString": True, "Cookies": {"Forward": "none"}},
            },
        }
    )
    return str(made["Distribution"]["Id"])


def test_t35_deletions_are_sent_to_the_named_distribution(stack: Stack) -> None:
    """T35: as CloudFront's API takes them, with a wildcard for every query."""
    client = client_of(stack)
    cloudfront = client.get()
    distribution = make_distribution(cloudfront)
    edge = EdgeCache(client, distribution)
    edge.forget(["users/ada/video/1/a b.mp4"])
    edge.close()
    [listed] = cloudfront.list_invalidations(DistributionId=distribution)["InvalidationList"][
        "Items"
    ]
    sent = cloudfront.get_invalidation(DistributionId=distribution, Id=listed["Id"])
    paths = sent["Invalidation"]["InvalidationBatch"]["Paths"]
    assert paths == {"Quantity": 1, "Items": ["/users/ada/video/1/a*"]}


def test_t35_a_burst_of_deletions_becomes_one_request() -> None:
    """T35: nobody waits; what comes while a request is under way goes together in the next."""
    slow = SlowClient()
    edge = EdgeCache(slow, "E2EXAMPLE")  # type: ignore[arg-type]
    edge.forget(["users/a/1"])
    assert slow.arrived.wait(60)
    for number in range(2, 6):
        edge.forget([f"users/a/{number}"])
    slow.go.set()
    edge.close()
    assert slow.batches == [["/users/a/1*"], [f"/users/a/{number}*" for number in range(2, 6)]]


def test_what_cloudfront_answers_harms_nobody(
    stack: Stack, caplog: pytest.LogCaptureFixture
) -> None:
    """An unknown distribution is a line in the log; the deletion stands, the next one is sent."""
    edge = EdgeCache(client_of(stack), "ENOTTHERE00000")
    edge.forget(["users/a/1"])
    edge.close()
    assert "the edge was not told of 1 deleted objects" in caplog.text


def test_without_a_distribution_nothing_is_sent() -> None:
    """No client, no thread, no fault; nor for no keys."""
    slow = SlowClient()
    for edge, keys in (
        (EdgeCache(None, ""), ["users/a/1"]),
        (EdgeCache(slow, "E2EXAMPLE"), []),  # type: ignore[arg-type]
    ):
        edge.forget(keys)
        assert not edge._thread._threads
    assert not slow.batches


def test_invalidations_cover_every_query_of_a_key() -> None:
    """A path and what begins with it; too many become their common folder."""
    assert wildcards(["users/a/x y.png", "users/a/v/1/"]) == [
        "/users/a/v/1/*",
        "/users/a/x*",
    ]
    many = [f"users/a/video/{number}/{number}.mp4" for number in range(MAX_WILDCARDS + 1)]
    assert wildcards(many) == ["/users/a/video*"]
    assert len(wildcards(many[1:])) == MAX_WILDCARDS


@pytest.mark.parametrize(
    ("name", "covered"),
    [
        ("cut~final.mp4", "cut"),
        ("größe.mp4", "gr"),
        ("a b.mp4", "a"),
        ("100%.mp4", "100"),
        ("{x}.mp4", ""),
        ("a+b&c=d.mp4", "a"),
        ("plain-name.1.mp4", "plain-name.1.mp4"),
    ],
)
def test_c32_a_path_is_one_that_cloudfront_takes(name: str, covered: str) -> None:
    """C32: whatever a name holds, its path is of letters that are never spelt otherwise, and covers
    it; the names beside it keep paths of their own."""
    plain = "users/a/video/2/b.mp4"
    assert wildcards([f"users/a/video/1/{name}", plain]) == [
        f"/users/a/video/1/{covered}*",
        f"/{plain}*",
    ]


def test_one_users_many_deletions_leave_other_users_caches_alone() -> None:
    """Only when more users delete at once than CloudFront takes paths is everything forgotten."""
    many = [f"users/a/video/{number}/{number}.mp4" for number in range(MAX_WILDCARDS)]
    assert wildcards([*many, "users/a-b/image/1/x.png"]) == [
        "/users/a-b/image/1/x.png*",
        "/users/a/video*",
    ]
    everybody = [f"users/{number}/image/1/x.png" for number in range(MAX_WILDCARDS + 1)]
    assert wildcards(everybody) == ["/users*"]

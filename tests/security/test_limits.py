"""Limits at the door, acting for others, and what is written down of it: T37, T39, T49."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest

from tests.gateway import ALICE, BOB, Caller, Gateway, running_gateway
from tests.stores.store import Store

ORIGIN = {"Origin": "https://app.example.com"}
NOWHERE = Store("nowhere", "http://127.0.0.1:9", "eu-central-1", "key", "secret", frozenset())
LINKS = {"paths": ["image/a.png"]}
TOKEN = {"cognito:groups": ["admins"]}


@pytest.fixture
def strict() -> Iterator[Gateway]:
    """Three requests an hour, five to sign; one proxy before it. Signing needs no store."""
    with running_gateway(
        NOWHERE,
        "a-bucket",
        RATE_LIMIT="3/hour",
        RATE_LIMIT_SIGNING="5/hour",
        TRUSTED_PROXIES="1",
    ) as gateway:
        yield gateway


Written = Callable[[], list[dict[str, object]]]


@pytest.fixture
def written(capsys: pytest.CaptureFixture[str]) -> Written:
    """The lines of the audit log since the last call, as they come."""

    def read() -> list[dict[str, object]]:
        lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        return [line for line in lines if line.get("logger") == "gateway.audit"]

    return read


def test_t39_a_users_limit_is_the_users_alone(strict: Gateway) -> None:
    """T39: another user from the same address, and the same from another, make no difference."""
    alice, bob = strict.client_for(ALICE), strict.client_for(BOB)
    for number in range(5):
        answer = alice.post("/v1/links", LINKS, headers={"X-Forwarded-For": f"10.0.0.{number}"})
        assert answer.status_code == 200
        assert answer.headers["RateLimit-Limit"] == "5"
        assert answer.headers["RateLimit-Remaining"] == str(4 - number)
        assert 0 < int(answer.headers["RateLimit-Reset"]) <= 3600
    refused = alice.post("/v1/links", LINKS, headers=ORIGIN)
    assert (refused.status_code, refused.json["type"]) == (429, "/problems/rate-limited")
    assert 0 < int(refused.headers["Retry-After"]) <= 3600
    assert refused.headers["RateLimit-Remaining"] == "0"
    assert refused.headers["Access-Control-Allow-Origin"] == ORIGIN["Origin"]
    assert "Retry-After" in refused.headers["Access-Control-Expose-Headers"]
    assert bob.post("/v1/links", LINKS).status_code == 200
    # A new token of the same user's is the same user.
    again = strict.client_for(ALICE, jti="another")
    assert again.post("/v1/links", LINKS).status_code == 429


def test_signing_has_a_limit_of_its_own(strict: Gateway) -> None:
    """What is used up elsewhere does not stop signing, nor the other way round."""
    alice = strict.client_for(ALICE)
    statuses = [alice.delete("/v1/uploads/unknown").status_code for _ in range(4)]
    assert statuses == [404, 404, 404, 429]
    assert alice.post("/v1/links", LINKS).status_code == 200
    assert alice.post("/v1/uploads/unknown/parts", {"part_numbers": [1]}).status_code == 404
    assert alice.post("/v1/links", LINKS).headers["RateLimit-Remaining"] == "2"


def test_t39_strangers_are_limited_by_the_address_behind_the_proxies(strict: Gateway) -> None:
    """T39: one hop is trusted; what the client itself wrote further left changes nothing."""
    client = strict.app.test_client()

    def ask(forwarded: str) -> int:
        headers = {"X-Forwarded-For": forwarded, "Authorization": "Bearer no.such.token"}
        return client.get("/v1/assets", headers=headers).status_code

    assert [ask(f"1.2.3.{number}, 9.9.9.9") for number in range(4)] == [401, 401, 401, 429]
    assert ask("9.9.9.9") == 429
    assert ask("9.9.9.8") == 401
    alice = strict.client_for(ALICE)
    known = alice.post("/v1/links", LINKS, headers={"X-Forwarded-For": "9.9.9.9"})
    assert known.status_code == 200, "a known caller at that address is not a stranger"


def test_t39_without_trusted_proxies_the_header_is_ignored() -> None:
    """T39: the connection's own address counts, whatever the client claims."""
    with running_gateway(NOWHERE, "a-bucket", RATE_LIMIT="2/hour") as gateway:
        client = gateway.app.test_client()
        statuses = [
            client.get("/nowhere", headers={"X-Forwarded-For": f"1.1.1.{number}"}).status_code
            for number in range(3)
        ]
        assert statuses == [404, 404, 429]


def test_t39_an_ipv6_household_is_one_stranger(strict: Gateway) -> None:
    """T39: addresses of one /64 are one; of another they are not."""
    client = strict.app.test_client()

    def ask(address: str) -> int:
        return client.get("/nowhere", headers={"X-Forwarded-For": address}).status_code

    assert [ask(f"2001:db8::{number}") for number in range(1, 5)] == [404, 404, 404, 429]
    assert ask("2001:db8:0:1::1") == 404
    assert ask("::ffff:9.9.9.9") == 404


def test_probes_and_preflights_are_never_turned_away(strict: Gateway) -> None:
    """Health checks come often from one address, and a preflight carries no token."""
    client = strict.app.test_client()
    preflight = {**ORIGIN, "Access-Control-Request-Method": "POST"}
    for _ in range(10):
        assert client.get("/healthz").status_code == 200
        assert client.options("/v1/uploads", headers=preflight).status_code == 200


@pytest.fixture(scope="module")
def administered() -> Iterator[Gateway]:
    """A gateway with administrators."""
    with running_gateway(
        NOWHERE, "a-bucket", ADMIN_GROUP="admins", RATE_LIMIT_SIGNING="1000/hour"
    ) as gateway:
        yield gateway


def as_bob(caller: Caller, sub: str = BOB) -> dict[str, object]:
    answer = caller.post("/v1/links", LINKS, headers={"X-Act-As-Sub": sub})
    return {"status": answer.status_code, **answer.json}


def test_t49_an_administrator_acts_as_somebody(administered: Gateway, written: Written) -> None:
    """T49: the links are Bob's, the budget is the administrator's, and the log names both."""
    admin = administered.client_for(ALICE, **TOKEN)
    answer = admin.post("/v1/links", LINKS, headers={"X-Act-As-Sub": BOB})
    assert f"users/{BOB}/image/a.png" in answer.json["links"][0]["url"]
    left = int(answer.headers["RateLimit-Remaining"])
    again = admin.post("/v1/links", LINKS)
    assert int(again.headers["RateLimit-Remaining"]) == left - 1
    assert f"users/{ALICE}/" in again.json["links"][0]["url"]
    lines = written()
    assert [(line["sub"], line["acted_as"]) for line in lines] == [(ALICE, BOB), (ALICE, None)]
    assert lines[0]["paths"] == ["image/a.png"]


@pytest.mark.parametrize("claims", [{}, {"cognito:groups": ["admin", "Admins", "admins2"]}])
def test_t49_others_are_refused_not_ignored(
    administered: Gateway, claims: dict[str, object], written: Written
) -> None:
    """T49: 403 for everybody else, also for their own sub and an empty one; and it is logged."""
    caller = administered.client_for(ALICE, **claims)
    for sub in (BOB, ALICE, "", "../x"):
        found = as_bob(caller, sub)
        assert (found["status"], found["type"]) == (403, "/problems/insufficient-scope")
        assert "links" not in found
    lines = written()
    assert [line["outcome"] for line in lines] == ["refused"] * 4
    assert lines[0]["tried_to_act_as"] == BOB
    assert {line["acted_as"] for line in lines} == {None}


def test_t49_without_an_admin_group_nobody_is_one(strict: Gateway) -> None:
    """T49: no group is set, so that even a member of one named like nothing is refused."""
    assert as_bob(strict.client_for(ALICE, **{"cognito:groups": ["", "admins"]}))["status"] == 403


@pytest.mark.parametrize("sub", ["", ".", "..", "a/b", "a\\b", "*", "x" * 129, f"{BOB},{ALICE}"])
def test_t49_a_name_that_is_no_sub_is_refused(administered: Gateway, sub: str) -> None:
    """T49: it is never put into a key."""
    assert as_bob(administered.client_for(ALICE, **TOKEN), sub)["status"] == 422


def test_t49_acting_for_others_deletes_no_account(administered: Gateway) -> None:
    """T49: neither theirs nor the administrator's own; refused before anything is erased."""
    admin = administered.client_for(ALICE, **TOKEN)
    for sub in (BOB, ALICE):
        answer = admin.delete("/v1/me/data?account=true", headers={"X-Act-As-Sub": sub})
        assert answer.status_code == 422
        assert answer.json["errors"][0]["pointer"] == "/account"


def test_t37_the_audit_log_says_who_did_what_and_no_secret(
    administered: Gateway, written: Written
) -> None:
    """T37: who, what, which path, when, from where, outcome, request id; ids, URLs, tokens not."""
    alice = administered.client_for(ALICE)
    started = alice.start(10)
    alice.get(f"/v1/uploads/{started['upload_id']}")
    alice.post("/v1/links", {"paths": ["x?X-Amz-Signature=SESAME", 7, "image/a.png"]})
    alice.get("/v1/assets/image/x/a.png?path=Bearer%20SESAME")
    administered.app.test_client().get("/v1/assets")
    lines = written()
    assert len(lines) == 4, "a stranger's failure is in the access log"
    first, second, third, fourth = lines
    assert first["sub"] == ALICE
    assert first["client_id"]
    assert first["action"] == "uploads.create_upload"
    assert first["outcome"] == "done"
    assert first["address"] == "127.0.0.1"
    assert first["request_id"]
    assert str(first["time"]).startswith("20")
    assert first["paths"] == second["paths"] == [started["path"]]
    assert (third["outcome"], fourth["outcome"]) == ("refused", "failed")
    assert fourth["path"] == "image/x/a.png"
    text = json.dumps(lines)
    for secret in ("SESAME", started["upload_id"], alice.token, "X-Amz-Signature=A"):
        assert secret not in text

"""An administrator acts as another user, and nobody else does: T49."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.gateway import ALICE, BOB, NOWHERE, AuditLines, Caller, Gateway, running_gateway

LINKS = {"paths": ["image/a.png"]}
TOKEN = {"cognito:groups": ["admins"]}


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


def test_t49_an_administrator_acts_as_somebody(
    administered: Gateway, audit_lines: AuditLines
) -> None:
    """T49: the links are Bob's, the budget is the administrator's, and the log names both."""
    admin = administered.client_for(ALICE, **TOKEN)
    answer = admin.post("/v1/links", LINKS, headers={"X-Act-As-Sub": BOB})
    assert f"users/{BOB}/image/a.png" in answer.json["links"][0]["url"]
    left = int(answer.headers["RateLimit-Remaining"])
    again = admin.post("/v1/links", LINKS)
    assert int(again.headers["RateLimit-Remaining"]) == left - 1
    assert f"users/{ALICE}/" in again.json["links"][0]["url"]
    lines = audit_lines()
    assert [(line["sub"], line["acted_as"]) for line in lines] == [(ALICE, BOB), (ALICE, None)]
    assert lines[0]["paths"] == ["image/a.png"]


@pytest.mark.parametrize("claims", [{}, {"cognito:groups": ["admin", "Admins", "admins2"]}])
def test_t49_others_are_refused_not_ignored(
    administered: Gateway, claims: dict[str, object], audit_lines: AuditLines
) -> None:
    """T49: 403 for everybody else, also for their own sub and an empty one; and it is logged."""
    caller = administered.client_for(ALICE, **claims)
    for sub in (BOB, ALICE, "", "../x"):
        found = as_bob(caller, sub)
        assert (found["status"], found["type"]) == (403, "/problems/insufficient-scope")
        assert "links" not in found
    lines = audit_lines()
    assert [line["outcome"] for line in lines] == ["refused"] * 4
    assert lines[0]["tried_to_act_as"] == BOB
    assert {line["acted_as"] for line in lines} == {None}


def test_t49_without_an_admin_group_nobody_is_one() -> None:
    """T49: no group is set, so that even a member of one named like nothing is refused."""
    with running_gateway(NOWHERE, "a-bucket") as gateway:
        caller = gateway.client_for(ALICE, **{"cognito:groups": ["", "admins"]})
        assert as_bob(caller)["status"] == 403


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

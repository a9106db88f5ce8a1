"""Administrators (T49) and back ends (T61) act as other users, and nobody else does."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from app.auth.act_as import act_as
from app.domain.principal import Principal
from app.limits.allowance import Allowance
from tests.auth.tokens import ABSENT, CLIENT_ID
from tests.gateway import (
    ALICE,
    BOB,
    NOWHERE,
    AuditLines,
    Caller,
    Gateway,
    running_gateway,
    stop_rates,
)

LINKS = {"paths": ["image/a.png"]}
TOKEN = {"cognito:groups": ["admins"]}


@pytest.fixture(scope="module")
def administered() -> Iterator[Gateway]:
    """A gateway with administrators."""
    with running_gateway(
        NOWHERE, "a-bucket", ADMIN_GROUP="admins", RATE_LIMIT_SIGNING="1000/hour"
    ) as gateway:
        stop_rates(gateway)
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


# --- back ends -------------------------------------------------------------------------------

SERVICE, SCOPE = "render-farm", "assets/act"
#: What Cognito writes for the grant of a client's own credentials: no user, no groups.
BACK_END = {"client_id": SERVICE, "scope": SCOPE, "username": ABSENT}


@pytest.fixture(scope="module")
def served() -> Iterator[Gateway]:
    """A gateway with a back end, whose quota is another than users'."""
    with running_gateway(
        NOWHERE,
        "a-bucket",
        COGNITO_CLIENT_ID=f"{CLIENT_ID},{SERVICE}",
        SERVICE_SCOPE=SCOPE,
        ADMIN_GROUP="admins",
    ) as gateway:
        yield gateway


def back_end(served: Gateway, **claims: object) -> Caller:
    return served.client_for(SERVICE, **{**BACK_END, **claims})


def test_t61_a_back_end_acts_for_whom_it_names(served: Gateway, audit_lines: AuditLines) -> None:
    """T61: the links are Bob's, and the log names the client beside him."""
    answer = back_end(served).post("/v1/links", LINKS, headers={"X-Act-As-Sub": BOB})
    assert f"users/{BOB}/image/a.png" in answer.json["links"][0]["url"]
    [line] = audit_lines()
    assert (line["sub"], line["client_id"], line["acted_as"]) == (SERVICE, SERVICE, BOB)


def test_t61_a_back_end_must_name_somebody(served: Gateway) -> None:
    """T61: without the header every route is a 403, so that nothing is stored under a client."""
    for rule in served.app.url_map.iter_rules():
        if not rule.rule.startswith(("/v1", "/s3")):
            continue
        path = re.sub(r"<[^>]+>", "x", rule.rule)
        for method in rule.methods - {"OPTIONS", "HEAD"}:
            answer = back_end(served).request(method, path)
            assert answer.status_code == 403, (method, path)
            assert "X-Act-As-Sub" in answer.json["detail"]


@pytest.mark.parametrize(
    "sub",
    [
        *("", ".", "..", "a/b", "auth0|a", "é", "%61", "a\tb", "x" * 20_000),
        *(f" {BOB}", f"{BOB} ", f"\ufeff{BOB}", f"{BOB},{ALICE}", f"{BOB}, {BOB}"),
    ],
)
def test_t61_a_back_end_names_nobody_by_a_name_that_is_none(served: Gateway, sub: str) -> None:
    """T61: what is no folder is refused, and never put into a key."""
    assert as_bob(back_end(served), sub)["status"] == 422


def test_t61_a_back_end_is_no_user(served: Gateway) -> None:
    """T61: it cannot act for itself, and so store under a client what no user would find."""
    found = as_bob(back_end(served), SERVICE)
    assert (found["status"], "not itself" in found["detail"]) == (422, True)


def test_t49_t61_two_names_are_none(served: Gateway) -> None:
    """T49, T61: a second header does not hide behind the first, whoever sends them."""
    admin = served.client_for(ALICE, **{"cognito:groups": ["admins"]})
    for caller in (back_end(served), admin):
        for names in ((BOB, ALICE), (BOB, BOB), ("", BOB)):
            headers = [("Authorization", f"Bearer {caller.token}")]
            headers += [("X-Act-As-Sub", name) for name in names]
            answer = served.app.test_client().post("/v1/links", json=LINKS, headers=headers)
            assert answer.status_code == 422


def test_t61_a_back_end_deletes_no_account(served: Gateway) -> None:
    """T61: nor does it learn whether there is one."""
    caller = back_end(served, scope=f"{SCOPE} aws.cognito.signin.user.admin")
    answer = caller.delete("/v1/me/data?account=true", headers={"X-Act-As-Sub": BOB})
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, "/account")


@pytest.mark.parametrize(
    "claims",
    [
        {"scope": "assets/actor"},
        {"scope": "assets"},
        {"scope": ABSENT},
        {"sub": ALICE},
        {"client_id": CLIENT_ID},
    ],
    ids=repr,
)
def test_t61_others_are_no_back_ends(served: Gateway, claims: dict[str, object]) -> None:
    """T61: another scope, or a user behind the token: the header is refused, not ignored."""
    sub = str(claims.pop("sub", SERVICE))
    caller = served.client_for(sub, **{**BACK_END, **claims})
    assert as_bob(caller)["status"] == 403
    assert caller.post("/v1/links", LINKS).status_code == 200


def test_t61_without_the_setting_there_are_no_back_ends() -> None:
    """T61: a client's token is then a caller like any other, with a folder of its own."""
    clients = f"{CLIENT_ID},{SERVICE}"
    with running_gateway(NOWHERE, "a-bucket", COGNITO_CLIENT_ID=clients) as gateway:
        caller = back_end(gateway)
        assert as_bob(caller)["status"] == 403
        assert f"users/{SERVICE}/" in caller.post("/v1/links", LINKS).json["links"][0]["url"]


@pytest.mark.parametrize(
    ("settings", "quota"),
    [
        ({}, 1000),
        ({"SERVICE": 5000}, 5000),
        ({"SERVICE": 0}, None),
        ({"PREMIUM": 9000}, 1000),
    ],
)
def test_t61_back_ends_keep_to_a_quota(settings: dict[str, int], quota: int | None) -> None:
    """T61: the user's general one, or that of back ends; those of groups are nobody's here."""
    acted = act_as(Principal(SERVICE, is_service=True), BOB, "")
    assert Allowance(1000, settings).of(acted) == quota
    assert Allowance(1000, settings).of(Principal(BOB)) == 1000

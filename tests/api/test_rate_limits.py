"""How many requests a user may send, and a stranger: T39."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.gateway import ALICE, BOB, NOWHERE, Gateway, running_gateway, stop_rates

ORIGIN = {"Origin": "https://app.example.com"}
LINKS = {"paths": ["image/a.png"]}


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
        stop_rates(gateway)
        yield gateway


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
        stop_rates(gateway)
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


def test_bad_tokens_take_nothing_from_others_at_their_address(strict: Gateway) -> None:
    """Strangers with bad tokens are limited, and shares, `/docs` and good tokens go on."""
    client, bad = strict.app.test_client(), {"Authorization": "Bearer x.y.z"}
    statuses = [client.get("/v1/me", headers=bad).status_code for _ in range(5)]
    assert statuses == [401, 401, 401, 429, 429]
    assert client.get("/docs").status_code == 200
    assert client.get("/s/unknown").status_code == 404
    assert strict.client_for(ALICE).post("/v1/links", LINKS).status_code == 200
    # Nor the other way round.
    assert [client.get("/docs").status_code for _ in range(2)] == [200, 429]
    assert client.get("/v1/me").status_code == 429

"""Role credentials that die in flight, from the endpoint that containers get them of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from tests.auth.tokens import JwksServer
from tests.faults.answers import LINKS, check_problem, check_signing_goes_on
from tests.gateway import ALICE, Caller, Gateway, running_gateway
from tests.stores.cors import CorsProxy
from tests.stores.faults import Answer, Weather
from tests.stores.store import Store

pytestmark = pytest.mark.store
PATH = "image/0199b2a4-0000-7000-8000-000000000000/a.png"
ASK: dict[str, Callable[[Caller], TestResponse]] = {
    "boto3": lambda caller: caller.delete(f"/v1/assets/{PATH}"),
    "ours": lambda caller: caller.get("/v1/assets"),
}


class Role:
    """The endpoint, and how long what it gives will live."""

    def __init__(self, server: JwksServer, store: Store) -> None:
        self._server = server
        self._store = store

    def give(self, **life: float) -> None:
        self._server.answer_json(
            {
                "AccessKeyId": self._store.access_key,
                "SecretAccessKey": self._store.secret_key,
                "Token": "a-session-token",
                "Expiration": (datetime.now(UTC) + timedelta(**life)).isoformat(),
            }
        )

    def refuse(self) -> None:
        self._server.answer(500)

    @property
    def asked(self) -> int:
        return len(self._server.hits)


@pytest.fixture
def role(swift_store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Role]:
    with JwksServer() as server:
        monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", server.url)
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
        monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
            monkeypatch.delenv(name, raising=False)
        # It asks three times, and pauses for a second each time.
        monkeypatch.setattr("botocore.utils.ContainerMetadataFetcher.SLEEP_TIME", 0)
        yield Role(server, swift_store)


@pytest.fixture
def roled(swift_store: Store, line: CorsProxy, weather: Weather, role: Role) -> Iterator[Gateway]:
    """A gateway without keys of its own."""
    keyless = {"S3_ACCESS_KEY_ID": "", "S3_SECRET_ACCESS_KEY": ""}
    bucket = swift_store.create_bucket()
    with running_gateway(swift_store.at(line.endpoint), bucket, **keyless) as gateway:
        yield gateway


def test_credentials_that_are_about_to_die_are_renewed_or_a_503(role: Role, roled: Gateway) -> None:
    """With five minutes left nothing is signed by old keys: they are renewed at each use. While
    that fails everything that is signed is a 503, links too; then all is well again."""
    role.give(minutes=5)
    alice = roled.client_for(ALICE)
    assert [ask(alice).status_code for ask in ASK.values()] == [204, 200]
    asked = role.asked
    check_signing_goes_on(alice)
    assert role.asked > asked
    role.refuse()
    for answer in (*(ask(alice) for ask in ASK.values()), alice.post("/v1/links", LINKS)):
        found = check_problem(answer.status_code, answer.headers, answer.data, roled)
        assert found["status"] == 503
    role.give(hours=1)
    assert [ask(alice).status_code for ask in ASK.values()] == [204, 200]
    check_signing_goes_on(alice)


@pytest.mark.parametrize("way", ASK)
def test_keys_that_the_store_calls_expired_are_a_503(
    role: Role, roled: Gateway, weather: Weather, way: str
) -> None:
    """ExpiredToken, though there was life left in them: 503 that names the credentials."""
    role.give(hours=1)
    alice = roled.client_for(ALICE)
    weather.expect(Answer(status=400, code="ExpiredToken"))
    answer = ASK[way](alice)
    found = check_problem(answer.status_code, answer.headers, answer.data, roled)
    assert (found["status"], found["detail"]) == (
        503,
        "The storage credentials have expired and are to be renewed",
    )
    assert ASK[way](alice).status_code in (200, 204)

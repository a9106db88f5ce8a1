"""A gateway whose clock is off: what still works, and that callers are told why the rest fails."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from unittest import mock

import pytest
from werkzeug.test import TestResponse

from app.api.context import EXTENSION
from app.s3 import errors as faults
from app.services import Services
from tests.faults.answers import check_problem
from tests.gateway import Caller, Gateway, fetch
from tests.samples import png
from tests.stores.faults import Answer, Weather

pytestmark = pytest.mark.store
PNG = png()
CLOCK_IS_OFF = "The gateway's clock is off, so the storage refuses what it signs"
#: An answer that is headers alone, and one with a document.
TWO_WAYS: dict[str, Callable[[Caller, str], TestResponse]] = {
    "look": lambda caller, path: caller.get(f"/v1/assets/{path}"),
    "list": lambda caller, _: caller.get("/v1/assets"),
}


@contextmanager
def clock_off_by(gateway: Gateway, **difference: float) -> Iterator[None]:
    """Whatever signs, and whatever compares, has the wrong time; the store has the right one."""

    class Off(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) + timedelta(**difference)  # type: ignore[arg-type]

    services: Services = gateway.app.extensions[EXTENSION]
    with (
        mock.patch.multiple(
            services.storage.listings._client._presigner, _clock=lambda: Off.now(UTC)
        ),
        mock.patch.multiple(services.signing.uploads._presigner, _clock=lambda: Off.now(UTC)),
        mock.patch.object(faults, "datetime", Off),
    ):
        yield


@pytest.mark.parametrize("minutes", [-10, 10], ids=["behind", "ahead"])
def test_ten_minutes_are_borne(ada: Caller, gateway: Gateway, minutes: int) -> None:
    """S3 allows a quarter of an hour: with ten minutes uploads, completions, listings and
    deletions work."""
    with clock_off_by(gateway, minutes=minutes):
        asset = ada.upload(PNG)
        large = ada.start(len(PNG), method="multipart")
        assert fetch("PUT", large["parts"][0]["url"], PNG).status == 200
        answer = ada.post(f"/v1/uploads/{large['upload_id']}/complete")
        assert answer.status_code == 200, answer.json
        for ask in TWO_WAYS.values():
            assert ask(ada, asset["path"]).status_code == 200
        answer = ada.post("/v1/assets/delete", {"paths": [asset["path"]]})
        assert answer.json["errors"] == []


@pytest.mark.parametrize("way", TWO_WAYS)
def test_twenty_minutes_are_named(ada: Caller, gateway: Gateway, way: str) -> None:
    """Beyond that the store refuses, by whatever name: 502 that says the clock is off.

    Ahead, S3 refuses too; Swift takes a presigned URL from the future."""
    asset = ada.upload(PNG)
    with clock_off_by(gateway, minutes=-20):
        answer = TWO_WAYS[way](ada, asset["path"])
        found = check_problem(answer.status_code, answer.headers, answer.data, gateway)
    assert (found["status"], found["detail"]) == (502, CLOCK_IS_OFF)
    assert TWO_WAYS[way](ada, asset["path"]).status_code == 200


@pytest.mark.parametrize("way", ["list", "delete"])
def test_the_store_s_own_word_for_it_is_enough(
    ada: Caller, gateway: Gateway, weather: Weather, way: str
) -> None:
    """RequestTimeTooSkewed, of a store that allows less: 502 that says the clock is off."""
    weather.expect(Answer(status=403, code="RequestTimeTooSkewed", times=10))
    ask = {"list": TWO_WAYS["list"], "delete": lambda *_: ada.delete("/v1/assets/image/x/a.png")}
    answer = ask[way](ada, "")
    found = check_problem(answer.status_code, answer.headers, answer.data, gateway)
    assert (found["status"], found["detail"]) == (502, CLOCK_IS_OFF)


def test_a_refusal_with_the_right_time_is_not_blamed_on_the_clock(
    ada: Caller, gateway: Gateway, weather: Weather
) -> None:
    """An AccessDenied whose Date is ours is a refusal and nothing else."""
    date = ("Date", datetime.now(UTC).strftime("%a, %d %b %Y %H:%M:%S GMT"))
    weather.expect(Answer(status=403, code="AccessDenied", fields=[date]))
    answer = ada.get("/v1/assets")
    found = check_problem(answer.status_code, answer.headers, answer.data, gateway)
    assert (found["status"], found["detail"]) == (
        502,
        "The storage refused the gateway's request",
    )


def test_tokens_look_like_future_ones_to_a_clock_that_is_behind(gateway: Gateway) -> None:
    """Ten minutes behind: fresh tokens are 401 that name the claim; those of ten minutes ago work.

    Ahead, a token ends ten minutes early."""
    services: Services = gateway.app.extensions[EXTENSION]
    sub, now = str(uuid.uuid4()), int(time.time())
    for off, issued, status in ((-600, now, 401), (-600, now - 600, 200), (600, now, 200)):
        caller = gateway.client_for(sub, iat=issued, auth_time=issued, jti=str(uuid.uuid4()))
        with mock.patch.object(services.auth.tokens, "_clock", lambda off=off: time.time() + off):
            answer = caller.post("/v1/links", {"paths": ["image/x/a.png"]})
        assert answer.status_code == status, (off, answer.json)
        if status == 401:
            said = answer.json["detail"]
            assert re.fullmatch(
                r"The token's iat is (9|10) min ahead of this service's clock", said
            )

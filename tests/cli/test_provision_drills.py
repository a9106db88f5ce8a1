"""Keys are changed by the commands of docs/recovery.md, under gateways that run by their file."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pytest
from werkzeug.serving import make_server

from app import create_app
from app.cli.env_file import read_env
from config import Settings
from devstack.account import Stack
from devstack.bootstrap import strong_password
from devstack.edge import describe, make
from devstack.edge_keys import KeyPair
from devstack.edge_serving import QuietHandler
from devstack.testing import DEMO_PAIR, ORIGINS, running_store
from tests.cli.operators import FIRST, Operator
from tests.gateway import Caller, fetch, send
from tests.samples import png

PNG = png()
#: As the account with state makes them.
ACCESS_KEYS = [f"AKIA{number:016}" for number in range(2)]


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """A store to which the operator's user may have two keys."""
    pairs = [DEMO_PAIR, *((key, f"secret-of-{key}") for key in ACCESS_KEYS)]
    with running_store(credentials=pairs) as stack:
        yield stack


class Site:
    """What runs by the operator's file: gateways before the store, and an edge with the stack's
    key group, at one address all the time."""

    def __init__(self, operator: Operator, stack: Stack) -> None:
        self.operator, self.stack = operator, stack
        self.address = ""
        self._edge: Any = None
        self.email, self.password = f"{uuid4().hex}@example.com", strong_password()
        self._sub = stack.create_user(self.email, self.password)
        self._environment = stack.gateway_environment(ORIGINS)

    def provision(self, *options: str) -> None:
        """Run the command, and have the edge know the keys that the stack then has."""
        self.operator.run(*options)
        cloudformation = self.operator.account.client("cloudformation", "eu-west-1")
        [found] = cloudformation.describe_stacks(StackName="asset-gateway")["Stacks"]
        ids = {each["OutputKey"]: each["OutputValue"] for each in found["Outputs"]}
        parameters = self.operator.stack().parameters
        pairs = [
            KeyPair(ids[f"KeyPairId{slot}"], pem, "")
            for slot in ("Blue", "Green")
            if (pem := parameters.get(f"PublicKey{slot}"))
        ]
        self._edge = make(describe(self.stack, pairs, ORIGINS))

    def deploy(self) -> Caller:
        """A user at a gateway that was started with the file as it is now."""
        file = read_env(self.operator.file)
        secrets = {
            name: file[name]
            for name in (
                *("SECRET_KEY", "S3_ACCESS_KEY_ID", "S3_SECRET_ACCESS_KEY"),
                *("CLOUDFRONT_PRIVATE_KEY", "CLOUDFRONT_KEY_PAIR_ID"),
            )
        }
        edge = {"CLOUDFRONT_DOMAIN": self.address, "LOG_LEVEL": "WARNING"}
        app = create_app(Settings.from_env({**self._environment, **secrets, **edge}))
        token = self.stack.sign_in(self.email, self.password)["AccessToken"]
        return Caller(app, self._sub, token)

    def __call__(self, environ: Any, start_response: Any) -> Any:
        return self._edge(environ, start_response)

    @contextmanager
    def serving(self) -> Iterator[Site]:
        server = make_server("127.0.0.1", 0, self, threaded=True, request_handler=QuietHandler)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        self.address = f"http://localhost:{server.port}"
        try:
            yield self
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


@pytest.fixture
def site(operator: Operator, stack: Stack) -> Iterator[Site]:
    with Site(operator, stack).serving() as site:
        site.provision(*FIRST)
        yield site


def opens(url: str) -> int:
    return fetch("GET", url).status


def test_cloudfront_s_key_is_rotated_and_retired(site: Site) -> None:
    """Links of the old key open until it is retired, and then break; shares never do."""
    before = site.deploy()
    asset = before.upload(PNG)
    link = asset["link"]["url"]
    share = before.post("/v1/shares", {"path": asset["path"]}).json["url"]
    assert opens(link) == 200

    site.provision("--rotate-key")
    after = site.deploy()
    links = {
        name: caller.get(f"/v1/assets/{asset['path']}").json["link"]["url"]
        for name, caller in (("old", before), ("new", after))
    }
    assert links["old"].partition("Key-Pair-Id=")[2] != links["new"].partition("Key-Pair-Id=")[2]
    assert {opens(link), *map(opens, links.values())} == {200}

    site.provision("--retire-key")
    assert [opens(url) for url in (link, links["old"], links["new"])] == [403, 403, 200]
    followed = site.deploy().app.test_client().get(share)
    assert opens(followed.headers["Location"]) == 200


def test_a_second_access_key_is_made_while_the_first_works(site: Site) -> None:
    """An upload that was begun with the first is completed with the second; shares stay."""
    before = site.deploy()
    asset = before.upload(PNG)
    share = before.post("/v1/shares", {"path": asset["path"]}).json["url"]
    started = before.start(len(PNG), method="put")

    site.provision("--new-access-key")
    after = site.deploy()
    assert f"{ACCESS_KEYS[0]}%2F" in started["url"]
    assert send(started, PNG).status == 200
    completed = after.post(f"/v1/uploads/{started['upload_id']}/complete")
    assert completed.status_code == 200
    anew = after.start(len(PNG), method="put")
    assert f"{ACCESS_KEYS[1]}%2F" in anew["url"]
    assert send(anew, PNG).status == 200
    followed = after.app.test_client().get(share)
    assert opens(followed.headers["Location"]) == 200

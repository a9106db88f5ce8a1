"""Every reason for which a token is refused, and the line of the doctor's that tells it."""

from __future__ import annotations

import ast
import importlib
import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest

from app.auth import claims, cognito, jwks, jws, openid, verifier
from app.auth.jwks import JwksCache
from app.auth.jws import MAX_TOKEN_CHARS
from app.auth.verifier import TokenVerifier
from app.domain.errors import InsufficientScope, InvalidToken
from app.services.auth import key_source, token_rules
from config import Settings
from tests.auth.providers.authlib_server import AuthlibProvider
from tests.auth.tokens import ABSENT, JwksServer, TokenMaker, b64url
from tests.cli.patient import Patient

#: Where the code says no to a token. What is wrong with the request that brings it is elsewhere.
MODULES = (claims, cognito, jwks, jws, openid, verifier)
_OF_OTHERS = {"ValueError", "IdentityUnavailable", "UnsupportedAlgorithmError"}

Site = tuple[str, int]


def refusals() -> set[Site]:
    """Module and line of every ``raise`` by which a token is refused."""
    found: set[Site] = set()
    for module in MODULES:
        path = Path(module.__file__)
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Raise) and node.exc is not None:
                made = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
                if ast.unparse(made) not in _OF_OTHERS:
                    found.add((path.name, node.lineno))
    return found


def site_of(call: Callable[[], object]) -> Site | None:
    """Where ``call`` is refused."""
    try:
        call()
    except (InvalidToken, InsufficientScope) as error:
        last = error.__traceback__
        while last is not None and last.tb_next is not None:
            last = last.tb_next
        assert last is not None
        return Path(last.tb_frame.f_code.co_filename).name, last.tb_lineno
    return None


@dataclass
class Issuers:
    """Those who sign, and the environment in which their tokens are looked at."""

    patient: Patient
    pool: TokenMaker
    provider: AuthlibProvider
    met: set[Site] = field(default_factory=set)

    def check(self, name: str, token: str, **changes: str) -> None:
        """The gateway refuses ``token``; a line of the doctor's above the verdict says why."""
        environment = {**self.patient.environment, **changes}
        settings = Settings.from_env({k: v for k, v in environment.items() if v})
        rules = token_rules(settings)
        whole = TokenVerifier(JwksCache(key_source(settings)), rules)
        site = site_of(lambda: whole.verify_token(token))
        assert site, f"{name} is accepted"
        self.met.add(site)
        try:
            said = jws.read_claims(token)
        except (InvalidToken, IndexError):
            said = {}
        for part in rules.parts(time.time()).values():
            if met := site_of(partial(part, said)):
                self.met.add(met)
        faults = self.patient.faults("--token", token, **changes)
        assert faults - {"token.verdict"}, f"{name}: nothing above the verdict says why"
        assert "token.verdict" in faults or faults == {"token.form"}


@pytest.fixture
def issuers(patient: Patient, monkeypatch: pytest.MonkeyPatch) -> Iterator[Issuers]:
    # A busy machine is no slow key server.
    monkeypatch.setitem(JwksCache.__init__.__kwdefaults__, "timeout_seconds", 60)
    monkeypatch.setattr(importlib.import_module("app.cli.doctor.token"), "FETCH_SECONDS", 60)
    pool = TokenMaker(issuer=patient.stack.issuer, client_id=patient.stack.client_id)
    with JwksServer(pool) as server, AuthlibProvider("ES256") as provider:
        patient.environment["COGNITO_JWKS_URL"] = server.url
        yield Issuers(patient, pool, provider)


def test_every_reason_to_refuse_a_token_has_a_line(issuers: Issuers) -> None:
    """Each ``raise`` is met by a token below, and each such token is explained: a reason that is
    added to the code without a line, or without a token here, fails."""
    make, now = issuers.pool, int(time.time())
    good = make()
    head, body, signature = good.split(".")
    unreadable = f"{b64url(b'{')}.{body}.{signature}"
    of_cognito: dict[str, str] = {
        "too long": make(x="x" * MAX_TOKEN_CHARS),
        "no JWS": f"{good}=",
        "short signature": f"{head}.{body}.{signature[:100]}",
        "unreadable header": unreadable,
        "header that is no strict JSON": make(header={"x": float("nan")}),
        "times beyond any": make(exp=-(10**400), iat=10**400),
        "alg none": make(header={"alg": "none"}),
        "jku": make(header={"jku": "https://evil.example"}),
        "logout token": make(header={"typ": "logout+jwt"}),
        "no kid": make(header={"kid": ABSENT}),
        "unknown kid": make(header={"kid": "elsewhere"}),
        "changed": f"{head}.{b64url(json.dumps(make.claims(username='m')).encode())}.{signature}",
        "claims that are no strict JSON": make(x=float("nan")),
        "claims that are no object": make.sign(b"[1]"),
        "expired": make(exp=now - 300),
        "no expiry": make(exp="soon"),
        "from the future": make(iat=now + 300),
        "no time": make(iat="now"),
        "another issuer": make(iss="https://example.com"),
        "odd audience": make(aud=7),
        "another audience": make(aud="https://api.example.com"),
        "another use": make(token_use="id"),
        "another client": make(client_id="another"),
        "odd sub": make(sub="../etc"),
        "odd groups": make(**{"cognito:groups": "admins"}),
        "odd user name": make(username=7),
        "odd scope": make(scope=["a/b"]),
    }
    for name, token in of_cognito.items():
        issuers.check(name, token)
    issuers.check("lacking scope", good, COGNITO_REQUIRED_SCOPES="a/b")

    ours = {
        **issuers.provider.settings(),
        **{"COGNITO_ISSUER": "", "COGNITO_ENDPOINT": "", "COGNITO_JWKS_URL": ""},
        **{"COGNITO_USER_POOL_ID": "", "COGNITO_CLIENT_ID": ""},
    }
    token = issuers.provider.token("alice")
    forge = partial(issuers.provider.forge, token)
    of_another = {
        "another algorithm": forge({"alg": "EdDSA"}),
        "another audience": forge(aud="https://else"),
        "sub of no use": forge(sub=""),
        "odd client": forge(azp=7),
        "odd groups": forge(groups={"a": 1}),
    }
    for name, bad in of_another.items():
        issuers.check(name, bad, **ours)
    assert issuers.met == refusals()


@pytest.mark.parametrize(
    ("issued", "life", "line", "said"),
    [
        (330, 3600, "iat", "5 min ahead"),
        (-930, 300, "exp", "it ended 10 min ago, at .*, of 5 min in all"),
    ],
)
def test_a_clock_that_is_off_shows_in_the_line(
    issuers: Issuers, issued: int, life: int, line: str, said: str
) -> None:
    """By how much, and how to set it: a token that was over within its life of coming, too."""
    begins = int(time.time()) + issued
    token = issuers.pool(iat=begins, exp=begins + life)
    row = issuers.patient.rows("--token", token)[f"token.{line}"]
    assert re.search(said, row["found"])
    assert "clock" in row["mend"]


def test_a_back_end_s_token_is_said_to_be_one(issuers: Issuers) -> None:
    """It is good, and yet a 403 wherever it names no user."""
    make = issuers.pool
    token = make(sub=make.client_id, scope="assets/act", username=ABSENT)
    rows = issuers.patient.rows("--token", token, SERVICE_SCOPE="assets/act")
    assert rows["token.verdict"]["found"].endswith("names its user in X-Act-As-Sub")

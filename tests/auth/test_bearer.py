"""The door of the Flask application: where a token may stand, and what a refusal says."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from flask import Flask, Response, request

from app.auth.bearer import BearerProtector, challenge, current_principal
from app.auth.claims import MissingScope
from app.auth.verifier import TokenVerifier
from app.domain.errors import (
    IdentityUnavailable,
    InsufficientScope,
    InvalidToken,
    NotFound,
    Problem,
)
from tests.auth.tokens import SUB, JwksServer, TokenMaker

REALM = 'Bearer realm="asset-gateway"'


def app_for(verifier: TokenVerifier) -> Flask:
    """The smallest application with the door: it answers with the caller's sub."""
    app = Flask(__name__)
    protector = BearerProtector(verifier.verify_token)

    @app.before_request
    def authenticate() -> None:
        if request.endpoint != "public":
            protector.authenticate()

    @app.errorhandler(Problem)
    def render(problem: Problem) -> Response:
        return Response(
            problem.detail, problem.status, {"WWW-Authenticate": challenge(problem) or "none"}
        )

    @app.route("/me")
    def me() -> str:
        return current_principal.sub

    @app.route("/public")
    def public() -> str:
        return current_principal.sub

    return app


@pytest.fixture
def app(verifier: TokenVerifier) -> Flask:
    return app_for(verifier)


def ask(app: Flask, *authorization: str, path: str = "/me") -> tuple[int, str, str]:
    """Status, body and challenge; each argument is one ``Authorization`` header."""
    headers = [("Authorization", value) for value in authorization]
    response = app.test_client().get(path, headers=headers)
    return response.status_code, response.text, response.headers.get("WWW-Authenticate", "")


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "bEaReR"])
def test_a_good_token_makes_the_principal(app: Flask, make_token: TokenMaker, scheme: str) -> None:
    """The scheme is case-insensitive (RFC 9110 §11.1); the view sees the caller."""
    assert ask(app, f"{scheme} {make_token()}") == (200, SUB, "")


def test_each_request_has_its_own_principal(app: Flask, make_token: TokenMaker) -> None:
    """Nothing of a caller stays behind for the next request."""
    assert ask(app, f"Bearer {make_token(sub='alice')}")[1] == "alice"
    assert ask(app, f"Bearer {make_token(sub='bob')}")[1] == "bob"
    assert ask(app)[0] == 401


def test_a_view_without_authentication_has_no_principal(app: Flask) -> None:
    """A public view that asks for the caller is a mistake, and says so."""
    app.testing = True
    with pytest.raises(RuntimeError, match="public"):
        app.test_client().get("/public")


@pytest.mark.parametrize("headers", [[], [""]])
def test_no_credentials_are_challenged_without_an_error(app: Flask, headers: list[str]) -> None:
    """RFC 6750 §3.1: a request without any authentication gets no error code."""
    status, _, www_authenticate = ask(app, *headers)
    assert (status, www_authenticate) == (401, REALM)


@pytest.mark.parametrize("token", ["x", "a.b.c", "ünï", "x" * 10_000])
def test_a_bad_token_is_challenged_with_invalid_token(app: Flask, token: str) -> None:
    """RFC 6750 §3.1: invalid_token, and the token is not repeated in the answer."""
    status, text, www_authenticate = ask(app, f"Bearer {token}")
    assert (status, www_authenticate) == (401, f'{REALM}, error="invalid_token"')
    assert f"Bearer {token}" not in text


def test_an_expired_token_is_challenged_with_invalid_token(
    app: Flask, make_token: TokenMaker
) -> None:
    """RFC 6750 §3.1: the client may ask for a new token and try again."""
    status, _, www_authenticate = ask(app, f"Bearer {make_token(exp=1)}")
    assert (status, www_authenticate) == (401, f'{REALM}, error="invalid_token"')


def test_a_missing_scope_is_challenged_with_the_scopes(
    verifier_for: Callable[..., TokenVerifier], make_token: TokenMaker
) -> None:
    """RFC 6750 §3: insufficient_scope is a 403 that names what is needed, space-separated."""
    app = app_for(verifier_for(required_scopes=frozenset({"b/write", "a/read"})))
    status, _, www_authenticate = ask(app, f"Bearer {make_token()}")
    assert status == 403
    assert www_authenticate == f'{REALM}, error="insufficient_scope", scope="a/read b/write"'


def test_unreachable_keys_are_a_503_without_a_challenge(
    app: Flask, make_token: TokenMaker, jwks_server: JwksServer
) -> None:
    """Another token would not help, so none is asked for."""
    jwks_server.answer(500)
    status, _, www_authenticate = ask(app, f"Bearer {make_token()}")
    assert (status, www_authenticate) == (503, "none")


@pytest.mark.parametrize(
    "name", ["access_token", "token", "id_token", "Access_Token", "access%5Ftoken", "%74oken"]
)
@pytest.mark.parametrize("with_header", [True, False])
def test_t08_a_token_in_the_query_string_is_refused(
    app: Flask, make_token: TokenMaker, name: str, with_header: bool
) -> None:
    """T08: also beside a good header, also encoded, also empty."""
    headers = [f"Bearer {make_token()}"] if with_header else []
    for value in (make_token(), "x", ""):
        for path in (f"/me?{name}={value}", f"/me?limit=3&{name}={value}"):
            status, _, www_authenticate = ask(app, *headers, path=path)
            assert (status, www_authenticate) == (401, f'{REALM}, error="invalid_token"')


def test_t08_other_parameters_pass(app: Flask, make_token: TokenMaker) -> None:
    """T08 is about names that carry tokens, not about every parameter."""
    assert ask(app, f"Bearer {make_token()}", path="/me?limit=3&cursor=token&tokens=1")[0] == 200


def test_t08_two_authorization_headers_are_refused(app: Flask, make_token: TokenMaker) -> None:
    """T08: two headers, the same or different, and as one joined by a WSGI server."""
    good, other = f"Bearer {make_token()}", f"Bearer {make_token(sub='bob')}"
    for headers in (
        [good, good],
        [good, other],
        [good, "Basic YTpi"],
        ["Basic YTpi", good],
        ["", good],
        [f"{good},{other}"],
        [f"{good}, {other}"],
        [f"{good},"],
        [f",{good}"],
    ):
        status, _, www_authenticate = ask(app, *headers)
        assert (status, www_authenticate) == (401, f'{REALM}, error="invalid_token"'), headers


@pytest.mark.parametrize(
    "scheme", ["Basic", "Digest", "DPoP", "Negotiate", "Token", "JWT", "BearerX", "Bearer:", ""]
)
def test_t08_other_schemes_are_refused(app: Flask, make_token: TokenMaker, scheme: str) -> None:
    """T08: a good token under another scheme, or under none."""
    assert ask(app, f"{scheme} {make_token()}")[0] == 401


@pytest.mark.parametrize("shape", ["Bearer", "Bearer ", "Bearer {0} {0}", "Bearer {0} x", '"{0}"'])
def test_t08_other_shapes_are_refused(app: Flask, make_token: TokenMaker, shape: str) -> None:
    """T08: exactly one token after the scheme (RFC 6750 §2.1)."""
    assert ask(app, shape.format(make_token()))[0] == 401


def test_challenges_belong_to_401_and_403_alone() -> None:
    """A pure function of the problem: the renderer may ask it about any."""
    assert challenge(InvalidToken()) == f'{REALM}, error="invalid_token"'
    assert challenge(InsufficientScope()) == f'{REALM}, error="insufficient_scope"'
    assert challenge(MissingScope(frozenset({"s"}))).endswith('scope="s"')
    assert [challenge(problem()) for problem in (NotFound, IdentityUnavailable)] == ["", ""]


def test_the_door_adds_little_to_a_remembered_token(
    verifier: TokenVerifier, make_token: TokenMaker
) -> None:
    """Finding the token and setting the principal costs less than a fifth of a verification."""
    token = make_token()
    protector = BearerProtector(verifier.verify_token)

    def best(call: Callable[[], object]) -> float:
        def once() -> float:
            started = time.perf_counter()
            for _ in range(100):
                call()
            return time.perf_counter() - started

        return min(once() for _ in range(7))

    headers = {"Authorization": f"Bearer {token}"}
    with Flask(__name__).test_request_context("/me?limit=3", headers=headers):
        protector.authenticate()
        assert best(protector.authenticate) < best(lambda: verifier._verify_afresh(token)) / 5

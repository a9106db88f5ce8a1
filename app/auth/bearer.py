"""Flask's door: the bearer token of a request becomes ``flask.g.principal`` (RFC 6750).

Authlib's ``ResourceProtector`` with its sanctioned seams: the validator judges the token, and
``raise_error_response`` turns Authlib's errors into ours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NoReturn

from authlib.integrations.flask_oauth2 import ResourceProtector
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import MissingAuthorizationError
from authlib.oauth2.rfc6750 import BearerTokenValidator
from flask import Request, g, request
from werkzeug.local import LocalProxy

from app.auth.claims import MissingScope
from app.domain.errors import InsufficientScope, InvalidToken, Problem
from app.domain.principal import Principal

REALM = "asset-gateway"
# Addresses end up in logs, histories and referrers (RFC 6750 §2.3, RFC 9700 §4.3.2).
TOKEN_PARAMETERS = frozenset({"access_token", "id_token", "token"})


class MissingCredentials(InvalidToken):
    """No token was sent at all, which the challenge says by naming no error."""


class PrincipalValidator(BearerTokenValidator):
    """Authlib's bearer validator over ``verify_token``; its "token" is the ``Principal``."""

    def __init__(self, verify_token: Callable[[str], Principal]) -> None:
        super().__init__(REALM)
        self._verify_token = verify_token

    def authenticate_token(self, token_string: str) -> Principal:
        return self._verify_token(token_string)

    def validate_token(
        self, token: Principal, scopes: Iterable[str] | None, request: Request
    ) -> None:
        """Nothing is left to judge: expiry and scopes are part of ``verify_token``."""


class BearerProtector(ResourceProtector):
    """Authenticates requests; ``authenticate`` is made for the application's ``before_request``.

    :param verify_token: raises ``InvalidToken``, ``InsufficientScope``, ``IdentityUnavailable``.
    """

    def __init__(self, verify_token: Callable[[str], Principal]) -> None:
        super().__init__()
        self.register_token_validator(PrincipalValidator(verify_token))

    def authenticate(self) -> None:
        """Set ``g.principal`` to the current request's caller.

        :raises Problem: as ``verify_token`` does; ``InvalidToken`` also for a token in the query
            string, two ``Authorization`` headers, and other schemes (RFC 6750 §2).
        """
        try:
            self.acquire_token()
        except OAuth2Error as error:
            self.raise_error_response(error)

    def acquire_token(self, scopes: Iterable[str] | None = None, **kwargs: object) -> Principal:
        # Authlib would wrap the request, which rebuilds its address each time, and each look
        # through Flask's proxy costs a microsecond: so the request itself, and only once.
        current: Request = request._get_current_object()  # type: ignore[attr-defined]
        check_token_place(current)
        principal: Principal = self.validate_request(scopes, current, **kwargs)  # type: ignore[no-untyped-call]
        g.principal = principal
        return principal

    def raise_error_response(self, error: OAuth2Error) -> NoReturn:
        if isinstance(error, MissingAuthorizationError):
            raise MissingCredentials("Send an Authorization header: Bearer <token>") from error
        raise InvalidToken("The Authorization header must be: Bearer <token>") from error


def check_token_place(request: Request) -> None:
    """One ``Authorization`` header, and no token in the query string.

    :raises InvalidToken: otherwise.
    """
    if request.query_string and any(name.lower() in TOKEN_PARAMETERS for name in request.args):
        raise InvalidToken("A token in the query string is not accepted")
    # WSGI joins repeated headers with a comma, which no bearer token has (RFC 6750 §2.1).
    if "," in request.environ.get("HTTP_AUTHORIZATION", ""):
        raise InvalidToken("Send one Authorization header")


def challenge(problem: Problem) -> str:
    """The ``WWW-Authenticate`` value for a 401 or 403 (RFC 6750 §3); empty for other problems."""
    bearer = f'Bearer realm="{REALM}"'
    if isinstance(problem, MissingCredentials):
        return bearer
    if isinstance(problem, InvalidToken):
        return f'{bearer}, error="invalid_token"'
    if isinstance(problem, MissingScope):
        scopes = " ".join(sorted(problem.scopes))
        return f'{bearer}, error="insufficient_scope", scope="{scopes}"'
    if isinstance(problem, InsufficientScope):
        return f'{bearer}, error="insufficient_scope"'
    return ""


def _principal() -> Principal:
    try:
        principal: Principal = g.principal
    except AttributeError:
        raise RuntimeError("this endpoint is public: nobody was authenticated") from None
    return principal


# As Flask types its own proxies: what readers use is what stands behind it.
current_principal: Principal = LocalProxy(_principal)  # type: ignore[assignment]

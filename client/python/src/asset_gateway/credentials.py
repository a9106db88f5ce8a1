"""A token for a back end: the client-credentials grant (RFC 6749, section 4.4)."""

from __future__ import annotations

import threading
import time
from urllib.parse import quote

import httpx

from asset_gateway.errors import GatewayError

_EARLY_SECONDS = 60.0
_ERRORS = {
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "unauthorized_client",
    "unsupported_grant_type",
    "invalid_scope",
}


class ClientCredentials:
    """A token that is asked for when it is needed, and again before it ends. Thread-safe.

    :param token_url: the provider's token endpoint, such as Cognito's
        ``https://DOMAIN.auth.REGION.amazoncognito.com/oauth2/token``.
    :param scope: scopes, separated by blanks.
    :param extra: further fields, such as ``audience`` for Auth0.

    Raises ``GatewayError`` when the endpoint gives none; its text holds no secret.
    """

    def __init__(
        self,
        token_url: str,
        client_id: str,
        client_secret: str,
        *,
        scope: str = "",
        extra: dict[str, str] | None = None,
        timeout: float = 10.0,
    ) -> None:
        self._url = token_url
        # Section 2.3.1 asks for it. A blank is `%20`, which all servers read; `+` not all.
        self._auth = (quote(client_id, safe=""), quote(client_secret, safe=""))
        fields = {"grant_type": "client_credentials", "scope": scope}
        self._fields = {name: text for name, text in {**fields, **(extra or {})}.items() if text}
        self._timeout = timeout
        self._lock = threading.Lock()
        self._token = ""
        self._renew_at = 0.0

    def __call__(self) -> str:
        with self._lock:
            if time.monotonic() >= self._renew_at:
                self._fetch()
            return self._token

    def forget(self) -> None:
        """Ask for another the next time: the gateway refused this one."""
        self._renew_at = 0.0

    def _fetch(self) -> None:
        try:
            answer = httpx.post(
                self._url, data=self._fields, auth=self._auth, timeout=self._timeout
            )
            if not answer.is_success:
                raise GatewayError(f"the token endpoint gave no token: {_said(answer)}")
            document = answer.json()
            token, life = document["access_token"], float(document.get("expires_in", 300))
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            raise GatewayError(
                f"the token endpoint gave no token: {type(error).__name__}"
            ) from None
        self._token = str(token)
        self._renew_at = time.monotonic() + max(life - _EARLY_SECONDS, life / 2)


def _said(answer: httpx.Response) -> str:
    """The status, and the error's name where it is one of RFC 6749, section 5.2."""
    try:
        name = str(answer.json()["error"])
    except (ValueError, KeyError, TypeError):
        name = ""
    status = f"status {answer.status_code}"
    return f"{status} {name}" if name in _ERRORS else status

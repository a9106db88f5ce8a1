"""Codes that Cognito would send by mail: printed, and asked for.

moto sends none and takes any. Here a sign-up and a forgotten password each have one code of six
digits, the last one counts, and once.
https://docs.aws.amazon.com/cognito/latest/developerguide/signing-up-users-in-your-app.html
"""

from __future__ import annotations

import hmac
import secrets
from typing import Any

from moto.cognitoidp.exceptions import (
    CodeMismatchException,
    InvalidParameterException,
    NotAuthorizedError,
    ResourceNotFoundError,
    UserNotFoundError,
)
from moto.cognitoidp.models import cognitoidp_backends
from moto.cognitoidp.responses import CognitoIdpResponse
from moto.core.responses import ActionResult


def install() -> None:
    """Patch moto's Cognito; call once, before the first request."""
    sign_up = CognitoIdpResponse.sign_up
    confirm_sign_up = CognitoIdpResponse.confirm_sign_up
    forgot_password = CognitoIdpResponse.forgot_password
    confirm_forgot_password = CognitoIdpResponse.confirm_forgot_password

    def signs_up(self: CognitoIdpResponse) -> ActionResult:
        answer = sign_up(self)
        _send(self, "confirm the account")
        return answer

    def sends_again(self: CognitoIdpResponse) -> ActionResult:
        if _user(self).status == "CONFIRMED":
            raise InvalidParameterException("User is already confirmed.")
        return ActionResult({"CodeDeliveryDetails": _send(self, "confirm the account")})

    def confirms(self: CognitoIdpResponse) -> ActionResult:
        status = _user(self).status
        if status != "UNCONFIRMED":
            raise NotAuthorizedError(f"User cannot be confirmed. Current status is {status}")
        _check(self)
        return confirm_sign_up(self)

    def forgets(self: CognitoIdpResponse) -> ActionResult:
        answer = forgot_password(self)
        self.response_headers.pop("x-moto-forgot-password-confirmation-code", None)
        # Whether there is such a user is not told, as PreventUserExistenceErrors has it.
        if _user_or_none(self):
            _send(self, "choose a new password")
        return answer

    def chooses(self: CognitoIdpResponse) -> ActionResult:
        _check(self)
        return confirm_forgot_password(self)

    CognitoIdpResponse.sign_up = signs_up  # type: ignore[method-assign]
    CognitoIdpResponse.resend_confirmation_code = sends_again  # type: ignore[attr-defined]
    CognitoIdpResponse.confirm_sign_up = confirms  # type: ignore[method-assign]
    CognitoIdpResponse.forgot_password = forgets  # type: ignore[method-assign]
    CognitoIdpResponse.confirm_forgot_password = chooses  # type: ignore[method-assign]


def _send(response: CognitoIdpResponse, purpose: str) -> dict[str, str]:
    user = _user(response)
    user.confirmation_code = f"{secrets.randbelow(1_000_000):06}"
    to = user.attribute_lookup.get("email", user.username)
    print(f"code for {to} to {purpose}: {user.confirmation_code}", flush=True)
    return {"Destination": to, "DeliveryMedium": "EMAIL", "AttributeName": "email"}


def _check(response: CognitoIdpResponse) -> None:
    """Raises CodeMismatchException for another code than the last one, or for one used already."""
    user = _user_or_none(response)
    code = (user and user.confirmation_code) or ""
    given = str(response._get_param("ConfirmationCode") or "")
    if not code or not hmac.compare_digest(code.encode(), given.encode()):
        raise CodeMismatchException("Invalid verification code provided, please try again.")
    user.confirmation_code = None


def _user(response: CognitoIdpResponse) -> Any:
    user = _user_or_none(response)
    if user is None:
        raise UserNotFoundError("User does not exist.")
    return user


def _user_or_none(response: CognitoIdpResponse) -> Any:
    client_id = response._get_param("ClientId")
    backends = [b for account in cognitoidp_backends.values() for b in account.values()]
    for pool in (pool for backend in backends for pool in backend.user_pools.values()):
        if client_id in pool.clients:
            return pool._get_user(response._get_param("Username"))
    raise ResourceNotFoundError(client_id)

"""Codes of the local Cognito: printed where a mail would be sent, and asked for."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from devstack.bootstrap import strong_password
from tests.devstack.talkative import Talkative


def test_an_account_is_confirmed_by_its_own_code(talkative: Talkative) -> None:
    """Another code is refused, the one that was sent anew counts, and once; passwords likewise."""
    stack = talkative.stack
    cognito = stack.client("cognito-idp")
    ada = {"ClientId": stack.client_id, "Username": "ada@example.com"}
    password = strong_password()
    cognito.sign_up(**ada, Password=password)
    first = talkative.last_code()
    with pytest.raises(ClientError, match="UserNotConfirmedException"):
        stack.sign_in("ada@example.com", password)
    wrong = f"{(int(first) + 1) % 1_000_000:06}"
    for code in (wrong, " ", "moto-confirmation-code:1"):
        with pytest.raises(ClientError, match="CodeMismatchException"):
            cognito.confirm_sign_up(**ada, ConfirmationCode=code)
    cognito.resend_confirmation_code(**ada)
    second = talkative.last_code()
    cognito.confirm_sign_up(**ada, ConfirmationCode=second)
    assert stack.sign_in("ada@example.com", password)["AccessToken"]
    with pytest.raises(ClientError, match="NotAuthorizedException"):
        cognito.confirm_sign_up(**ada, ConfirmationCode=second)

    another = strong_password()
    cognito.forgot_password(**ada)
    third = talkative.last_code()
    with pytest.raises(ClientError, match="CodeMismatchException"):
        cognito.confirm_forgot_password(**ada, ConfirmationCode=second, Password=another)
    cognito.confirm_forgot_password(**ada, ConfirmationCode=third, Password=another)
    assert stack.sign_in("ada@example.com", another)["AccessToken"]


def test_nobody_is_told_who_has_an_account(talkative: Talkative) -> None:
    """A forgotten password of nobody is answered like anybody's, and no code opens it."""
    cognito = talkative.stack.client("cognito-idp")
    nobody = {"ClientId": talkative.stack.client_id, "Username": "nobody@example.com"}
    assert cognito.forgot_password(**nobody)["CodeDeliveryDetails"]
    with pytest.raises(ClientError, match="CodeMismatchException"):
        cognito.confirm_forgot_password(
            **nobody, ConfirmationCode="000000", Password=strong_password()
        )

"""Sign-in: tokens of the stack's own key, users under the pool's rules."""

from __future__ import annotations

import json
from typing import Any

import pytest
import urllib3
from botocore.exceptions import ClientError
from joserfc import jwt
from joserfc.jwk import KeySet

from devstack.account import Stack
from devstack.bootstrap import strong_password
from devstack.testing import running_store


def published(stack: Stack) -> dict[str, Any]:
    with urllib3.PoolManager() as http:
        return dict(json.loads(http.request("GET", stack.jwks_url).data))


def test_tokens_verify_against_the_published_key(stack: Stack) -> None:
    """Access and ID token, by the JWKS alone, with the claims a real pool gives."""
    password = strong_password()
    sub = stack.create_user("ada@example.com", password, groups=["editors"])
    tokens = stack.sign_in("ada@example.com", password)
    keys = KeySet.import_key_set(published(stack))
    access = jwt.decode(tokens["AccessToken"], keys, algorithms=["RS256"]).claims
    assert access["sub"] == sub
    assert access["iss"] == stack.issuer
    assert access["client_id"] == stack.client_id
    assert access["token_use"] == "access"
    assert access["cognito:groups"] == ["editors"]
    assert "aud" not in access
    identity = jwt.decode(tokens["IdToken"], keys, algorithms=["RS256"]).claims
    assert (identity["aud"], identity["token_use"]) == (stack.client_id, "id")


def test_each_start_has_a_key_of_its_own(stack: Stack) -> None:
    """moto's public key, kid ``dummy``, is gone; two stores share no key; no private part shows."""
    with running_store() as other:
        mine, theirs = published(stack)["keys"], published(other)["keys"]
    assert len(mine) == len(theirs) == 1
    assert "dummy" not in (mine[0]["kid"], theirs[0]["kid"])
    assert mine[0]["kid"] != theirs[0]["kid"]
    assert mine[0]["n"] != theirs[0]["n"]
    assert not {"d", "p", "q"} & set(mine[0])


def test_a_wrong_password_is_refused(stack: Stack) -> None:
    """USER_PASSWORD_AUTH checks the password."""
    stack.create_user("bob@example.com", strong_password())
    with pytest.raises(ClientError, match="NotAuthorizedException"):
        stack.sign_in("bob@example.com", "Wrong-0000!")


@pytest.mark.parametrize(
    "weak", ["Sh0rt!", "no-capital-1!", "NO-SMALL-1!", "No-Digit!", "NoSymbol1"]
)
def test_weak_passwords_are_refused(stack: Stack, weak: str) -> None:
    """Eight characters with a capital, a small letter, a digit and a symbol."""
    cognito = stack.client("cognito-idp")
    with pytest.raises(ClientError, match="InvalidPasswordException"):
        cognito.sign_up(ClientId=stack.client_id, Username="eve@example.com", Password=weak)


def test_a_session_can_be_renewed_until_it_is_revoked(stack: Stack) -> None:
    """The refresh token gives a new access token, and none once it was revoked."""
    password = strong_password()
    stack.create_user("cleo@example.com", password)
    refresh = stack.sign_in("cleo@example.com", password)["RefreshToken"]
    cognito = stack.client("cognito-idp")
    renew = {
        "ClientId": stack.client_id,
        "AuthFlow": "REFRESH_TOKEN_AUTH",
        "AuthParameters": {"REFRESH_TOKEN": refresh},
    }
    assert cognito.initiate_auth(**renew)["AuthenticationResult"]["AccessToken"]
    cognito.revoke_token(Token=refresh, ClientId=stack.client_id)
    with pytest.raises(ClientError, match="NotAuthorizedException"):
        cognito.initiate_auth(**renew)


def test_the_bucket_is_set_up_as_on_aws(stack: Stack) -> None:
    """Versioning on, unfinished uploads removed by a rule."""
    s3 = stack.client("s3")
    assert s3.get_bucket_versioning(Bucket=stack.bucket)["Status"] == "Enabled"
    rules = s3.get_bucket_lifecycle_configuration(Bucket=stack.bucket)["Rules"]
    assert rules[0]["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"] == 7


def test_queues_work_beside_it(stack: Stack) -> None:
    """SQS goes through to moto, for upload events."""
    sqs = stack.client("sqs")
    url = sqs.create_queue(QueueName="events")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="hello")
    assert sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"] == "hello"

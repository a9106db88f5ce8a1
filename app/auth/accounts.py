"""The caller's Cognito account, by the caller's own access token.

GetUser and DeleteUser take no AWS credentials: the token is the permission, and it can name
nobody else. https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_DeleteUser.html
"""

from __future__ import annotations

import json

import urllib3

from app import http_clients
from app.domain.errors import IdentityUnavailable, InvalidToken
from app.domain.partitions import regional_host

TOTAL_SECONDS = 15.0
_GONE = "UserNotFoundException"
_REFUSED = frozenset({"NotAuthorizedException", "InvalidParameterException"})


class Accounts:
    """One region's user accounts."""

    #: What Cognito puts into access tokens of its own sign-in, and these calls ask for.
    SCOPE = "aws.cognito.signin.user.admin"

    def __init__(self, region: str, endpoint: str = "") -> None:
        origin = endpoint or f"https://{regional_host('cognito-idp', region)}"
        self._url = f"{origin.rstrip('/')}/"
        self._http = http_clients.pool_for(self._url)

    def check(self, access_token: str) -> None:
        """See that Cognito itself takes the token, which a local look at it cannot tell.

        Raises ``InvalidToken`` for one that was revoked, ``IdentityUnavailable``. An account that
        is gone already is no fault.
        """
        self._ask("GetUser", access_token)

    def delete(self, access_token: str) -> None:
        """Delete the account; nothing happens when it is gone. Raises as ``check`` does."""
        self._ask("DeleteUser", access_token)

    def _ask(self, action: str, access_token: str) -> None:
        try:
            with http_clients.deadline(TOTAL_SECONDS):
                answer = self._http.request(
                    "POST",
                    self._url,
                    body=json.dumps({"AccessToken": access_token}).encode(),
                    headers={
                        "Content-Type": "application/x-amz-json-1.1",
                        "X-Amz-Target": f"AWSCognitoIdentityProviderService.{action}",
                    },
                    redirect=False,
                )
        except urllib3.exceptions.HTTPError:
            raise IdentityUnavailable("The account service cannot be reached") from None
        if answer.status == 200:
            return
        code = _code(answer.data)
        if code == _GONE:
            return
        if code in _REFUSED:
            raise InvalidToken("Cognito does not accept this token any more; sign in again")
        raise IdentityUnavailable("The account service has a fault of its own; try again")


def _code(body: bytes) -> str:
    """The error's name, which some answers write behind a namespace and a ``#``."""
    try:
        return str(json.loads(body).get("__type", "")).rpartition("#")[2]
    except (ValueError, AttributeError):
        return ""

"""Whether S3's event tells of the role whose credentials browsers get.

An event names a principal as ``AWS:{role id}:{session}``; the setting has the role's ARN. What
AssumeRole answers has both, so no further permission is needed to learn the id.

https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumedRoleUser.html
"""

from __future__ import annotations

import threading

from app.aws.clients import LazyClient
from app.domain.errors import StorageUnavailable

#: Credentials that nobody uses: as short a life as AWS gives, and nothing they could do.
_SECONDS = 900
_NOTHING = '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}'


class UploadRole:
    """One role; its id is learnt at the first question and kept."""

    def __init__(self, sts: LazyClient, role_arn: str) -> None:
        self._sts = sts
        self._role_arn = role_arn
        self._id = ""
        self._lock = threading.Lock()

    def wrote(self, principal: str) -> bool:
        """Whether ``principal`` is a session of the role. Raises ``StorageUnavailable`` while
        that cannot be known, for an upload must not pass for a back end's object."""
        provider, _, session = principal.partition(":")
        return provider == "AWS" and session.partition(":")[0] == self._role_id()

    def _role_id(self) -> str:
        from botocore.exceptions import BotoCoreError, ClientError

        with self._lock:
            if not self._id:
                try:
                    answer = self._sts.get().assume_role(
                        RoleArn=self._role_arn,
                        RoleSessionName="asset-gateway-events",
                        DurationSeconds=_SECONDS,
                        Policy=_NOTHING,
                    )
                except (BotoCoreError, ClientError) as error:
                    raise StorageUnavailable("The upload role's id cannot be had") from error
                self._id = answer["AssumedRoleUser"]["AssumedRoleId"].partition(":")[0]
            return self._id

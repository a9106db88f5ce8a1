"""Temporary credentials that work below one user's root and nowhere else.

AssumeRole with a session policy: what a caller may do is what the role *and* the policy allow.
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_assumerole.html
"""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from app.aws.clients import LazyClient
from app.aws.errors import problem_of_client
from app.aws.session_policies import session_policy
from app.domain.access import Access
from app.domain.errors import StorageUnavailable
from app.domain.paths import Root
from app.s3.bulkhead import Bulkhead
from app.signing.credentials import Credentials

#: One hour is also the most that role chaining gives.
LIFE_SECONDS = 3_600
MAX_REMEMBERED = 4_096
_RENEW_BEFORE = timedelta(minutes=15)
# RoleSessionName: [\w+=,.@-]{2,64}. It stands in CloudTrail beside each request.
_NOT_IN_SESSION_NAMES = re.compile(r"[^\w+=,.@-]", re.ASCII)


class ScopedCredentials:
    """Credentials for one bucket, per caller and access, remembered to a quarter hour of their end.

    At most ``MAX_REMEMBERED`` are remembered; those that were asked for longest ago go first.
    """

    def __init__(
        self,
        sts: LazyClient,
        role_arn: str,
        bucket: str,
        region: str,
        *,
        bulkhead: Bulkhead,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._sts = sts
        self._bulkhead = bulkhead
        self._role_arn = role_arn
        # Other stores name their roles as they like, and their buckets as AWS does.
        named = role_arn.split(":")[1]
        self._partition = named if named.startswith("aws") else "aws"
        self.bucket = bucket
        self.region = region
        self._clock = clock
        self._remembered: OrderedDict[tuple[str, Access], Credentials] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, root: Root, access: Access = Access.WRITE) -> Credentials:
        """Credentials of ``root``'s own, which always expire.

        Raises ``StorageError`` when the role may not be assumed, ``StorageUnavailable`` when STS
        cannot be reached.
        """
        whose = (root.sub, access)
        with self._lock:
            known = self._remembered.get(whose)
            if known and known.expires_at and known.expires_at - self._clock() > _RENEW_BEFORE:
                self._remembered.move_to_end(whose)
                return known
        fresh = self._assume(root, access)
        with self._lock:
            self._remembered[whose] = fresh
            self._remembered.move_to_end(whose)
            while len(self._remembered) > MAX_REMEMBERED:
                self._remembered.popitem(last=False)
        return fresh

    def _assume(self, root: Root, access: Access) -> Credentials:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            with self._bulkhead:
                answer = self._sts.get().assume_role(
                    RoleArn=self._role_arn,
                    RoleSessionName=_NOT_IN_SESSION_NAMES.sub("-", f"u-{root.sub}")[:64],
                    Policy=session_policy(self.bucket, root, access, partition=self._partition),
                    DurationSeconds=LIFE_SECONDS,
                )
        except ClientError as error:
            raise problem_of_client(error) from error
        except BotoCoreError as error:
            raise StorageUnavailable from error
        found = answer["Credentials"]
        return Credentials(
            found["AccessKeyId"],
            found["SecretAccessKey"],
            found["SessionToken"],
            found["Expiration"].astimezone(UTC),
        )

"""Temporary credentials that can upload below one user's root and do nothing else.

AssumeRole with a session policy: what a caller may do is what the role *and* the policy allow.
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_assumerole.html
"""

from __future__ import annotations

import json
import re
import threading
from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from app.aws.clients import LazyClient
from app.aws.errors import problem_of_client
from app.domain.errors import StorageUnavailable
from app.domain.paths import LIBRARY_KINDS, Root
from app.s3.bulkhead import Bulkhead
from app.signing.credentials import Credentials

#: AWS takes a plain session policy of at most so many characters.
MAX_POLICY_CHARS = 2_048
#: One hour is also the most that role chaining gives.
LIFE_SECONDS = 3_600
MAX_REMEMBERED = 4_096
_RENEW_BEFORE = timedelta(minutes=15)
_ACTIONS = ("s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts")
# RoleSessionName: [\w+=,.@-]{2,64}. It stands in CloudTrail beside each request.
_NOT_IN_SESSION_NAMES = re.compile(r"[^\w+=,.@-]", re.ASCII)


def session_policy(bucket: str, root: Root, *, partition: str = "aws") -> str:
    """The IAM policy, as JSON, of what the caller's kind folders and projects take.

    Never ``shares/``, whose records are the gateway's alone to write (T48). A ``sub`` holds none of
    the policy language's own characters.
    """
    arn = f"arn:{partition}:s3:::{bucket}/{root.prefix}"
    folders = [*sorted(LIBRARY_KINDS), "projects"]
    statement = {
        "Effect": "Allow",
        "Action": _ACTIONS,
        "Resource": [f"{arn}{folder}/*" for folder in folders],
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]}, separators=(",", ":"))
    if len(policy) > MAX_POLICY_CHARS:
        raise ValueError("the session policy is longer than AWS takes")
    return policy


class UploadCredentials:
    """Credentials for one bucket, per caller, remembered while they have a quarter hour to live.

    At most ``MAX_REMEMBERED`` callers are remembered; the one who asked longest ago goes first.
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
        self._remembered: OrderedDict[str, Credentials] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, root: Root) -> Credentials:
        """Credentials of ``root``'s own, which always expire.

        Raises ``StorageError`` when the role may not be assumed, ``StorageUnavailable`` when STS
        cannot be reached.
        """
        with self._lock:
            known = self._remembered.get(root.sub)
            if known and known.expires_at and known.expires_at - self._clock() > _RENEW_BEFORE:
                self._remembered.move_to_end(root.sub)
                return known
        fresh = self._assume(root)
        with self._lock:
            self._remembered[root.sub] = fresh
            self._remembered.move_to_end(root.sub)
            while len(self._remembered) > MAX_REMEMBERED:
                self._remembered.popitem(last=False)
        return fresh

    def _assume(self, root: Root) -> Credentials:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            with self._bulkhead:
                answer = self._sts.get().assume_role(
                    RoleArn=self._role_arn,
                    RoleSessionName=_NOT_IN_SESSION_NAMES.sub("-", f"u-{root.sub}")[:64],
                    Policy=session_policy(self.bucket, root, partition=self._partition),
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

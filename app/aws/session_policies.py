"""What a session of the upload role may do: the IAM policy of one caller's credentials.

What a session may do is what the role *and* this policy allow.
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#policies_session
"""

from __future__ import annotations

import json
from typing import Any

from app.domain.access import Access
from app.domain.grammar import PREVIEW_START
from app.domain.kinds import LIBRARY_KINDS
from app.domain.paths import Root

#: AWS takes a plain session policy of at most so many characters.
MAX_POLICY_CHARS = 2_048

_WRITE = ("s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts")


def session_policy(
    bucket: str, root: Root, access: Access = Access.WRITE, *, partition: str = "aws"
) -> str:
    """The IAM policy, as JSON, of what ``access`` to the caller's kind folders and projects takes.

    Never ``shares/``, whose records are the gateway's alone to write and to read (T48), nor the
    names of previews for writing. A ``sub``
    holds none of the policy language's own characters. Raises ValueError past
    ``MAX_POLICY_CHARS``, which no bucket and ``sub`` reach.
    """
    arn = f"arn:{partition}:s3:::{bucket}"
    folders = [*sorted(LIBRARY_KINDS), "projects"]
    objects = [f"{arn}/{root.prefix}{folder}/*" for folder in folders]
    statements = [_statement(_object_actions(access), objects)]
    if access.writes:
        # Previews are the gateway's to sign for: small, and pictures (T62).
        statements.append(_preview_denial(partition))
    if access.reads:
        statements.append(_listing(arn, root))
    document = {"Version": "2012-10-17", "Statement": statements}
    policy = json.dumps(document, separators=(",", ":"))
    if len(policy) > MAX_POLICY_CHARS:
        raise ValueError("the session policy is longer than AWS takes")
    return policy


def _object_actions(access: Access) -> list[str]:
    actions = list(_WRITE) if access.writes else []
    actions += ["s3:GetObject"] if access.reads else []
    actions += ["s3:DeleteObject"] if access.deletes else []
    return actions


def _preview_denial(partition: str) -> dict[str, Any]:
    """Wherever they lie: the caller's folder would not fit beside the longest ``sub``."""
    resource = f"arn:{partition}:s3:::*/{PREVIEW_START}*"
    return {"Effect": "Deny", "Action": "s3:PutObject", "Resource": resource}


def _statement(actions: list[str], resources: list[str], **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": resources, **more}


def _listing(arn: str, root: Root) -> dict[str, Any]:
    """ListBucket inside a folder that is named in full, but ``shares/``.

    The root itself cannot be listed: that would name the share records. Two patterns stand for the
    five folders, which would not fit beside the longest ``sub``.
    """
    condition = {
        "StringLike": {"s3:prefix": f"{root.prefix}*/*"},
        "StringNotLike": {"s3:prefix": f"{root.prefix}shares/*"},
    }
    return _statement(["s3:ListBucket"], [arn], Condition=condition)

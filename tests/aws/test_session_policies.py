"""What a caller's session may do, as the policy says it."""

from __future__ import annotations

import fnmatch
import json
from typing import Any

import pytest

from app.aws import session_policies
from app.aws.session_policies import MAX_POLICY_CHARS, session_policy
from app.domain.access import Access
from app.domain.paths import Root

BUCKET = "arn:aws:s3:::bucket"
FOLDERS = ("audio", "brand_kit", "image", "video", "projects")
UPLOAD = {"s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"}


def statements(access: Access) -> list[dict[str, Any]]:
    return list(json.loads(session_policy("bucket", Root("abc"), access))["Statement"])


def test_without_a_word_the_policy_is_for_uploads_alone() -> None:
    """T48: kind folders and projects, three actions, never `shares/`."""
    policy = json.loads(session_policy("bucket", Root("abc")))
    statement, denial = policy["Statement"]
    assert denial["Effect"] == "Deny"
    assert statement["Effect"] == "Allow"
    assert set(statement["Action"]) == UPLOAD
    root = f"{BUCKET}/users/abc/"
    assert set(statement["Resource"]) == {f"{root}{folder}/*" for folder in FOLDERS}


@pytest.mark.parametrize(
    ("access", "expected"),
    [
        (Access.WRITE, UPLOAD),
        (Access.READ, {"s3:GetObject"}),
        (Access.READWRITE, UPLOAD | {"s3:GetObject", "s3:DeleteObject"}),
    ],
)
def test_t48_each_access_allows_what_it_says(access: Access, expected: set[str]) -> None:
    """T48: on objects, in the same folders whatever the access."""
    first, *_ = statements(access)
    assert set(first["Action"]) == expected
    assert set(first["Resource"]) == {f"{BUCKET}/users/abc/{folder}/*" for folder in FOLDERS}


@pytest.mark.parametrize("access", Access)
def test_t62_no_access_writes_previews(access: Access) -> None:
    """T62: wherever they lie; what else begins or ends alike is theirs to write."""
    denials = [each for each in statements(access) if each["Effect"] == "Deny"]
    assert [each["Action"] for each in denials] == ["s3:PutObject"] * access.writes
    for denial in denials:
        for name, denied in [
            (f"video/{FOLDERS} !preview.png", False),
            ("video/0199/ !preview.png", True),
            ("projects/p1/video/0199/a/ !preview.", True),
            ("video/0199/!preview.png", False),
            ("video/0199/a !preview.png", False),
        ]:
            key = f"{BUCKET}/users/abc/{name}"
            assert fnmatch.fnmatchcase(key, denial["Resource"]) is denied, key


@pytest.mark.parametrize(
    ("prefix", "allowed"),
    [
        *((f"users/abc/{folder}/", True) for folder in FOLDERS),
        ("users/abc/projects/p1/video/", True),
        ("users/abc/image/0199", True),
        ("users/abc/", False),
        ("users/abc/i", False),
        ("users/abc/shares", False),
        ("users/abc/shares/", False),
        ("users/abc/shares/0199", False),
        ("users/abcd/image/", False),
        ("users/xyz/image/", False),
        ("users/", False),
        ("", False),
    ],
)
def test_t48_listings_stay_in_the_callers_folders(prefix: str, allowed: bool) -> None:
    """T48: by the prefix that is asked for; nothing above a folder, which names share records."""
    [listing] = [each for each in statements(Access.READ) if "s3:ListBucket" in each["Action"]]
    assert (listing["Action"], listing["Resource"]) == (["s3:ListBucket"], [BUCKET])
    like = listing["Condition"]["StringLike"]["s3:prefix"]
    unlike = listing["Condition"]["StringNotLike"]["s3:prefix"]
    fits = fnmatch.fnmatchcase(prefix, like) and not fnmatch.fnmatchcase(prefix, unlike)
    assert fits is allowed


@pytest.mark.parametrize("access", Access)
def test_the_longest_policy_fits(access: Access) -> None:
    """The longest bucket name and `sub` stay within what AWS takes as plain text."""
    policy = session_policy("b" * 63, Root("s" * 128), access, partition="aws-us-gov")
    assert len(policy) <= MAX_POLICY_CHARS


def test_a_policy_that_aws_would_not_take_is_never_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ours to notice, before anybody is told that storage failed."""
    monkeypatch.setattr(session_policies, "MAX_POLICY_CHARS", 100)
    with pytest.raises(ValueError, match="longer than AWS takes"):
        session_policy("bucket", Root("abc"))

"""Who may do what: the policies of the template against what the code really calls (T45, T48)."""

from __future__ import annotations

import ast
import fnmatch
import json
from pathlib import Path
from typing import Any

import pytest

from app.aws.session_policies import session_policy
from app.domain.access import Access
from app.domain.paths import Root
from tests.infra.aws_calls import ACTIONS, ROOT, actions_needed, operations, presigned
from tests.infra.templates import EVERYTHING, REQUIRED, Made

BUCKET = "arn:aws:s3:::media-example"
BUCKET_ACTIONS = {
    "s3:GetBucketVersioning",
    "s3:ListBucket",
    "s3:ListBucketMultipartUploads",
    "s3:ListBucketVersions",
}


@pytest.fixture(scope="module")
def made() -> Made:
    return Made("template.yaml", EVERYTHING)


def listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def granted(statements: list[dict[str, Any]]) -> set[str]:
    return {action for each in statements for action in listed(each["Action"])}


def may(statements: list[dict[str, Any]], action: str, resource: str, **context: str) -> bool:
    """IAM's decision for one request: an Allow that fits, and no Deny that does."""
    verdicts = set()
    for each in statements:
        if not any(fnmatch.fnmatchcase(action, wanted) for wanted in listed(each["Action"])):
            continue
        if not any(fnmatch.fnmatchcase(resource, known) for known in listed(each["Resource"])):
            continue
        keys = each.get("Condition", {}).get("StringLike", {})
        if all(fnmatch.fnmatchcase(context.get("prefix", ""), known) for known in keys.values()):
            verdicts.add(each["Effect"])
    return verdicts == {"Allow"}


def test_t45_the_gateway_may_do_what_its_code_does_and_nothing_else(made: Made) -> None:
    """T45: the policy's actions are those that the calls in these rooms need, to the letter."""
    rooms = ("assets", "aws", "events", "s3", "signing")
    needed = actions_needed(path for room in rooms for path in (ROOT / "app" / room).glob("*.py"))
    assert granted(made.statements("GatewayPolicy")) == needed


def test_t45_the_collector_reads_calls_signatures_and_versions(tmp_path: Path) -> None:
    """T45: a call by name, one that is signed here, and a version's id are each seen."""
    module = tmp_path / "module.py"
    module.write_text(
        "def a(self):\n    self.call('put_object', VersionId='1')\n"
        "def b(self):\n    self._presigner.presign('GET', at, '', query={'versions': ''})\n"
        "def c(self):\n    self._client.get().delete_object(Key='k', VersionId='1')\n"
    )
    assert actions_needed([module]) == {
        "s3:PutObject",
        "s3:PutObjectTagging",
        "s3:ListBucketVersions",
        "s3:DeleteObject",
        "s3:DeleteObjectVersion",
    }
    tree = ast.parse("def a(self):\n    self.call('put_bucket_acl')\n")
    assert set(operations(tree)) - ACTIONS.keys() == {"put_bucket_acl"}
    with pytest.raises(KeyError):
        list(presigned(ast.parse("def a(self):\n    self.presign('DELETE', at, key)\n")))


def test_t45_object_actions_end_at_the_users_folders(made: Made) -> None:
    """T45: every object action is for `users/*` of this bucket, and none is a wildcard."""
    for each in made.statements("GatewayPolicy"):
        assert each["Effect"] == "Allow"
        assert not any("*" in action for action in listed(each["Action"]))
        if set(listed(each["Action"])) & BUCKET_ACTIONS:
            assert each["Resource"] == BUCKET
        elif any(action.startswith("s3:") for action in listed(each["Action"])):
            assert each["Resource"] == f"{BUCKET}/users/*"
        else:
            assert "*" not in each["Resource"]


@pytest.mark.parametrize(
    ("action", "resource", "prefix", "allowed"),
    [
        ("s3:GetObject", "/users/a/image/x.png", "", True),
        ("s3:GetObject", "/backup/a.sql", "", False),
        ("s3:PutObject", "/usersx/a.png", "", False),
        ("s3:ListBucket", "", "users/", True),
        ("s3:ListBucket", "", "users/a/image/", True),
        ("s3:ListBucket", "", "", False),
        ("s3:ListBucket", "", "user", False),
        ("s3:ListBucketVersions", "", "", False),
        ("s3:PutObjectAcl", "/users/a/image/x.png", "", False),
        ("s3:PutBucketPolicy", "", "", False),
        ("s3:DeleteBucket", "", "", False),
    ],
)
def test_t45_requests_outside_the_users_folders_are_refused(
    made: Made, action: str, resource: str, prefix: str, allowed: bool
) -> None:
    """T45: whole listings, other folders, ACLs and the bucket's settings are out of reach."""
    statements = made.statements("GatewayPolicy")
    assert may(statements, action, BUCKET + resource, prefix=prefix) is allowed


@pytest.mark.parametrize("bucket", ["BucketPolicy", "LogBucketPolicy"])
def test_t45_plain_http_is_refused(made: Made, bucket: str) -> None:
    """T45: TLS only, for the bucket and its objects, whoever asks."""
    denied = next(each for each in made.statements(bucket) if each["Sid"] == "TlsOnly")
    assert (denied["Effect"], denied["Principal"], denied["Action"]) == ("Deny", "*", "s3:*")
    assert denied["Condition"] == {"Bool": {"aws:SecureTransport": False}}
    name = denied["Resource"][0]
    assert denied["Resource"] == [name, f"{name}/*"]
    assert name.startswith("arn:aws:s3:::")


def test_t45_nobody_outside_the_account_is_allowed_anything(made: Made) -> None:
    """T45: resource policies allow AWS services alone, and only on this account's behalf."""
    policies = [name for name in made.resources if "PolicyDocument" in made.properties(name)]
    allowed = [
        each
        for name in policies
        for each in made.statements(name)
        if each["Effect"] == "Allow" and "Principal" in each
    ]
    assert len(allowed) >= 4
    for each in allowed:
        assert set(each["Principal"]) == {"Service"}
        conditions = json.dumps(each["Condition"]).lower()
        assert "aws:sourceaccount" in conditions or "aws:sourcearn" in conditions


def test_t45_the_gateways_keys_are_an_identity_of_their_own(made: Made) -> None:
    """T45: a user gets its rights through a group, a role is for one service; never both."""
    assert made.properties("GatewayUser") == {"Groups": ["GatewayGroup"]}
    assert made.properties("GatewayPolicy")["Groups"] == ["GatewayGroup"]
    assert "Roles" not in made.properties("GatewayPolicy")
    service = "ecs-tasks.amazonaws.com"
    as_role = Made("template.yaml", REQUIRED | {"GatewayPrincipal": service})
    assert as_role.properties("GatewayPolicy")["Roles"] == ["GatewayRole"]
    assert not list(as_role.of_type("AWS::IAM::User"))
    trust = as_role.properties("GatewayRole")["AssumeRolePolicyDocument"]["Statement"]
    assert trust == [
        {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    ]
    assert not list(as_role.of_type("AWS::IAM::InstanceProfile"))


def test_a_machine_has_a_profile_to_take_the_role_by() -> None:
    """EC2 hands a role to what runs on an instance by its profile alone."""
    made = Made("template.yaml", REQUIRED | {"GatewayPrincipal": "ec2.amazonaws.com"})
    assert made.properties("GatewayInstanceProfile") == {"Roles": ["GatewayRole"]}


def test_t48_scoped_credentials_cannot_reach_a_share(made: Made) -> None:
    """T48: with the session policy or without it, the upload role reaches no share record."""
    role = made.statements("UploadRole")
    sessions = {
        access: json.loads(session_policy("media-example", Root("alice"), access))["Statement"]
        for access in Access
    }
    for action in granted(role):
        assert not may(role, action, f"{BUCKET}/users/alice/shares/1.json")
    for session in sessions.values():
        for action in granted(session) - BUCKET_ACTIONS:
            assert may(role, action, f"{BUCKET}/users/alice/video/1/a.mp4")
            assert may(session, action, f"{BUCKET}/users/alice/video/1/a.mp4")
    allowed = granted([each for each in role if each["Effect"] == "Allow"])
    assert allowed == granted(sessions[Access.READWRITE])
    for policy in (role, sessions[Access.READ]):
        assert may(policy, "s3:ListBucket", BUCKET, prefix="users/alice/video/")
        assert not may(policy, "s3:ListBucket", BUCKET, prefix="")
    trust = made.properties("UploadRole")["AssumeRolePolicyDocument"]["Statement"]
    assert [each["Principal"] for each in trust] == [
        {"AWS": made.worked_out({"Fn::GetAtt": ["GatewayUser", "Arn"]})}
    ]


def test_t48_the_edge_reads_assets_and_no_shares(made: Made) -> None:
    """T48: CloudFront may read the kinds' folders of this bucket, for this distribution alone."""
    edge = [each for each in made.statements("BucketPolicy") if each["Sid"] == "EdgeReadsAssets"]
    for folder in ("image", "video", "audio", "brand_kit", "projects/p/frame", "projects/p/video"):
        assert may(edge, "s3:GetObject", f"{BUCKET}/users/alice/{folder}/1/a.bin")
    assert not may(edge, "s3:GetObject", f"{BUCKET}/users/alice/shares/1.json")
    assert granted(edge) == {"s3:GetObject"}
    assert edge[0]["Condition"]["StringEquals"]["AWS:SourceArn"].endswith("/Distribution")


def test_the_doctors_policy_reads_settings_and_no_object(made: Made) -> None:
    """The doctor's permissions are of its own: it looks at settings, and at nobody's files."""
    statements = made.statements("DoctorPolicy")
    assert all(
        action.split(":")[1].startswith(("Get", "Describe", "List"))
        for action in granted(statements)
    )
    assert not may(statements, "s3:GetObject", f"{BUCKET}/users/alice/image/1/a.png")


def test_the_doctors_policy_covers_what_the_doctor_looks_at(made: Made) -> None:
    """What `app/cli/doctor` reads is allowed; fixes are made with rights that a person brings."""
    paths = [path for path in (ROOT / "app/cli").rglob("*.py") if "doctor" in str(path)]
    needed = {action for action in actions_needed(paths) if ":Put" not in action}
    allowed = granted(made.statements("DoctorPolicy")) | granted(made.statements("GatewayPolicy"))
    assert needed <= allowed

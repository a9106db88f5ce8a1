"""Drills: a lost region, a lost pool, a folder deleted by mistake; on the local stand-ins."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import create_app
from app.cli.recover import buckets
from app.cli.recover.accounts import Account, match, read_mapping, write_accounts
from app.cli.recover.options import Unusable
from config import Settings
from devstack.account import Stack
from devstack.bootstrap import strong_password
from tests.cli.conftest import Recover
from tests.gateway import Caller, fetch, send

PNG = b"\x89PNG\r\n\x1a\n" + bytes(24)
SECRET = "the secret key of before and after"


def bucket(stack: Stack) -> str:
    name = f"bucket-{uuid4().hex[:12]}"
    s3 = stack.client("s3")
    s3.create_bucket(Bucket=name)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    return name


def copying(source: str, target: str) -> list[str]:
    regions = ["--from-region", "us-east-1", "--to-region", "us-east-1"]
    return ["copy", "--from", source, "--to", target, *regions]


def heads(stack: Stack, name: str) -> dict[str, Any]:
    s3 = stack.client("s3")
    return {
        found["Key"]: s3.head_object(Bucket=name, Key=found["Key"])
        for found in s3.list_objects_v2(Bucket=name).get("Contents", [])
    }


STORED: dict[str, Any] = {
    "ContentType": "video/mp4",
    "Metadata": {"upload": "a-mark", "title": "Gr%C3%B6%C3%9Fe"},
    "CacheControl": "private, max-age=60",
    "ContentDisposition": 'attachment; filename="a.mp4"',
    "ContentLanguage": "de",
}


@pytest.mark.parametrize("part_bytes", [buckets.PART_BYTES, 5 * 2**20], ids=["whole", "in parts"])
def test_copies_keep_all_that_is_stored_with_an_object(
    stack: Stack, run: Recover, part_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of one that is copied in parts, too, of which S3 itself takes over nothing."""
    source, target = bucket(stack), bucket(stack)
    body = bytes(range(256)) * 2**12 * 11  # 11 MiB, three parts
    # By which the bucket's rules remove a temporary file.
    tagged = {"Tagging": "expires-after-days=7&of=a%20b"}
    stack.client("s3").put_object(
        Bucket=source, Key="users/s/video/a/a.mp4", Body=body, **STORED, **tagged
    )
    s3 = stack.client("s3")
    copy = buckets.BucketCopy(s3, source, s3, target, part_bytes=part_bytes)
    [step] = copy.run("users/", dry_run=False)
    assert (step.outcome, step.size, step.why) == ("copied", len(body), "")
    found = s3.get_object(Bucket=target, Key="users/s/video/a/a.mp4")
    assert found["Body"].read() == body
    assert {name: found[name] for name in STORED} == STORED
    tags = s3.get_object_tagging(Bucket=target, Key="users/s/video/a/a.mp4")["TagSet"]
    assert {each["Key"]: each["Value"] for each in tags} == {"expires-after-days": "7", "of": "a b"}
    assert ("-" in found["ETag"]) is (part_bytes < len(body))
    [again] = copy.run("users/", dry_run=False)
    assert again.outcome == "there"


def test_a_copy_overwrites_nothing_and_says_what_differs(stack: Stack, run: Recover) -> None:
    """Other bytes of the same size, which a comparison of sizes would take for the same."""
    source, target = bucket(stack), bucket(stack)
    s3 = stack.client("s3")
    for name, theirs, kind in (("a", b"1", "a/b"), ("b", b"2", "a/b"), ("c", b"1", "c/d")):
        s3.put_object(Bucket=source, Key=f"users/{name}", Body=b"1", ContentType="a/b")
        s3.put_object(Bucket=target, Key=f"users/{name}", Body=theirs, ContentType=kind)
    s3.put_object(Bucket=source, Key="elsewhere", Body=b"1")
    before = heads(stack, target)
    done = run(*copying(source, target), ok=False)
    assert "conflict: users/b: its contents differ" in done.output
    assert "conflict: users/c: its ContentType differs" in done.output
    assert "2 conflict, 1 there" in done.output
    after = heads(stack, target)
    assert {key: each["VersionId"] for key, each in after.items()} == {
        key: each["VersionId"] for key, each in before.items()
    }


def test_a_dry_run_of_a_copy_makes_none(stack: Stack, run: Recover) -> None:
    """It counts what it would copy."""
    source, target = bucket(stack), bucket(stack)
    stack.client("s3").put_object(Bucket=source, Key="users/a", Body=b"1")
    assert "1 copied, 1 bytes" in run(*copying(source, target), "--dry-run").output
    assert heads(stack, target) == {}


def test_a_bucket_that_is_not_there_is_a_message(stack: Stack, run: Recover) -> None:
    """In AWS' words, not as a traceback."""
    done = run(*copying("no-such-bucket-here", bucket(stack)), ok=False)
    assert "NoSuchBucket" in done.output
    assert "Traceback" not in done.output


def test_what_was_deleted_since_then_is_there_again(stack: Stack, run: Recover) -> None:
    """What was deleted before stays deleted, and what was written anew stays as it is."""
    name, s3 = bucket(stack), stack.client("s3")
    for key in ("users/s/a", "users/s/b", "users/t/c"):
        s3.put_object(Bucket=name, Key=key, Body=key.encode())
        s3.delete_object(Bucket=name, Key=key)
    s3.put_object(Bucket=name, Key="users/s/b", Body=b"anew")
    where = ["--bucket", name, "--region", "us-east-1", "--prefix", "users/s/"]
    now = datetime.now(UTC)
    late = (now + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%S")
    since = (now - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%S")
    assert "0 object(s)" in run("deleted", *where, "--since", late).output
    assert "users/s/a" in run("deleted", *where, "--since", since, "--dry-run").output
    assert heads(stack, name).keys() == {"users/s/b"}
    run("deleted", *where, "--since", since)
    assert heads(stack, name).keys() == {"users/s/a", "users/s/b"}
    assert s3.get_object(Bucket=name, Key="users/s/b")["Body"].read() == b"anew"


#: Below a user's folder: what S3 allows, whoever wrote it. A line break is beyond the stand-in.
ODD = (
    *("Größe/ü.mp4", "a\u0301", "日本語.mp4", "😀", "a b+c%20d&e=f?g#h.mp4", "%2F", "q'\"<>&"),
    *("tab\tkey", "folder/", "a//b", "/lead", " trailing ", "back\\slash", "empty"),
)
#: boto3 sends them; our own client does not, as HTTP takes them for steps along a path.
DOTTED = ("../up", "./dot")


def put_odd(stack: Stack, name: str, folder: str) -> dict[str, bytes]:
    """Bytes by key, of 0, 1 and more; one key is as long as S3 has them."""
    longest = "x" * (1024 - len(folder))
    bodies = {
        f"{folder}{key}": b"" if key in ("empty", "folder/") else key.encode()
        for key in (*ODD, *DOTTED, longest)
    }
    for key, body in bodies.items():
        stack.client("s3").put_object(Bucket=name, Key=key, Body=body, Metadata={"of": "mine"})
    return bodies


def stored(stack: Stack, name: str, prefix: str) -> dict[str, bytes]:
    s3 = stack.client("s3")
    listed = s3.list_objects_v2(Bucket=name, Prefix=prefix).get("Contents", [])
    return {
        each["Key"]: s3.get_object(Bucket=name, Key=each["Key"])["Body"].read() for each in listed
    }


def test_names_of_any_kind_are_copied_and_restored(stack: Stack, run: Recover) -> None:
    """Umlauts, spaces, slashes, dots, nothing in them, 1,024 bytes long."""
    source, target = bucket(stack), bucket(stack)
    bodies = put_odd(stack, source, "users/s/")
    assert f"{len(bodies)} copied" in run(*copying(source, target)).output
    assert stored(stack, target, "users/") == bodies
    assert f"{len(bodies)} there" in run(*copying(source, target)).output
    for key in bodies:
        stack.client("s3").delete_object(Bucket=target, Key=key)
    where = ["--bucket", target, "--region", "us-east-1", "--prefix", "users/"]
    restored = run("deleted", *where, "--since", "2020-01-01T00:00:00")
    assert f"{len(bodies)} object(s)" in restored.output
    assert stored(stack, target, "users/") == bodies


def test_one_name_that_cannot_be_moved_does_not_stop_the_others(
    stack: Stack, run: Recover, tmp_path: Path
) -> None:
    """Neither of its folder nor of the next user; it stays, and the command says which and why."""
    (old, new), (other, other_new) = ((str(uuid4()), str(uuid4())) for _ in range(2))
    bodies = put_odd(stack, stack.bucket, f"users/{old}/")
    stack.client("s3").put_object(Bucket=stack.bucket, Key=f"users/{other}/a", Body=b"1")
    mapping = tmp_path / "m.csv"
    mapping.write_text(f"old_sub,new_sub\n{old},{new}\n{other},{other_new}\n")
    done = run("folders", mapping, ok=False, env=environment(stack))
    for name in DOTTED:
        assert f"refused: users/{old}/{name}: This name or metadata cannot be sent" in done.output
    assert f"{len(bodies) - 2} moved, 2 refused" in done.output
    assert f"{other} -> {other_new}: 1 moved" in done.output
    assert "2 file(s) were left where they are" in done.output
    left = {f"users/{old}/{name}" for name in DOTTED}
    assert stored(stack, stack.bucket, f"users/{old}/").keys() == left
    assert stored(stack, stack.bucket, f"users/{new}/") == {
        key.replace(old, new): body for key, body in bodies.items() if key not in left
    }


# --- accounts --------------------------------------------------------------------------------

ADA = Account("old-ada", "Ada@example.com", True)


@pytest.mark.parametrize(
    ("new", "why"),
    [
        ([Account("new-ada", "ada@example.com", False)], "not verified in the new pool"),
        ([Account("new-bob", "bob@example.com", True)], "nobody in the new pool"),
        (
            [Account("n1", "ada@example.com", True), Account("n2", "ADA@example.com", True)],
            "several accounts",
        ),
    ],
)
def test_nobody_gets_a_folder_by_an_address_that_proves_nothing(
    new: list[Account], why: str
) -> None:
    """Whoever is matched gets all of the other's files."""
    pairs, [left] = match([ADA], new)
    assert pairs == {}
    assert why in left


def test_an_address_that_the_old_pool_never_verified_proves_nothing() -> None:
    """It may have been anybody's."""
    unproven = Account("old", "ada@example.com", False)
    pairs, [left] = match([unproven], [Account("new", "ada@example.com", True)])
    assert (pairs, "old pool" in left) == ({}, True)


ADDRESSES = st.sampled_from(["a@x.com", "A@x.com", "b@x.com", ""])
POOL = st.lists(st.builds(Account, st.uuids().map(str), ADDRESSES, st.booleans()), max_size=5)


@given(old=POOL, new=POOL)
def test_no_two_folders_go_to_one_user(old: list[Account], new: list[Account]) -> None:
    """Whatever the pools hold, each pair has one verified address, once in each pool."""
    pairs, left = match(old, new)
    assert len(set(pairs.values())) == len(pairs)
    assert len(pairs) + len(left) == len(old)
    by_sub = {each.sub: each for each in (*old, *new)}
    for before, after in pairs.items():
        assert by_sub[before].email.casefold() == by_sub[after].email.casefold() != ""
        assert by_sub[before].email_verified
        assert by_sub[after].email_verified


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a,b\n", "first line"),
        ("old_sub,new_sub\na\n", "line 2: is not two subs"),
        ("old_sub,new_sub\na,../b\n", "line 2: is not two subs"),
        ("old_sub,new_sub\na,b\na,c\n", "line 3: a stands there twice"),
        ("old_sub,new_sub\na,c\nb,c\n", "would share the folder of c"),
        ("old_sub,new_sub\na,b\nb,c\n", "b is an old sub and a new one"),
    ],
)
def test_a_mapping_that_would_mix_users_is_refused(tmp_path: Path, text: str, why: str) -> None:
    """Before anything is moved."""
    path = tmp_path / "mapping.csv"
    path.write_text(text)
    with pytest.raises(Unusable, match=why):
        read_mapping(path)


def test_what_is_no_export_is_a_message(tmp_path: Path, run: Recover) -> None:
    """It names the line."""
    path = tmp_path / "old.jsonl"
    path.write_text('{"sub": "a"}\n')
    done = run("match", path, path, tmp_path / "m.csv", ok=False)
    assert "line 1: is no account" in done.output


def test_files_that_are_none_are_a_message(tmp_path: Path, run: Recover) -> None:
    """No text, no folder, nothing in it: never a traceback."""
    binary, empty = tmp_path / "binary", tmp_path / "empty"
    binary.write_bytes(b"\xff\xfe\x00")
    empty.write_bytes(b"")
    assert "binary: is no text" in run("match", binary, empty, tmp_path / "m", ok=False).output
    assert "binary: is no text" in run("folders", binary, ok=False).output
    assert "its first line is not" in run("folders", empty, ok=False).output
    done = run("match", empty, empty, tmp_path / "missing" / "m.csv", ok=False)
    assert "No such file or directory" in done.output


def test_no_file_is_overwritten(stack: Stack, run: Recover, tmp_path: Path) -> None:
    """An export of a pool that was emptied would take the place of the last good one, and a new
    match that of what was added by hand."""
    kept = tmp_path / "users.jsonl"
    kept.write_text("")
    region = ["--pool", stack.user_pool_id, "--region", "us-east-1"]
    for arguments in (["export", *region, kept], ["match", kept, kept, kept]):
        assert "users.jsonl is there already" in run(*arguments, ok=False).output
    assert kept.read_text() == ""


# --- the drills ------------------------------------------------------------------------------


def new_pool(stack: Stack) -> tuple[str, str]:
    cognito = stack.client("cognito-idp")
    pool = cognito.create_user_pool(PoolName="anew", UsernameAttributes=["email"])["UserPool"]["Id"]
    client = cognito.create_user_pool_client(
        UserPoolId=pool,
        ClientName="browser",
        ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
    )
    return pool, client["UserPoolClient"]["ClientId"]


def environment(stack: Stack, **changes: str) -> dict[str, str]:
    base = stack.gateway_environment(["http://localhost:3000"])
    return {**base, "SECRET_KEY": SECRET, "LOG_LEVEL": "WARNING", **changes}


def test_an_import_that_was_broken_off_says_what_it_left_out(
    stack: Stack, run: Recover, tmp_path: Path
) -> None:
    """Between an account and its groups: whoever is there may be anybody, so they are named."""
    pool, _ = new_pool(stack)
    cognito, users = stack.client("cognito-idp"), tmp_path / "users.jsonl"
    known = Account("ada", "ada@example.com", True, groups=("admins",))
    banned = Account("eve", "eve@example.com", True, enabled=False)
    write_accounts(users, [known, banned])
    for account in (known, banned):
        cognito.admin_create_user(UserPoolId=pool, Username=account.email)
    where = ["--pool", pool, "--region", "us-east-1", "--no-invite", users]
    done = run("import", *where, ok=False)
    assert "ada@example.com was there, and is not in admins" in done.output
    assert "eve@example.com was there, and is not disabled" in done.output
    cognito.create_group(UserPoolId=pool, GroupName="admins")
    cognito.admin_add_user_to_group(UserPoolId=pool, Username=known.email, GroupName="admins")
    cognito.admin_disable_user(UserPoolId=pool, Username=banned.email)
    assert run("import", *where).output == "0 user(s) made, 2 were there\n"


def test_a_region_and_its_pool_are_lost_and_everything_is_there_again(
    stack: Stack, run: Recover, tmp_path: Path
) -> None:
    """From the replica and the last export: the user signs in anew, plays, and shares."""
    email, password = f"{uuid4().hex}@example.com", strong_password()
    sub = stack.create_user(email, password, groups=["admins"])
    before = create_app(Settings.from_env(environment(stack)))
    ada = Caller(before, sub, stack.sign_in(email, password)["AccessToken"])
    started = ada.start(len(PNG), metadata={"title": "Größe"})
    assert send(started, PNG).status in (200, 204)
    asset = ada.post(f"/v1/uploads/{started['upload_id']}/complete").json
    ada.post("/v1/shares", {"path": asset["path"]})

    # What there is beforehand: a replica, and an export of the users.
    replica, restored = bucket(stack), bucket(stack)
    run(*copying(stack.bucket, replica))
    users, users_anew, mapping = (tmp_path / name for name in ("u", "n", "m.csv"))
    region = ["--region", "us-east-1"]
    run("export", "--pool", stack.user_pool_id, *region, users)
    assert users.stat().st_mode & 0o777 == 0o600
    exports = map(json.loads, users.read_text().splitlines())
    [exported] = [each for each in exports if each["sub"] == sub]
    assert (exported["email"], exported["groups"]) == (email, ["admins"])

    # What is done afterwards.
    pool, client = new_pool(stack)
    run("import", "--pool", pool, *region, "--no-invite", users)
    again = run("import", "--pool", pool, *region, "--no-invite", users).output
    assert again.startswith("0 user(s) made")
    run("export", "--pool", pool, *region, users_anew)
    run("match", users, users_anew, mapping)
    new_sub = read_mapping(mapping)[sub]
    assert new_sub != sub
    run(*copying(replica, restored))
    anew = Stack(
        stack.endpoint,
        stack.region,
        restored,
        pool,
        client,
        stack.access_key_id,
        stack.secret_access_key,
    )
    env = environment(anew)
    told = f"{sub} -> {new_sub}: 1 moved, 1 share, {len(PNG)} bytes"
    assert told in run("folders", "--dry-run", mapping, env=env).output
    assert told in run("folders", mapping, env=env).output
    assert f"{sub} -> {new_sub}: nothing there" in run("folders", mapping, env=env).output

    stack.client("cognito-idp").admin_set_user_password(
        UserPoolId=pool, Username=email, Password=password, Permanent=True
    )
    after = create_app(Settings.from_env(env))
    ada = Caller(after, new_sub, anew.sign_in(email, password)["AccessToken"])
    found = ada.get(f"/v1/assets/{asset['path']}").json
    assert found["metadata"] == {"title": "Größe"}
    assert fetch("GET", found["link"]["url"]).data == PNG
    [share] = ada.get("/v1/shares").json["items"]
    answer = ada.get(share["url"])
    assert fetch("GET", answer.headers["Location"]).data == PNG


def test_conflicts_end_the_command_with_1(stack: Stack, run: Recover, tmp_path: Path) -> None:
    """So that a script notices; both files stay."""
    old, new = str(uuid4()), str(uuid4())
    s3 = stack.client("s3")
    for sub, body in ((old, b"1"), (new, b"2")):
        s3.put_object(Bucket=stack.bucket, Key=f"users/{sub}/image/a/a.png", Body=body)
    mapping = tmp_path / "m.csv"
    mapping.write_text(f"old_sub,new_sub\n{old},{new}\n")
    done = run("folders", mapping, ok=False, env=environment(stack))
    assert f"conflict: users/{old}/image/a/a.png" in done.output
    assert "1 file(s) were left" in done.output

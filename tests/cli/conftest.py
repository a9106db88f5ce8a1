"""One store for a module's tests of commands, and what they are run with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result

from app.cli import create_cli_app, stack_rollout
from devstack.account import Stack
from devstack.bootstrap import queue_url
from devstack.testing import running_store
from tests.cli import operators
from tests.cli.operators import Operator
from tests.cli.patient import Patient
from tests.cli.stateful_account import StatefulAccount

#: Runs ``flask recover`` with these arguments; asserts that it ends with 0, or with ``ok=False``
#: that it does not.
Recover = Callable[..., Result]


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with running_store() as stack:
        yield stack


@pytest.fixture(scope="module")
def restore(stack: Stack) -> Callable[[], None]:
    """Puts back whatever tests change at the bucket and its queue."""
    s3, bucket = stack.client("s3"), {"Bucket": stack.bucket}
    cors = s3.get_bucket_cors(**bucket)["CORSRules"]
    rules = s3.get_bucket_lifecycle_configuration(**bucket)["Rules"]
    block = s3.get_public_access_block(**bucket)["PublicAccessBlockConfiguration"]
    told = s3.get_bucket_notification_configuration(**bucket)["QueueConfigurations"]
    sqs, url = stack.client("sqs"), queue_url(stack)
    policy = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]
    encryption = s3.get_bucket_encryption(**bucket)["ServerSideEncryptionConfiguration"]
    owner = s3.get_bucket_ownership_controls(**bucket)["OwnershipControls"]

    def put_back() -> None:
        s3.put_bucket_encryption(**bucket, ServerSideEncryptionConfiguration=encryption)
        s3.put_bucket_ownership_controls(**bucket, OwnershipControls=owner)
        sqs.set_queue_attributes(QueueUrl=url, Attributes=policy)
        s3.put_bucket_cors(**bucket, CORSConfiguration={"CORSRules": cors})
        s3.put_bucket_lifecycle_configuration(**bucket, LifecycleConfiguration={"Rules": rules})
        s3.put_public_access_block(**bucket, PublicAccessBlockConfiguration=block)
        s3.put_bucket_notification_configuration(
            **bucket, NotificationConfiguration={"QueueConfigurations": told}
        )
        s3.put_bucket_versioning(**bucket, VersioningConfiguration={"Status": "Enabled"})
        s3.delete_bucket_policy(**bucket)

    return put_back


@pytest.fixture
def patient(stack: Stack, restore: Callable[[], None]) -> Iterator[Patient]:
    """Well before and after each test."""
    yield Patient(stack)
    restore()


@pytest.fixture
def run(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Recover:
    """``flask recover …`` with an operator's credentials, on the stand-ins."""
    for name, value in {
        "AWS_ENDPOINT_URL": stack.endpoint,
        "AWS_ACCESS_KEY_ID": stack.access_key_id,
        "AWS_SECRET_ACCESS_KEY": stack.secret_access_key,
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)

    def command(*arguments: object, ok: bool = True, env: dict[str, str] | None = None) -> Result:
        runner = create_cli_app().test_cli_runner()
        done = runner.invoke(args=["recover", *map(str, arguments)], env=env)
        assert (done.exit_code == 0) is ok, done.output
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done

    return command


@pytest.fixture
def operator(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Operator:
    account = StatefulAccount()
    monkeypatch.setattr(operators.command, "aws_client", account.client)
    monkeypatch.setattr(stack_rollout, "_SECONDS_BETWEEN_QUESTIONS", 0)
    return Operator(account, tmp_path / "gateway.env")

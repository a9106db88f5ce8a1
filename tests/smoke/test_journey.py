"""The smoke run's journey on stand-ins: it passes where all is well, and finds what is not."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from config import Settings
from devstack import edge
from devstack.account import Stack
from devstack.bootstrap import queue_url
from devstack.edge_keys import KeyPair
from devstack.process import HOST, clean_environment, free_port, wait_until_answers
from devstack.testing import running_store
from smoke import journey
from smoke.__main__ import sign_up, webhook_secret
from smoke.place import ORIGIN, Place, Told, Unexpected, listening
from smoke.report import Result, carry_out, markdown
from smoke.servers import serving

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with running_store(origins=[ORIGIN]) as stack:
        yield stack


@pytest.fixture(scope="module")
def place(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A gateway and a worker as the smoke run starts them, on a local store and edge."""
    folder, keys, port = tmp_path_factory.mktemp("smoke"), KeyPair.fresh(), free_port()
    file = folder / "stack.json"
    file.write_text(json.dumps({"edge": edge.describe(stack, [keys], [ORIGIN])}))
    command = [sys.executable, "-m", "gunicorn", "--bind", f"{HOST}:{port}", "--threads", "8"]
    process = subprocess.Popen(
        [*command, "devstack.edge:create_app()"],
        cwd=ROOT,
        env={**clean_environment(), "STACK_FILE": str(file)},
    )
    told = Told(secret := webhook_secret())
    try:
        wait_until_answers(f"http://{HOST}:{port}/", alive=lambda: process.poll() is None)
        with listening(told) as hook:
            environment = {
                **stack.gateway_environment([ORIGIN]),
                **keys.gateway_environment(f"http://{HOST}:{port}"),
                "EVENTS_QUEUE_URL": queue_url(stack),
                "WEBHOOK_URL": hook,
                "WEBHOOK_SECRET": secret,
            }
            with serving(environment, folder / "log") as gateway:
                cognito = stack.client("cognito-idp")
                sub, token = sign_up(cognito, stack.user_pool_id, stack.client_id)
                settings = Settings.from_env(environment)
                s3 = stack.client("s3")
                yield Place(gateway, token, sub, settings, s3, told, simulated="all of AWS")
    finally:
        process.terminate()
        process.wait(20)


def test_every_step_goes_well_on_the_stand_ins(place: Place) -> None:
    """All but what has no stand-in, which is said to be not tried."""
    results = list(carry_out(place, edge=True))
    assert [(r.name, r.saw) for r in results if r.outcome == "FAILED"] == []
    assert [r.name for r in results if r.outcome == "not tried"] == ["alarms"]
    report = markdown(results, where="stand-ins", version="0.2.0", left=[])
    assert "all is well" in report
    for secret in (place.token, place.sub, "X-Amz-Signature", "http://"):
        assert secret not in report


def test_a_bucket_without_cors_is_found_by_the_preflight(place: Place, stack: Stack) -> None:
    """And by the one at the edge that asks the bucket."""
    s3 = stack.client("s3")
    rules = s3.get_bucket_cors(Bucket=stack.bucket)["CORSRules"]
    other = [{**rules[0], "AllowedOrigins": ["https://another.example.com"]}]
    s3.put_bucket_cors(Bucket=stack.bucket, CORSConfiguration={"CORSRules": other})
    try:
        with pytest.raises(Unexpected, match="403"):
            journey.preflight(place)
    finally:
        s3.put_bucket_cors(Bucket=stack.bucket, CORSConfiguration={"CORSRules": rules})


def test_a_step_that_fails_stops_no_other_and_tells_no_secret(place: Place) -> None:
    """A gateway that cannot be reached: each step says so, without an address."""
    away = replace(place, gateway=f"http://{HOST}:9")
    results = list(carry_out(away, edge=False))
    outcomes = {r.name: r.outcome for r in results}
    assert outcomes["hls"] == outcomes["edge links"] == "not tried"
    assert {o for name, o in outcomes.items() if name not in ("hls", "alarms")} >= {"FAILED"}
    report = markdown(results, where="nowhere", version="0.2.0", left=["bucket x: a|b"])
    assert "**Left behind**: bucket x" in report
    assert "failed" in report.splitlines()[0]
    assert place.token not in report


def test_events_that_nobody_signed_are_not_believed() -> None:
    """The receiver is on loopback, but so may others be."""
    told = Told(webhook_secret())
    assert told.take(b"{}", {}) is False
    with pytest.raises(Unexpected, match=r"no asset\.created within 0 s .*none"):
        told.wait_for("asset.created", "image/a/a.png", 0)


class Watch:
    """CloudWatch with one alarm of each kind; ``kept`` are the metrics that are there."""

    def __init__(self, *kept: dict[str, Any]) -> None:
        self._kept = kept

    def describe_alarms(self, *, AlarmNamePrefix: str) -> Any:
        reckoned = [
            {"Id": "e", "Expression": "attempts - successes"},
            {"Id": "attempts", "MetricStat": {"Metric": SIGN_INS}},
        ]
        return {"MetricAlarms": [QUEUE_AGE, {"AlarmName": "sign-ins", "Metrics": reckoned}]}

    def list_metrics(self, **asked: Any) -> Any:
        return {"Metrics": [each for each in self._kept if asked.items() <= each.items()]}


def metric(name: str, **dimensions: str) -> dict[str, Any]:
    listed = [{"Name": of, "Value": value} for of, value in dimensions.items()]
    return {"Namespace": "AWS/X", "MetricName": name, "Dimensions": listed}


QUEUE_AGE = metric("Age", QueueName="ours")
SIGN_INS = metric("SignInSuccesses", UserPool="ours", UserPoolClient="UserClient")


@pytest.mark.parametrize(
    ("kept", "saw"),
    [
        ([], "0 of 2 metrics"),
        ([QUEUE_AGE], "1 of 2 metrics"),
        ([QUEUE_AGE, SIGN_INS], "2 of 2 metrics"),
        ([metric("Age", QueueName="another's")], "0 of 2 metrics"),
    ],
)
def test_alarms_wait_for_metrics_that_come_late(
    place: Place, kept: list[dict[str, Any]], saw: str
) -> None:
    """Nothing is proved by what is not there yet; sums of metrics count as well."""
    assert journey.alarms(replace(place, cloudwatch=(Watch(*kept),))).startswith(saw)


def test_an_alarm_by_other_dimensions_than_aws_has_is_found(place: Place) -> None:
    """It would never ring."""
    kept = Watch(QUEUE_AGE, metric("SignInSuccesses", UserPool="another's"))
    with pytest.raises(Unexpected, match="keeps SignInSuccesses by UserPool, and the alarm"):
        journey.alarms(replace(place, cloudwatch=(kept,)))
    with pytest.raises(Unexpected, match="no alarms"):
        journey.alarms(replace(place, cloudwatch=()))


def test_a_report_tells_no_account() -> None:
    """AWS' refusals name who was refused, and what."""
    said = "AccessDenied: arn:aws:iam::111122223333:user/ada is not authorized; 111122223333, https://x/?sig=1"
    results = [Result("set-up", "FAILED", 0, said)]
    report = markdown(results, where="AWS", version="0", left=[f"bucket smoke-1: {said}"])
    for secret in ("111122223333", "arn:", "user/ada", "https://"):
        assert secret not in report
    assert "(an ARN) is not authorized" in report
    assert "bucket smoke-1" in report


def test_the_page_has_a_row_for_each_step() -> None:
    """With what is simulated; and what nothing stands in for."""
    page = (ROOT / "docs/aws.md").read_text().partition("| step | proves |")[2]
    rows = re.findall(r"^\| ([\w ,]+) \| .* \| (.*) \|$", page.partition("\n\n")[0], re.M)
    on_stand_ins = {name: said for names, said in rows for name in names.split(", ")}
    steps = {step.__name__.replace("_", " "): step for step in journey.STEPS}
    assert on_stand_ins.keys() - {"stack", "removal"} == steps.keys()
    for name, step in steps.items():
        assert (on_stand_ins[name] == "not tried") == (step in journey.AWS_ALONE), name

"""`flask doctor` against a live stand-in: every fault is made there, or set, and must be found."""

from __future__ import annotations

import json
import re
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import urllib3
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.cli.doctor.report import table
from app.cli.doctor.results import Result, Status
from devstack.account import Stack
from devstack.edge_keys import KeyPair
from devstack.edge_serving import serving_edge
from devstack.process import free_port
from devstack.testing import ORIGINS
from tests.auth.tokens import ABSENT, JwksServer, TokenMaker, b64url
from tests.cli.patient import Patient, Quiet, serving

PASSWORD = "Correct-horse-1"


def test_a_set_up_that_is_well_has_no_fault(patient: Patient) -> None:
    """Every line is well, or a manual check, and nothing is left in the bucket."""
    rows = patient.rows()
    assert {row["verdict"] for row in rows.values()} == {"ok", "manual"}, rows
    page = (Path(__file__).parents[2] / "docs/doctor.md").read_text()
    explained = set(re.findall(r"`([a-z_]+)(?:\.\*)?`", page.partition("## What is checked")[2]))
    assert {name.partition(".")[0] for name in rows} <= explained
    versions = patient.s3.list_object_versions(
        Bucket=patient.stack.bucket, Prefix="users/asset-gateway-doctor/"
    )
    assert not versions.get("Versions")
    assert not versions.get("DeleteMarkers")
    assert not patient.s3.list_multipart_uploads(Bucket=patient.stack.bucket).get("Uploads")


def test_manual_checks_say_how_to_look(patient: Patient) -> None:
    """What no program can see is listed with the way to see it."""
    manual = [row for row in patient.rows().values() if row["verdict"] == "manual"]
    assert {"manual.root_mfa", "manual.secrets_manager"} <= {row["id"] for row in manual}
    assert all(row["mend"] and row["why"] for row in manual)


def test_read_only_writes_nothing(patient: Patient) -> None:
    """With --read-only no upload is tried."""
    rows = patient.rows("--read-only")
    assert "storage.list" in rows
    assert "storage.upload" not in rows


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"S3_ACCESS_KEY_ID": "AKIAWRONGWRONGWRONG1"}, "storage.credentials"),
        ({"S3_SECRET_ACCESS_KEY": "not-the-secret-of-this-key"}, "storage.credentials"),
        ({"S3_SESSION_TOKEN": "a-token-that-nobody-gave"}, "storage.credentials"),
        ({"S3_BUCKET_NAME": "somebody-elses-bucket"}, "storage.bucket"),
        ({"S3_REGION": "eu-west-1"}, "storage.region"),
        ({"COGNITO_USER_POOL_ID": "us-east-1_Nobodys"}, "identity.pool"),
        ({"COGNITO_CLIENT_ID": "1nobodysclient"}, "identity.client"),
        ({"AWS_REGION": "eu-west-1", "COGNITO_ISSUER": None}, "environment.AWS_REGION"),
        ({"CORS_ORIGINS": "https://other.example.com"}, "cors.origins"),
        ({"SECRET_KEY": "a" * 40}, "environment.SECRET_KEY"),
        ({"SECRET_KEY": "changeme-changeme-changeme-changeme"}, "secrets.secret_key"),
        ({"S3_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE"}, "secrets.access_keys"),
        ({"EVENTS_QUEUE_URL": "http://127.0.0.1:1/1/nothing"}, "queue"),
    ],
)
def test_a_wrong_setting_is_found(
    patient: Patient, changes: dict[str, str | None], fault: str
) -> None:
    """Each wrong value of the environment is found at the live stand-in, on a line of its own."""
    assert fault in patient.faults(**changes)


def test_a_pool_in_another_region_than_the_queue_is_no_fault(patient: Patient) -> None:
    """Where COGNITO_ISSUER says so, which the gateway takes."""
    rows = patient.rows("--read-only", AWS_REGION="eu-west-1", EVENTS_QUEUE_URL=None)
    assert rows["identity.region"]["verdict"] == rows["identity.pool"]["verdict"] == "ok"


def test_one_wrong_bucket_makes_one_fault(patient: Patient) -> None:
    """What follows from a fault is not reported as faults of its own."""
    assert patient.faults(S3_BUCKET_NAME="somebody-elses-bucket") == {"storage.bucket"}
    assert patient.faults(S3_SECRET_ACCESS_KEY="wrong") == {"storage.credentials"}


@pytest.mark.parametrize("setting", ["S3_ENDPOINT", "COGNITO_JWKS_URL", "REDIS_URL", "WEBHOOK_URL"])
def test_what_does_not_answer_is_found(patient: Patient, setting: str) -> None:
    """Bucket, key server, Redis and back end behind a port where nobody listens."""
    scheme = "redis" if setting == "REDIS_URL" else "http"
    changes = {setting: f"{scheme}://127.0.0.1:{free_port()}"}
    if setting == "WEBHOOK_URL":
        changes["WEBHOOK_SECRET"] = "whsec_" + "A" * 43 + "="
    expected = {
        "S3_ENDPOINT": "storage.bucket",
        "COGNITO_JWKS_URL": "identity.jwks",
        "REDIS_URL": "redis",
        "WEBHOOK_URL": "webhook",
    }
    assert expected[setting] in patient.faults(**changes)


def test_a_webhook_at_the_metadata_service_is_found(patient: Patient) -> None:
    """The address that T41 refuses is named before the first event."""
    secret = "whsec_" + "A" * 43 + "="
    changes = {"WEBHOOK_URL": "http://169.254.169.254/x", "WEBHOOK_SECRET": secret}
    assert patient.faults(**changes) == {"webhook"}
    further = {"WEBHOOK_URL_CRM": "http://169.254.169.254/x", "WEBHOOK_SECRET_CRM": secret}
    assert patient.faults(**further) == {"webhook"}


def test_half_of_a_further_receiver_is_one_fault(patient: Patient) -> None:
    """It names the variable that is missing, and the receiver is not looked at."""
    changes = {"WEBHOOK_URL_CRM": "https://crm.invalid/x", "WEBHOOK_TYPES_CRM": "asset.created"}
    assert patient.faults(**changes) == {"environment.WEBHOOK_SECRET_CRM"}


def cors_rule(**changes: Any) -> dict[str, Any]:
    rule = {
        "AllowedOrigins": list(ORIGINS),
        "AllowedMethods": ["GET", "PUT", "POST", "DELETE", "HEAD"],
        "AllowedHeaders": ["*"],
        "ExposeHeaders": ["ETag"],
    }
    return {name: value for name, value in {**rule, **changes}.items() if value is not None}


@pytest.mark.parametrize(
    ("rule", "fault"),
    [
        (None, "cors.origins"),
        (cors_rule(AllowedOrigins=["https://other.example.com"]), "cors.origins"),
        (cors_rule(AllowedOrigins=[ORIGINS[0]]), "cors.origins"),
        (cors_rule(AllowedMethods=["GET", "HEAD"]), "cors.methods"),
        (cors_rule(AllowedHeaders=["content-type"]), "cors.methods"),
        (cors_rule(ExposeHeaders=None), "cors.etag"),
        (cors_rule(ExposeHeaders=["x-amz-request-id"]), "cors.etag"),
    ],
    ids=["removed", "other", "one-of-two", "methods", "headers", "nothing-exposed", "etag"],
)
def test_cors_faults_are_found_and_mended(
    patient: Patient, rule: dict[str, Any] | None, fault: str
) -> None:
    """A bucket that browsers cannot use is found by preflights; --fix mends it."""
    bucket = {"Bucket": patient.stack.bucket}
    if rule is None:
        patient.s3.delete_bucket_cors(**bucket)
    else:
        patient.s3.put_bucket_cors(**bucket, CORSConfiguration={"CORSRules": [rule]})
    assert patient.faults() == {fault}
    assert patient.faults("--fix", "--yes") == set()


def test_mending_keeps_the_rules_of_others(patient: Patient) -> None:
    """--fix adds its rules beside those that were there, once, however often it is run."""
    bucket = {"Bucket": patient.stack.bucket}
    theirs = cors_rule(ID="theirs", AllowedOrigins=["https://theirs.example.com"])
    patient.s3.put_bucket_cors(**bucket, CORSConfiguration={"CORSRules": [theirs]})
    expiry = {"ID": "t", "Status": "Enabled", "Filter": {"Prefix": "tmp/"}}
    expiry["Expiration"] = {"Days": 1}
    patient.s3.put_bucket_lifecycle_configuration(
        **bucket, LifecycleConfiguration={"Rules": [expiry]}
    )
    assert patient.faults() == {"cors.origins", "bucket.lifecycle", "bucket.temporary"}
    for _ in range(2):
        assert patient.run("--fix", "--yes").exit_code == 0
    rules = patient.s3.get_bucket_cors(**bucket)["CORSRules"]
    assert [rule.get("ID") for rule in rules] == ["asset-gateway", "theirs"]
    rules = patient.s3.get_bucket_lifecycle_configuration(**bucket)["Rules"]
    temporary = [f"asset-gateway-{days}" for days in (1, 7, 30)]
    assert [rule["ID"] for rule in rules] == ["t", "asset-gateway", *temporary]


def test_mending_asks_first(patient: Patient) -> None:
    """A no leaves everything as it is."""
    bucket = {"Bucket": patient.stack.bucket}
    patient.s3.delete_public_access_block(**bucket)
    assert patient.faults() == {"bucket.public_access"}
    done = patient.run("--fix", stdin="n\n")
    assert "block all public access?" in done.output
    assert done.exit_code == 1
    assert patient.faults() == {"bucket.public_access"}
    assert patient.run("--fix", stdin="y\n").exit_code == 0
    assert patient.faults() == set()


def policy(effect: str, action: str) -> str:
    resource = ["arn:aws:s3:::asset-gateway-dev", "arn:aws:s3:::asset-gateway-dev/*"]
    statement = {"Effect": effect, "Principal": "*", "Action": action, "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def test_a_policy_that_opens_the_bucket_is_found(patient: Patient) -> None:
    """A statement for everybody is found by its words."""
    patient.s3.put_bucket_policy(
        Bucket=patient.stack.bucket, Policy=policy("Allow", "s3:GetObject")
    )
    assert patient.faults() == {"bucket.policy"}


@pytest.mark.parametrize("change", ["partial", "lifecycle", "notification", "versioning"])
def test_settings_that_are_missing_are_found(patient: Patient, change: str) -> None:
    """Half a public access block, no lifecycle, an untold queue, no versions."""
    bucket = {"Bucket": patient.stack.bucket}
    if change == "partial":
        patient.s3.put_public_access_block(
            **bucket, PublicAccessBlockConfiguration={"BlockPublicAcls": True}
        )
        assert "RestrictPublicBuckets" in patient.rows()["bucket.public_access"]["found"]
    elif change == "lifecycle":
        patient.s3.delete_bucket_lifecycle(**bucket)
        assert patient.faults() == {"bucket.lifecycle", "bucket.temporary"}
        assert "1, 7, 30 days" in patient.rows()["bucket.temporary"]["found"]
    elif change == "notification":
        patient.s3.put_bucket_notification_configuration(**bucket, NotificationConfiguration={})
        assert patient.faults() == {"queue.notification"}
    else:
        patient.s3.put_bucket_versioning(**bucket, VersioningConfiguration={"Status": "Suspended"})
        assert patient.rows()["bucket.versioning"]["verdict"] == "warning"
        assert patient.run().exit_code == 0
        assert patient.run("--strict").exit_code == 1


PUT = ["s3:ObjectCreated:Put"]
CREATED = [
    f"s3:ObjectCreated:{kind}" for kind in ("Put", "Post", "Copy", "CompleteMultipartUpload")
]
REMOVED = ["s3:ObjectRemoved:Delete", "s3:ObjectRemoved:DeleteMarkerCreated"]


@pytest.mark.parametrize(
    ("events", "rules", "well"),
    [
        (["s3:ObjectCreated:*", "s3:ObjectRemoved:*"], {}, True),
        ([*CREATED, *REMOVED], {"prefix": "users/"}, True),
        ([*CREATED, *REMOVED], {"prefix": "us"}, True),
        ([*PUT, *REMOVED], {}, False),
        ([*CREATED, *REMOVED[:1]], {}, False),
        ([*CREATED, *REMOVED], {"prefix": "uploads/"}, False),
        ([*CREATED, *REMOVED], {"prefix": "users/", "suffix": ".jpg"}, False),
    ],
)
def test_a_queue_that_hears_of_some_is_no_queue_that_hears_of_all(
    patient: Patient, events: list[str], rules: dict[str, str], well: bool
) -> None:
    """Multipart uploads are another event than a PUT, and a filter may leave users' keys out."""
    bucket = {"Bucket": patient.stack.bucket}
    told = patient.s3.get_bucket_notification_configuration(**bucket)["QueueConfigurations"]
    filters = [{"Name": name, "Value": value} for name, value in rules.items()]
    only = {"QueueArn": told[0]["QueueArn"], "Events": events}
    if filters:
        only["Filter"] = {"Key": {"FilterRules": filters}}
    patient.s3.put_bucket_notification_configuration(
        **bucket, NotificationConfiguration={"QueueConfigurations": [only]}
    )
    assert patient.faults() == (set() if well else {"queue.notification"})


def test_a_topic_is_told_and_what_it_tells_is_not_seen(patient: Patient) -> None:
    """S3 may tell the queue through SNS (docs/webhooks.md)."""
    topic = patient.stack.client("sns").create_topic(Name="uploads")["TopicArn"]
    patient.s3.put_bucket_notification_configuration(
        Bucket=patient.stack.bucket,
        NotificationConfiguration={
            "TopicConfigurations": [{"TopicArn": topic, "Events": ["s3:ObjectCreated:*"]}]
        },
    )
    row = patient.rows()["queue.notification"]
    assert (row["verdict"], "SNS" in row["found"]) == ("warning", True)


def test_a_client_with_a_secret_is_found(patient: Patient) -> None:
    """A confidential client, whose sign-in fails in browsers."""
    cognito = patient.stack.client("cognito-idp")
    made = cognito.create_user_pool_client(
        UserPoolId=patient.stack.user_pool_id, ClientName="confidential", GenerateSecret=True
    )
    client_id = made["UserPoolClient"]["ClientId"]
    assert patient.faults(COGNITO_CLIENT_ID=client_id) == {"identity.client_secret"}


def test_a_back_end_s_client_may_have_a_secret(patient: Patient) -> None:
    """No browser signs in by it, so that nothing of a sign-in is asked of it either."""
    cognito = patient.stack.client("cognito-idp")
    made = cognito.create_user_pool_client(
        UserPoolId=patient.stack.user_pool_id,
        ClientName="render-farm",
        GenerateSecret=True,
        AllowedOAuthFlows=["client_credentials"],
        AllowedOAuthFlowsUserPoolClient=True,
        AllowedOAuthScopes=["assets/act"],
    )
    client_id = made["UserPoolClient"]["ClientId"]
    assert patient.faults(COGNITO_CLIENT_ID=client_id) == set()


def test_a_bucket_that_anybody_reads_is_found(patient: Patient) -> None:
    """A store that asks nobody for a signature: found by reading without one."""
    stored: dict[str, bytes] = {}

    class Open(Quiet):
        def do_PUT(self) -> None:
            length = int(self.headers["Content-Length"])
            stored[self.path.partition("?")[0]] = self.rfile.read(length)
            self.send(200)

        def do_GET(self) -> None:
            self.send(200, stored.get(self.path.partition("?")[0], b"<ListBucketResult/>"))

        def do_POST(self) -> None:
            self.send(200, b"<R><UploadId>1</UploadId></R>")

        def do_DELETE(self) -> None:
            stored.pop(self.path.partition("?")[0], None)
            self.send(204)

    with serving(Open) as address:
        rows = patient.rows(S3_ENDPOINT=address, CORS_ORIGINS=None)
    assert rows["storage.private"]["verdict"] == "fault"
    assert rows["storage.upload"]["verdict"] == "ok"
    assert not stored


@contextmanager
def cloudfront_with_oac(stack: Stack, *, present: bool) -> Iterator[str]:
    """The stand-in's CloudFront, which forgets origin access controls, with one put back."""

    class Proxy(Quiet):
        def do_GET(self) -> None:
            sent = {name: self.headers[name] for name in ("Authorization", "X-Amz-Date")}
            answer = urllib3.request("GET", stack.endpoint + self.path, headers=sent)
            control = b"<OriginAccessControlId>E0000000001</OriginAccessControlId></Origin>"
            body = answer.data.replace(b"</Origin>", control) if present else answer.data
            self.send(answer.status, body)

    with serving(Proxy) as address:
        yield address


@contextmanager
def clock_off_by(seconds: float, body: bytes) -> Iterator[str]:
    """A key server that lives in another time than this machine."""

    class Handler(Quiet):
        def do_GET(self) -> None:
            self.send(200, body)

        def date_time_string(self, timestamp: float | None = None) -> str:
            return super().date_time_string((timestamp or time.time()) + seconds)

    with serving(Handler) as address:
        yield f"{address}/jwks.json"


@pytest.mark.parametrize(("seconds", "words"), [(600, "behind"), (-600, "ahead of"), (5, None)])
def test_a_clock_that_is_off_is_found(patient: Patient, seconds: int, words: str | None) -> None:
    """More than a minute's difference makes good tokens look expired or from the future."""
    body = json.dumps(TokenMaker().jwks()).encode()
    with clock_off_by(seconds, body) as url:
        row = patient.rows(COGNITO_JWKS_URL=url)["identity.clock"]
    assert row["verdict"] == ("fault" if words else "ok")
    assert words is None or words in row["found"]


NO_KEYS = [(404, b"{}"), (200, b"<html>"), (200, b'{"keys":[]}')]


@pytest.mark.parametrize(("status", "body"), NO_KEYS)
def test_a_key_server_without_keys_is_found(patient: Patient, status: int, body: bytes) -> None:
    """Another page than the pool's keys at the JWKS address."""
    with JwksServer() as server:
        server.answer(status, body)
        assert patient.faults(COGNITO_JWKS_URL=server.url) == {"identity.jwks"}


PAIR, OTHER = KeyPair.fresh(), KeyPair.fresh()


def test_an_edge_that_is_well(patient: Patient) -> None:
    """A signed link answers with our bytes, an unsigned one is refused."""
    with serving_edge(patient.stack, pairs=[PAIR], origins=ORIGINS) as address:
        rows = patient.rows(**PAIR.gateway_environment(address))
    assert rows["edge.link"]["verdict"] == rows["edge.unsigned"]["verdict"] == "ok"


@pytest.mark.parametrize("fault", ["unknown", "another", "away", "sha1"])
def test_edge_faults_are_found(patient: Patient, fault: str) -> None:
    """A key that the key group has not, another private half, no edge, a bucket that says no."""
    with serving_edge(patient.stack, pairs=[PAIR], origins=ORIGINS) as address:
        settings = PAIR.gateway_environment(address)
        if fault == "unknown":
            settings = OTHER.gateway_environment(address)
        elif fault == "another":
            settings["CLOUDFRONT_PRIVATE_KEY"] = OTHER.private_key
        elif fault == "away":
            settings["CLOUDFRONT_DOMAIN"] = f"http://127.0.0.1:{free_port()}"
        else:
            settings["CLOUDFRONT_KEY_PAIR_ID"] = "KNOBODYS00000"
        rows = patient.rows(**settings)
    assert rows["edge.link"]["verdict"] == "fault"
    assert ("CLOUDFRONT_DOMAIN" in rows["edge.link"]["mend"]) == (fault == "away")


def test_an_edge_that_the_bucket_refuses_is_told_apart(patient: Patient) -> None:
    """A good signature and a refusal by the origin: the bucket's policy lacks the edge."""
    from dataclasses import replace

    blind = replace(patient.stack, secret_access_key="not the edge's any more")
    with serving_edge(blind, pairs=[PAIR], origins=ORIGINS) as address:
        row = patient.rows(**PAIR.gateway_environment(address))["edge.link"]
    assert row["verdict"] == "fault"
    assert "the bucket refuses the edge" in row["found"]
    assert "origin access control" in row["mend"]


@pytest.fixture(scope="module")
def distribution(stack: Stack) -> Callable[..., dict[str, str]]:
    """Makes a distribution at the stand-in's CloudFront; its settings of the gateway."""
    cloudfront = stack.client("cloudfront")
    made: dict[str, int] = {"count": 0}

    def make(*, trusted: bool = True, key: KeyPair = PAIR) -> dict[str, str]:
        made["count"] += 1
        name = f"made-{made['count']}"
        public = cloudfront.create_public_key(
            PublicKeyConfig={
                "CallerReference": name,
                "Name": name,
                "EncodedKey": key.public_key,
            }
        )["PublicKey"]["Id"]
        group = cloudfront.create_key_group(
            KeyGroupConfig={"Name": name, "Items": [public if trusted else "KANOTHER000000"]}
        )["KeyGroup"]["Id"]
        origin = {"Id": "bucket", "DomainName": "b.s3.amazonaws.com"}
        origin |= {"S3OriginConfig": {"OriginAccessIdentity": ""}}  # type: ignore[dict-item]
        distribution_id = cloudfront.create_distribution(
            DistributionConfig={
                "CallerReference": name,
                "Comment": name,
                "Enabled": True,
                "Origins": {"Quantity": 1, "Items": [origin]},
                "DefaultCacheBehavior": {
                    "TargetOriginId": "bucket",
                    "ViewerProtocolPolicy": "https-only",
                    "TrustedKeyGroups": {"Enabled": True, "Quantity": 1, "Items": [group]},
                    "MinTTL": 0,
                    "ForwardedValues": {"QueryString": False, "Cookies": {"Forward": "none"}},
                },
            }
        )["Distribution"]["Id"]
        return {"CLOUDFRONT_KEY_PAIR_ID": public, "CLOUDFRONT_DISTRIBUTION_ID": distribution_id}

    return make


@pytest.mark.parametrize(
    ("spoilt", "fault"),
    [
        ({}, None),
        ({"trusted": False}, "edge.key_group"),
        ({}, "edge.oac"),
        ({"key": OTHER}, "edge.key"),
    ],
    ids=["well", "key-group", "oac", "key"],
)
def test_a_distribution_s_settings_are_looked_at(
    patient: Patient,
    distribution: Callable[..., dict[str, str]],
    spoilt: dict[str, Any],
    fault: str | None,
) -> None:
    """Key group, origin access control and the public key, as CloudFront's API tells them."""
    settings = {**PAIR.gateway_environment("http://127.0.0.1:1"), **distribution(**spoilt)}
    with cloudfront_with_oac(patient.stack, present=fault != "edge.oac") as endpoint:
        settings["AWS_ENDPOINT_URL_CLOUDFRONT"] = endpoint
        found = patient.faults("--read-only", **settings)
    assert found == ({fault} if fault else set())


def test_a_broken_environment_is_the_first_thing_said(patient: Patient) -> None:
    """Faults of settings come first; whatever does not need them is looked at all the same."""
    changes = {"SECRET_KEY": "short", "S3_BUCKET_NAME": None, "CORS_ORIGINS": "*"}
    done = patient.run("--json", **changes)
    document = json.loads(done.stdout)
    first = [row["id"] for row in document["rows"][:3]]
    assert first == [f"environment.{name}" for name in sorted(changes)]
    verdicts = {row["id"]: row["verdict"] for row in document["rows"]}
    assert verdicts["identity.pool"] == "ok"
    assert verdicts["storage"] == verdicts["cors"] == "unknown"
    assert done.exit_code == 1


def test_no_environment_at_all(patient: Patient) -> None:
    """The command says what is needed, rather than fail to begin."""
    done = patient.run(
        "--json", **dict.fromkeys(patient.environment) | {"AWS_EC2_METADATA_DISABLED": "true"}
    )
    ids = [row["id"] for row in json.loads(done.stdout)["rows"]]
    assert "environment.S3_BUCKET_NAME" in ids
    assert "environment.SECRET_KEY" in ids


def test_mistyped_names_are_found(patient: Patient) -> None:
    """S3_BUCKET is no setting, and says nothing to the gateway."""
    row = patient.rows(S3_BUCKET="x")["environment.S3_BUCKET"]
    assert (row["verdict"], "S3_BUCKET_NAME" in row["found"]) == ("warning", True)


def test_t37_no_secret_is_printed(patient: Patient) -> None:
    """T37: neither keys nor signatures nor the token show up, whatever is wrong."""
    secret = "whsec_" + "A" * 43 + "="
    changes = {
        "WEBHOOK_URL": "http://127.0.0.1:1/with-a-token-9f3",
        "WEBHOOK_SECRET": secret,
        "REDIS_URL": "redis://:hunter2hunter2@127.0.0.1:1/0",
        **PAIR.gateway_environment("http://127.0.0.1:1"),
    }
    for options in ([], ["--json"]):
        output = patient.run(*options, **changes).output
        for hidden in ("X-Amz-Signature", "hunter2", "token-9f3", secret, "PRIVATE KEY-----\n"):
            assert hidden not in output
        assert patient.environment["SECRET_KEY"] not in output
        assert patient.stack.secret_access_key not in output


def test_a_person_can_read_the_table(patient: Patient) -> None:
    """A fault shows what, why, and a command in one piece."""
    output = patient.run(S3_BUCKET_NAME="somebody-elses-bucket").output
    assert "FAULT The bucket exists" in output
    assert "there is no somebody-elses-bucket" in output
    assert "-> `aws s3 ls`" in output
    assert "fault(s)" in output.splitlines()[-1]


def test_an_id_is_told_in_one_piece() -> None:
    """Lines break between words alone: what is copied from there is whole."""
    pool = "COGNITO_USER_POOL_ID=" + "-".join(["us", "east", "1_AbCdEf123"] * 5)
    fix = f"{pool} is what the front end needs to have in its environment, or {pool}"
    result = Result("frontend.pool", "The pool is the gateway's", Status.FAULT, "not set", fix=fix)
    told = [word for line in table([result]).splitlines() for word in line.split()]
    assert told.count(pool) == 2


# --- one token -------------------------------------------------------------------------------


@pytest.fixture
def pool(patient: Patient) -> Iterator[tuple[Patient, TokenMaker]]:
    """A patient whose pool signs whatever a test wants."""
    maker = TokenMaker(issuer=patient.stack.issuer, client_id=patient.stack.client_id)
    with JwksServer(maker) as jwks:
        patient.environment["COGNITO_JWKS_URL"] = jwks.url
        yield patient, maker


def test_a_good_token_is_explained(patient: Patient) -> None:
    """A token of the stand-in's own pool, from standard input."""
    patient.stack.create_user("doctor@example.com", PASSWORD)
    token = patient.stack.sign_in("doctor@example.com", PASSWORD)["AccessToken"]
    done = patient.run("--token", "-", "--json", stdin=f"{token}\n")
    rows = json.loads(done.stdout)["rows"]
    assert {row["verdict"] for row in rows} == {"ok"}
    assert done.exit_code == 0
    assert token not in patient.run("--token", token).output


@pytest.mark.parametrize(
    ("claims", "faulty"),
    [
        ({"exp": 1_700_000_000}, "exp"),
        ({"exp": ABSENT}, "exp"),
        ({"iss": "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Other"}, "iss"),
        ({"client_id": "another"}, "client"),
        ({"token_use": "id"}, "token_use"),
        ({"iat": 4_000_000_000}, "iat"),
        ({"sub": "../etc"}, "sub"),
        ({"aud": "https://api.example.com"}, "aud"),
        ({"aud": 7}, "aud"),
        ({"cognito:groups": "admins"}, "groups"),
        ({"username": 12345}, "username"),
        ({"scope": ["a/b"]}, "scope"),
        ({"exp": float("nan")}, "form"),
        ({"username": "\ud800"}, "form"),
        ({"nbf": "tomorrow"}, "iat"),
        (
            {"cognito:groups": [f"a-group-of-some-length-{n:03}-{'x' * 20}" for n in range(180)]},
            "length",
        ),
    ],
    ids=lambda each: str(each)[:40],
)
def test_a_refused_token_is_explained_claim_by_claim(
    pool: tuple[Patient, TokenMaker], claims: dict[str, Any], faulty: str
) -> None:
    """Exactly the claim that is wrong is named, and the verdict is the gateway's own."""
    patient, maker = pool
    assert patient.faults("--token", maker(**claims)) == {f"token.{faulty}", "token.verdict"}


ODD = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.lists(st.text())
)
CLAIMS = (
    *("exp", "iat", "nbf", "iss", "token_use", "client_id", "aud", "sub", "username", "scope"),
    "cognito:groups",
)


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(claims=st.dictionaries(st.sampled_from(CLAIMS), ODD, min_size=1, max_size=2))
def test_every_refusal_has_a_line(pool: tuple[Patient, TokenMaker], claims: dict[str, Any]) -> None:
    """Whatever is wrong with a claim: when the verdict is a fault, a line above it is one."""
    patient, maker = pool
    faults = patient.faults("--token", maker(**claims))
    assert faults == set() or len(faults) > 1


@pytest.mark.parametrize("header", [{"typ": "logout+jwt"}, {"crit": ["exp"]}, {"jku": "x"}])
def test_refused_headers_have_a_line(
    pool: tuple[Patient, TokenMaker], header: dict[str, Any]
) -> None:
    """So does a header that no token of a provider has."""
    patient, maker = pool
    faults = patient.faults("--token", maker(header=header))
    assert faults >= {"token.header", "token.verdict"}


def test_c33_c34_advice_names_the_setting_that_mends(pool: tuple[Patient, TokenMaker]) -> None:
    """C33, C34: an issuer or audience of one's own is a setting away, and the line says which."""
    patient, maker = pool
    rows = patient.rows("--token", maker(iss="https://auth.example.com", aud="https://api"))
    assert "COGNITO_ISSUER" in rows["token.iss"]["mend"]
    assert "COGNITO_AUDIENCE" in rows["token.aud"]["mend"]
    mended = {"COGNITO_ISSUER": "https://auth.example.com", "COGNITO_AUDIENCE": "https://api"}
    token = maker(iss="https://auth.example.com", aud=["https://api", "x"])
    assert patient.faults("--token", token, **mended) == set()


def test_signature_key_and_scope_are_explained(pool: tuple[Patient, TokenMaker]) -> None:
    """Another pool's key, a changed token, HS256, and a scope that is missing."""
    patient, maker = pool
    stranger = TokenMaker(issuer=maker.issuer, client_id=maker.client_id, kid="elsewhere")
    assert "token.kid" in patient.faults("--token", stranger())
    head, _, signature = maker().split(".")
    changed = b64url(json.dumps(maker.claims(username="mallory")).encode())
    forged = f"{head}.{changed}.{signature}"
    assert patient.faults("--token", forged) == {"token.signature", "token.verdict"}
    assert "token.alg" in patient.faults("--token", maker(header={"alg": "none"}))
    assert "token.scope" in patient.faults("--token", maker(), COGNITO_REQUIRED_SCOPES="a/b")


@pytest.mark.parametrize("text", ["", "hello", "a.b.c", "Bearer x", "..", "e30.W10.x"])
def test_what_is_no_token_is_said_to_be_none(patient: Patient, text: str) -> None:
    """Anything at all gets an answer."""
    assert patient.faults("--token", text) == {"token.form"}


def test_a_terminal_is_not_driven_by_a_token(pool: tuple[Patient, TokenMaker]) -> None:
    """Claims are anybody's text: escape sequences in them are not passed on."""
    patient, maker = pool
    output = patient.run("--token", maker(iss="\x1b]0;owned\x07")).output
    assert "\x1b" not in output


def test_free_ports_are_refused_not_slow() -> None:
    """The closed ports above answer at once, so that the tests prove a refusal, not a time-out."""
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", free_port())) != 0

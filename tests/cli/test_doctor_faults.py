"""Faults that `flask doctor` finds, each made at a live stand-in, with the fix that it names."""

from __future__ import annotations

import json
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from app import otel_variables, tracing
from app.operations import pushed_metrics
from devstack.bootstrap import queue_url
from devstack.process import free_port
from tests.cli.patient import Patient, Quiet, serving
from tests.limits.redis_server import RedisServer

OWN_RULE = {
    "ID": "abort-unfinished-uploads",
    "Status": "Enabled",
    "Filter": {"Prefix": ""},
    "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
}


def lifecycle(patient: Patient, rule: dict[str, Any]) -> None:
    patient.s3.put_bucket_lifecycle_configuration(
        Bucket=patient.stack.bucket,
        LifecycleConfiguration={"Rules": [OWN_RULE, {"ID": "theirs", "Status": "Enabled", **rule}]},
    )


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"Filter": {"Prefix": ""}, "Expiration": {"Days": 30}}, "theirs deletes them"),
        ({"Filter": {"Prefix": "users/"}, "Expiration": {"Days": 365}}, "theirs deletes them"),
        (
            {
                "Filter": {"Prefix": "users/"},
                "Transitions": [{"Days": 90, "StorageClass": "DEEP_ARCHIVE"}],
            },
            "DEEP_ARCHIVE",
        ),
        ({"Filter": {}, "Transitions": [{"Days": 1, "StorageClass": "GLACIER"}]}, "GLACIER"),
        ({"Filter": {"Prefix": "logs/"}, "Expiration": {"Days": 30}}, None),
        ({"Filter": {}, "Expiration": {"ExpiredObjectDeleteMarker": True}}, None),
        ({"Filter": {}, "Transitions": [{"Days": 9, "StorageClass": "GLACIER_IR"}]}, None),
        ({"Status": "Disabled", "Filter": {}, "Expiration": {"Days": 1}}, None),
    ],
)
def test_rules_that_lose_assets_are_found(
    patient: Patient, rule: dict[str, Any], words: str | None
) -> None:
    """Expiry and archives that links cannot read; not those of other prefixes, or of markers."""
    lifecycle(patient, rule)
    row = patient.rows("--read-only")["bucket.expiry"]
    assert (row["verdict"], words is None or words in row["found"]) == (
        "ok" if words is None else "fault",
        True,
    )
    assert words is None or "Glacier Instant Retrieval" in row["mend"]


@pytest.mark.parametrize(
    ("policy", "row", "verdict", "words"),
    [
        (
            {"NotPrincipal": {"AWS": "arn:aws:iam::1:root"}},
            "bucket.policy",
            "fault",
            "NotPrincipal",
        ),
        (
            {"Principal": "*", "Condition": {"StringLike": {"aws:Referer": "https://a.example/*"}}},
            "bucket.policy",
            "fault",
            "A Referer or TLS keeps nobody out",
        ),
        (
            {"Principal": {"AWS": "arn:aws:iam::999988887777:root"}},
            "bucket.accounts",
            "warning",
            "get-bucket-policy",
        ),
        (
            {
                "Effect": "Deny",
                "Principal": "*",
                "Condition": {"StringNotLike": {"aws:Referer": "https://a.example/*"}},
            },
            "bucket.browsers",
            "fault",
            "remove the Deny",
        ),
    ],
)
def test_policies_that_let_in_or_keep_out_the_wrong_ones(
    patient: Patient, policy: dict[str, Any], row: str, verdict: str, words: str
) -> None:
    """Strangers by NotPrincipal or under a vacuous condition, another account, a Referer's Deny."""
    bucket = patient.stack.bucket
    statement = {
        "Effect": "Allow",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{bucket}/*",
    }
    patient.s3.put_bucket_policy(
        Bucket=bucket,
        Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement | policy]}),
    )
    found = patient.rows("--read-only")[row]
    assert found["verdict"] == verdict
    assert words in found["mend"]
    assert bucket in found["mend"]


def test_a_kms_key_that_was_not_tried_is_said(patient: Patient) -> None:
    """Encryption by KMS needs permissions on the key, which the fix names."""
    patient.s3.put_bucket_encryption(
        Bucket=patient.stack.bucket,
        ServerSideEncryptionConfiguration={
            "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}]
        },
    )
    row = patient.rows("--read-only")["bucket.kms"]
    assert row["verdict"] == "warning"
    assert "kms:GenerateDataKey and kms:Decrypt" in row["mend"]
    assert "each use is charged" in patient.rows()["bucket.kms"]["found"]


def test_a_kms_key_that_the_gateway_may_not_use_is_found(patient: Patient) -> None:
    """Uploads are refused, and the bucket encrypts by KMS: the key's permission is named."""
    patient.s3.put_bucket_encryption(
        Bucket=patient.stack.bucket,
        ServerSideEncryptionConfiguration={
            "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}]
        },
    )
    with store_that(patient, refuses="PUT") as endpoint:
        rows = patient.rows(S3_ENDPOINT=endpoint)
    assert rows["bucket.kms"]["verdict"] == rows["storage.upload"]["verdict"] == "fault"
    assert "kms:GenerateDataKey" in rows["storage.upload"]["mend"]


def test_acls_that_are_enabled_are_found(patient: Patient) -> None:
    """As buckets from before 2023 have them."""
    patient.s3.put_bucket_ownership_controls(
        Bucket=patient.stack.bucket,
        OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]},
    )
    row = patient.rows("--read-only")["bucket.acls"]
    assert (row["verdict"], row["found"]) == ("warning", "enabled: ObjectWriter")
    assert f"--bucket {patient.stack.bucket} --ownership-controls" in row["mend"]
    patient.s3.delete_bucket_ownership_controls(Bucket=patient.stack.bucket)
    assert patient.rows("--read-only")["bucket.acls"]["verdict"] == "warning"


def test_object_lock_by_default_is_found(patient: Patient) -> None:
    """No permission lets what it keeps be removed, so none is asked for."""
    locked = "a-locked-bucket"
    patient.s3.create_bucket(Bucket=locked, ObjectLockEnabledForBucket=True)
    patient.s3.put_object_lock_configuration(
        Bucket=locked,
        ObjectLockConfiguration={
            "ObjectLockEnabled": "Enabled",
            "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 1}},
        },
    )
    row = patient.rows("--read-only", S3_BUCKET_NAME=locked)["bucket.object_lock"]
    assert (row["verdict"], row["found"]) == ("fault", "COMPLIANCE retention by default")
    assert "disable the default retention" in row["mend"]


def test_a_queue_that_s3_may_not_write_to_is_found(patient: Patient) -> None:
    """The notification is there, and the queue's policy without S3."""
    sqs, url = patient.stack.client("sqs"), queue_url(patient.stack)
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": ""})
    row = patient.rows("--read-only")["queue.policy"]
    assert (row["verdict"], "BucketTells" in row["mend"]) == ("fault", True)


def test_a_fifo_queue_is_refused_by_its_name(patient: Patient) -> None:
    """C31: as at start."""
    assert "environment.EVENTS_QUEUE_URL" in patient.faults(
        "--read-only", EVENTS_QUEUE_URL=f"{queue_url(patient.stack)}.fifo"
    )


@pytest.mark.parametrize(
    ("client", "row"),
    [
        ({"ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH"]}, "identity.sign_in"),
        ({"ExplicitAuthFlows": ["ADMIN_NO_SRP_AUTH"]}, "identity.sign_in"),
        ({"EnableTokenRevocation": False}, "identity.revocation"),
        ({"ExplicitAuthFlows": ["ALLOW_USER_SRP_AUTH"]}, "identity.renewal"),
    ],
)
def test_a_client_that_browsers_cannot_use_well_is_found(
    patient: Patient, client: dict[str, Any], row: str
) -> None:
    """Without SRP, which Amplify signs in by; without revocation; without renewal."""
    made = patient.stack.client("cognito-idp").create_user_pool_client(
        UserPoolId=patient.stack.user_pool_id, ClientName="another", **client
    )["UserPoolClient"]["ClientId"]
    found = patient.rows("--read-only", COGNITO_CLIENT_ID=made)[row]
    assert (found["verdict"], "App clients > Edit" in found["mend"]) == ("warning", True)


@pytest.mark.parametrize(
    "client",
    [
        {"ExplicitAuthFlows": ["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]},
        {
            "ExplicitAuthFlows": ["ALLOW_USER_SRP_AUTH"],
            "RefreshTokenRotation": {"Feature": "ENABLED", "RetryGracePeriodSeconds": 60},
        },
        {},
        {"ExplicitAuthFlows": ["USER_PASSWORD_AUTH"]},
    ],
)
def test_sessions_are_renewed_with_rotation_or_without(
    patient: Patient, client: dict[str, Any]
) -> None:
    """Rotation excludes the flow that renews without it; Cognito's default has that flow."""
    made = patient.stack.client("cognito-idp").create_user_pool_client(
        UserPoolId=patient.stack.user_pool_id, ClientName="another", **client
    )["UserPoolClient"]["ClientId"]
    rows = patient.rows("--read-only", COGNITO_CLIENT_ID=made)
    assert rows["identity.renewal"]["verdict"] == "ok"


@pytest.mark.parametrize(
    ("flows", "scopes", "verdict"),
    [
        (["client_credentials"], ["assets/act"], "ok"),
        (["client_credentials"], ["assets/read"], "fault"),
        (["code"], ["openid"], "fault"),
        (["code"], ["openid", "assets/act"], "warning"),
    ],
)
def test_t61_a_back_end_s_scope_is_for_its_client_alone(
    patient: Patient, flows: list[str], scopes: list[str], verdict: str
) -> None:
    """T61: some client must be able to get it, and none that signs users in."""
    made = patient.stack.client("cognito-idp").create_user_pool_client(
        UserPoolId=patient.stack.user_pool_id,
        ClientName="another",
        AllowedOAuthFlows=flows,
        AllowedOAuthFlowsUserPoolClient=True,
        AllowedOAuthScopes=scopes,
    )["UserPoolClient"]["ClientId"]
    rows = patient.rows("--read-only", COGNITO_CLIENT_ID=made, SERVICE_SCOPE="assets/act")
    assert rows["identity.service"]["verdict"] == verdict
    assert "identity.service" not in patient.rows("--read-only", COGNITO_CLIENT_ID=made)


def test_a_redis_that_evicts_is_found(patient: Patient) -> None:
    """Reservations would go first under pressure."""
    server = RedisServer()
    server.start()
    try:
        with server.client() as client:
            client.config_set("maxmemory-policy", "noeviction")
            well = patient.rows("--read-only", REDIS_URL=server.url)["redis.eviction"]
            client.config_set("maxmemory-policy", "volatile-lru")
            row = patient.rows("--read-only", REDIS_URL=server.url)["redis.eviction"]
    finally:
        server.kill()
    assert well["verdict"] == "ok"
    assert (row["verdict"], row["found"]) == ("warning", "volatile-lru")
    assert "maxmemory-policy noeviction" in row["mend"]


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (200, b"<html>Welcome to nginx</html>", "is not the gateway"),
        (200, b'{"status":"ok"}', "is not the gateway"),
        (200, b"[]", "is not the gateway"),
        (503, b"<html>Service Unavailable</html>", "is not the gateway"),
        (503, b'{"checks":{"storage":"failed","identity":"ok"}}', "not ready: storage"),
        (404, b"", "404"),
    ],
)
def test_somebody_elses_page_is_not_the_gateway(
    patient: Patient, status: int, body: bytes, words: str
) -> None:
    """A 200 from another server at PUBLIC_BASE_URL is no gateway that is ready."""

    class Page(Quiet):
        def do_GET(self) -> None:
            self.send(status, body)

    with serving(Page) as address:
        row = patient.rows("--read-only", PUBLIC_BASE_URL=address)["gateway"]
    assert (row["verdict"], words in row["found"]) == ("fault", True)


@contextmanager
def store_that(
    patient: Patient, *, refuses: str = "", status: int = 403, body: bytes = b"", **headers: str
) -> Iterator[str]:
    """The stand-in's S3 behind a front that answers one method by itself."""
    import urllib3

    answer = body or b"<Error><Code>AccessDenied</Code></Error>"

    class Front(Quiet):
        def pass_on(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            sent = {k: v for k, v in self.headers.items() if k.lower() != "connection"}
            got = urllib3.request(
                self.command,
                patient.stack.endpoint + self.path,
                headers=sent,
                body=self.rfile.read(length),
            )
            self.send(got.status, got.data)

        def answer(self) -> None:
            if self.command != refuses:
                return self.pass_on()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)
            return None

        do_GET = do_PUT = do_POST = do_DELETE = do_OPTIONS = answer

    with serving(Front) as address:
        yield address


@pytest.mark.parametrize(
    ("status", "headers", "body"),
    [
        (
            301,
            {"x_amz_bucket_region": "eu-north-1"},
            b"<Error><Code>PermanentRedirect</Code></Error>",
        ),
        (
            400,
            {},
            b"<Error><Code>AuthorizationHeaderMalformed</Code><Message>the region 'us-east-1' is "
            b"wrong; expecting 'eu-north-1'</Message><Region>eu-north-1</Region></Error>",
        ),
        (
            307,
            {},
            b"<Error><Code>TemporaryRedirect</Code>"
            b"<Endpoint>b.s3-eu-north-1.amazonaws.com</Endpoint></Error>",
        ),
    ],
)
def test_the_buckets_region_is_read_wherever_it_stands(
    patient: Patient, status: int, headers: dict[str, str], body: bytes
) -> None:
    """In the header or in the body of the redirect: the fix names it."""
    with store_that(patient, refuses="GET", status=status, body=body, **headers) as endpoint:
        row = patient.rows(S3_ENDPOINT=endpoint, CORS_ORIGINS=None)["storage.region"]
    assert (row["verdict"], row["mend"]) == ("fault", "Set S3_REGION=eu-north-1.")


def test_a_clock_that_s3_does_not_take_is_no_matter_of_permissions(patient: Patient) -> None:
    """AccessDenied with an hour between the clocks: the clock is named, IAM is not."""

    class Later(Quiet):
        def do_GET(self) -> None:
            self.send(
                403,
                b"<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>",
            )

        do_OPTIONS = do_GET

        def date_time_string(self, timestamp: float | None = None) -> str:
            import time

            return super().date_time_string(time.time() + 3600)

    with serving(Later) as address:
        rows = patient.rows(S3_ENDPOINT=address, CORS_ORIGINS=None)
    assert rows["storage.clock"]["verdict"] == "fault"
    assert "behind the bucket" in rows["storage.clock"]["found"]
    assert "timedatectl" in rows["storage.clock"]["mend"]
    assert "storage.list" not in rows


def test_a_name_that_does_not_resolve(patient: Patient) -> None:
    """The fix is about the name and about DNS, not about making a bucket."""
    row = patient.rows(S3_ENDPOINT="https://s3.nowhere.invalid", CORS_ORIGINS=None)[
        "storage.bucket"
    ]
    assert "cannot be resolved" in row["found"]
    assert "getent hosts s3.nowhere.invalid" in row["mend"]
    assert "aws s3 ls" not in row["mend"]


def test_the_bucket_in_the_endpoint(patient: Patient) -> None:
    """Named twice it is not there; the fix takes it out of the endpoint."""
    endpoint = f"{patient.stack.endpoint}/{patient.stack.bucket}"
    row = patient.rows(S3_ENDPOINT=endpoint, CORS_ORIGINS=None)["storage.bucket"]
    assert (row["verdict"], "Take the bucket out of S3_ENDPOINT" in row["mend"]) == ("fault", True)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate of localhost, with its key."""
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    key = path.with_name("key.pem")
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt"),
            *("ec_paramgen_curve:prime256v1", "-nodes", "-days", "1", "-subj", "/CN=localhost"),
            *("-keyout", key, "-out", path),
        ],
        check=True,
        capture_output=True,
    )
    path.write_text(path.read_text() + key.read_text())
    return path


@contextmanager
def speaking_tls(certificate: Path) -> Iterator[int]:
    """A server that hangs up on whoever does not begin with TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                try:
                    context.wrap_socket(connection, server_side=True).close()
                except (ssl.SSLError, OSError):
                    connection.close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)
        thread.join(5)


def test_http_for_https(patient: Patient, certificate: Path) -> None:
    """Whether the server hangs up, redirects or says so, the fix is the scheme."""
    with speaking_tls(certificate) as port:
        rows = patient.rows(S3_ENDPOINT=f"http://127.0.0.1:{port}", CORS_ORIGINS=None)
    assert "write https://" in rows["storage.bucket"]["mend"]
    for status, headers, body in (
        (400, {}, b"Client sent an HTTP request to an HTTPS server.\n"),
        (301, {"location": "https://127.0.0.1/"}, b"moved"),
    ):
        with store_that(patient, refuses="GET", status=status, body=body, **headers) as endpoint:
            rows = patient.rows(S3_ENDPOINT=endpoint, CORS_ORIGINS=None)
        assert rows["storage.bucket"]["mend"] == "Write https:// in S3_ENDPOINT."


def test_https_for_http_and_a_certificate_of_ones_own(patient: Patient, certificate: Path) -> None:
    """The scheme for one, the CA for the other."""
    plain = patient.stack.endpoint.replace("http://", "https://")
    row = patient.rows(S3_ENDPOINT=plain, CORS_ORIGINS=None)["storage.bucket"]
    assert "Write http:// in S3_ENDPOINT" in row["mend"]
    with speaking_tls(certificate) as port:
        rows = patient.rows(S3_ENDPOINT=f"https://localhost:{port}", CORS_ORIGINS=None)
    assert "AWS_CA_BUNDLE" in rows["storage.bucket"]["mend"]


def test_keys_are_blamed_by_the_names_they_have(patient: Patient) -> None:
    """AWS_* where those are taken, a profile or role where it is that."""
    ours = {"S3_ACCESS_KEY_ID": None, "S3_SECRET_ACCESS_KEY": None}
    aws = {"AWS_ACCESS_KEY_ID": "AKIAWRONGWRONGWRONG1", "AWS_SECRET_ACCESS_KEY": "wrong"}
    row = patient.rows("--read-only", **ours, **aws)["storage.credentials"]
    assert row["found"] == "S3 does not know AWS_ACCESS_KEY_ID"
    assert row["mend"].startswith("Correct AWS_ACCESS_KEY_ID")
    none = dict.fromkeys(aws) | {"AWS_SHARED_CREDENTIALS_FILE": "/dev/null"}
    row = patient.rows("--read-only", **ours, **none)["storage.credentials"]
    assert row["found"] == "none set, and no role found"
    assert "aws sts get-caller-identity" in row["mend"]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("CLOUDFRONT_URL", "CLOUDFRONT_DOMAIN"),
        ("COGNITO_APP_CLIENT_ID", "COGNITO_CLIENT_ID"),
        ("S3_SECRET_KEY", "S3_SECRET_ACCESS_KEY"),
        ("S3_BUCKETNAME", "S3_BUCKET_NAME"),
        ("S3_FLAVOUR", None),
    ],
)
def test_a_wrong_name_is_renamed_to_what_was_meant(
    patient: Patient, name: str, meant: str | None
) -> None:
    """By what others call it, or by a slip of the fingers; else there is no guess."""
    row = patient.rows("--read-only", **{name: "x"})[f"environment.{name}"]
    assert row["verdict"] == "warning"
    assert row["mend"].startswith(f"Rename it to {meant}" if meant else "Unset it")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("S3_ENDPOINT", "http://user@127.0.0.1:9000"),
        ("S3_ACCELERATE", "true"),
        ("AWS_REGION", "nowhere at all"),
        ("COGNITO_CLIENT_ID", '"quoted"'),
        ("CLOUDFRONT_PRIVATE_KEY", "no key"),
        ("REDIS_URL", "redis://cache:abc"),
    ],
)
def test_what_the_server_refuses_is_no_traceback(patient: Patient, name: str, value: str) -> None:
    """Settings that stop the server are lines of the table, and the rest is checked."""
    changes = {name: value}
    if name == "S3_ACCELERATE":
        changes |= {"S3_ENDPOINT": ""}
    done = patient.run("--json", "--read-only", **changes)
    assert not done.exception or isinstance(done.exception, SystemExit), done.exception
    rows = {row["id"]: row for row in json.loads(done.stdout)["rows"]}
    faulty = [each for each in rows if each.startswith("environment.") and rows[each]["mend"]]
    if name == "S3_ACCELERATE":
        return  # it is the bucket that is not there then
    assert f"environment.{name}" in faulty


@pytest.mark.parametrize(
    ("faulty", "variable"),
    [
        ({"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, "OTEL_EXPORTER_OTLP_PROTOCOL"),
        ({"OTEL_METRIC_EXPORT_INTERVAL": "soon"}, "OTEL_METRIC_EXPORT_INTERVAL"),
        ({"HTTPS_PROXY": "socks9://proxy"}, "HTTPS_PROXY"),
        ({"https_proxy": "socks9://proxy"}, "HTTPS_PROXY"),
        ({"AWS_CA_BUNDLE": "/not/there.pem"}, "AWS_CA_BUNDLE"),
        ({"AWS_PROFILE": "nobodys"}, "AWS_PROFILE"),
        ({"AWS_RETRY_MODE": "sometimes"}, "AWS_RETRY_MODE"),
        ({"AWS_MAX_ATTEMPTS": "many"}, "AWS_MAX_ATTEMPTS"),
        ({"AWS_ENDPOINT_URL": "nowhere"}, "AWS_ENDPOINT_URL"),
        ({"GUNICORN_CMD_ARGS": "--threads=many"}, "GUNICORN_CMD_ARGS"),
    ],
    ids=lambda each: next(iter(each)) if isinstance(each, dict) else "",
)
def test_variables_of_others_are_one_fault_each(
    patient: Patient, monkeypatch: pytest.MonkeyPatch, faulty: dict[str, str], variable: str
) -> None:
    """What stops the server is named, whoever reads it, and the rest is looked at all the same."""
    monkeypatch.setattr(tracing, "start", lambda: otel_variables.check_protocol(tracing._PROTOCOLS))
    monkeypatch.setattr(pushed_metrics, "Pusher", lambda _interval: None)
    endpoint = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}
    rows = patient.rows(**endpoint, **faulty)
    faults = {name for name, row in rows.items() if row["verdict"] == "fault"}
    assert faults == {f"environment.{variable}"}
    assert rows[f"environment.{variable}"]["mend"].startswith((f"Correct {variable} ", "Unset it"))
    assert rows["storage.bucket"]["verdict"] == "ok"


def test_one_broken_region_is_one_fault(patient: Patient) -> None:
    """What follows from the values that stand in for it is not reported."""
    done = patient.run("--json", "--read-only", AWS_REGION="nowhere at all", COGNITO_ISSUER=None)
    faults = [row["id"] for row in json.loads(done.stdout)["rows"] if row["verdict"] == "fault"]
    assert faults == ["environment.AWS_REGION"]


def test_no_fix_has_a_hole_in_it(patient: Patient) -> None:
    """Commands are to be copied: no {bucket} is left, whatever is found."""
    with store_that(patient, refuses="PUT") as endpoint:
        document = patient.run("--json", S3_ENDPOINT=endpoint, S3_REGION="eu-north-1").stdout
    for row in json.loads(document)["rows"]:
        assert "{bucket}" not in row["mend"] and "{region}" not in row["mend"], row
    done = patient.run("--json", S3_ENDPOINT=f"http://127.0.0.1:{free_port()}")
    assert "{bucket}" not in done.stdout


# --- the front end ---------------------------------------------------------------------------


def frontend(
    patient: Patient, tmp_path: Path, prefix: str = "NEXT_PUBLIC_", **changes: str
) -> dict[str, dict[str, str]]:
    values = {
        f"{prefix}COGNITO_USER_POOL_ID": patient.stack.user_pool_id,
        f"{prefix}COGNITO_CLIENT_ID": patient.stack.client_id,
        f"{prefix}AWS_REGION": patient.stack.region,
        f"{prefix}API_URL": "http://127.0.0.1:9/",
        **changes,
    }
    file = tmp_path / ".env.local"
    lines = [f'export {name}="{value}"  # ours' for name, value in values.items() if value]
    file.write_text("\n".join(["# the front end's", *lines]))
    rows = patient.rows(
        "--read-only", "--frontend", str(file), PUBLIC_BASE_URL="http://127.0.0.1:9"
    )
    return {name: row for name, row in rows.items() if name.startswith("frontend.")}


def test_a_front_end_that_was_built_for_us_is_well(patient: Patient, tmp_path: Path) -> None:
    """Quotes, `export` and comments are read as Next.js reads them."""
    rows = frontend(patient, tmp_path)
    assert {row["verdict"] for row in rows.values()} == {"ok"}, rows
    assert len(rows) == 5


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("COGNITO_USER_POOL_ID", "us-east-1_Another00"),
        ("COGNITO_CLIENT_ID", "another"),
        ("COGNITO_CLIENT_ID", ""),
        ("AWS_REGION", "eu-west-1"),
        ("API_URL", "https://staging.example.com"),
    ],
)
def test_a_front_end_of_another_pool_is_found(
    patient: Patient, tmp_path: Path, name: str, value: str
) -> None:
    """The variable is named, with the value that it needs and when it is read."""
    rows = frontend(patient, tmp_path, **{f"NEXT_PUBLIC_{name}": value})
    [fault] = [row for row in rows.values() if row["verdict"] == "fault"]
    assert fault["id"] == f"frontend.NEXT_PUBLIC_{name}"
    assert f"NEXT_PUBLIC_{name}=" in fault["mend"] and "build it again" in fault["mend"]


def test_a_secret_in_the_front_end_is_found_and_not_shown(patient: Patient, tmp_path: Path) -> None:
    """T37: NEXT_PUBLIC_ variables are in everybody's browser."""
    secret = patient.stack.secret_access_key
    rows = frontend(patient, tmp_path, NEXT_PUBLIC_SECRET=secret)
    assert rows["frontend.secrets"]["found"] == "NEXT_PUBLIC_SECRET"
    assert secret not in str(rows)

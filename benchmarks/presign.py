"""What presigning costs beside botocore, the AWS SDK for JavaScript, and the bare hashes.

All contenders take turns within one run, so that a busy machine slows them alike; each figure is
the median of CPU time a URL, each ratio the median of its rounds' ratios. Keys, file names and
upload ids are new in every round: nothing is answered from a memory of the round before. The
signing instant is each signer's own clock, as in production.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import subprocess
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import boto3
from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials

from app.signing import credentials
from app.signing.addressing import BucketAddress
from app.signing.sigv4 import Presigner
from benchmarks.install import PEERS, install_peers
from benchmarks.results import Results
from benchmarks.turns import Contender, Measured, Prepare, medians, ratio, take_turns

ID, SECRET, REGION, BUCKET = "AKIAIOSFODNN7EXAMPLE", "w" * 40, "eu-west-1", "media-bucket"
# As long as the tokens that role credentials bring.
TOKEN = "IQoJb3JpZ2luX2VjE+/=" * 50
ADDRESS = BucketAddress.of(BUCKET, REGION)
BATCH = 1000
OURS, BOTO3, BARE = "ours, one PUT", "boto3 generate_presigned_url", "bare HMAC + SHA-256"
SDK = "AWS SDK for JavaScript"


class Objects:
    """Endless new keys, upload ids and file names, made before the watch is started."""

    def __init__(self) -> None:
        self._number = count()

    def key(self) -> str:
        return f"users/{uuid.uuid4()}/video/{uuid.uuid4()}/clip-{next(self._number)}.mp4"

    def put(self) -> tuple[str, dict[str, str], dict[str, str]]:
        headers = {
            "content-length": str(73_400_320 + next(self._number)),
            "content-type": "video/mp4",
            "if-none-match": "*",
            "x-amz-meta-upload": uuid.uuid4().hex,
        }
        return self.key(), {}, headers

    def parts(self) -> list[tuple[str, dict[str, str], dict[str, str]]]:
        key, upload_id, size = self.key(), uuid.uuid4().hex * 4, {"content-length": "16777216"}
        return [(key, {"partNumber": str(n), "uploadId": upload_id}, size) for n in range(1, 1001)]

    def links(self) -> list[tuple[str, dict[str, str], dict[str, str]]]:
        return [(key, self._disposition(key), {}) for key in (self.key() for _ in range(BATCH))]

    @staticmethod
    def _disposition(key: str) -> dict[str, str]:
        name = key.rpartition("/")[2]
        return {
            "response-content-disposition": f"inline; filename=\"{name}\"; filename*=UTF-8''{name}",
            "response-content-type": "video/mp4",
        }


def contenders(token: str | None) -> dict[str, Prepare]:
    """By name: what prepares new input, and gives what is to be timed on it."""
    objects = Objects()
    keys = Credentials(ID, SECRET, token)
    ours = credentials.Credentials(ID, SECRET, token)
    presigner = Presigner(lambda: ours, REGION)
    client = boto3.session.Session().client(
        "s3",
        region_name=REGION,
        aws_access_key_id=ID,
        aws_secret_access_key=SECRET,
        aws_session_token=token,
        config=Config(signature_version="s3v4", s3={"addressing_style": "virtual"}),
    )

    def single() -> Contender:
        wanted = [objects.put() for _ in range(200)]

        def sign() -> int:
            for key, query, headers in wanted:
                presigner.presign(
                    "PUT", ADDRESS, key, query=query, headers=headers, expires_seconds=900
                )
            return len(wanted)

        return sign

    def batch(method: str, make: Callable[[], Any]) -> Callable[[], Contender]:
        def prepare() -> Contender:
            wanted = make()
            return lambda: len(presigner.presign_many(method, ADDRESS, wanted, expires_seconds=900))

        return prepare

    def client_put() -> Contender:
        wanted = [objects.put() for _ in range(10)]

        def sign() -> int:
            for key, _, headers in wanted:
                client.generate_presigned_url(
                    "put_object",
                    {
                        "Bucket": BUCKET,
                        "Key": key,
                        "ContentLength": int(headers["content-length"]),
                        "ContentType": headers["content-type"],
                        "IfNoneMatch": "*",
                        "Metadata": {"upload": headers["x-amz-meta-upload"]},
                    },
                    ExpiresIn=900,
                )
            return len(wanted)

        return sign

    def query_auth() -> Contender:
        wanted = [objects.put() for _ in range(20)]

        def sign() -> int:
            for key, query, headers in wanted:
                request = AWSRequest("PUT", ADDRESS.url(key), headers=headers, params=query)
                S3SigV4QueryAuth(keys, "s3", REGION, 900).add_auth(request)
            return len(wanted)

        return sign

    def bare_hashes() -> Contender:
        # As many bytes as the canonical request and the string to sign of the PUT above.
        requests = [objects.key().encode().ljust(610 + len(token or ""), b".") for _ in range(200)]
        head, key = b"s" * 76, hashlib.sha256(SECRET.encode()).digest()

        def sign() -> int:
            for request in requests:
                digest = hashlib.sha256(request).hexdigest()
                hmac.new(key, head + digest.encode(), "sha256").hexdigest()
            return len(requests)

        return sign

    return {
        OURS: single,
        "ours, 1,000 parts": batch("PUT", objects.parts),
        "ours, 1,000 links": batch("GET", objects.links),
        BOTO3: client_put,
        "botocore S3SigV4QueryAuth": query_auth,
        BARE: bare_hashes,
    }


@contextmanager
def sdk_for_javascript(token: str | None) -> Iterator[Measured]:
    """What signs a hundred PUTs in Node.js and tells the CPU microseconds of one."""
    command = ["node", str(PEERS / "presign.mjs"), ID, SECRET, token or ""]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin
        assert process.stdout
        said, told = process.stdin, process.stdout

        def sign() -> float:
            said.write(b"\n")
            said.flush()
            return float(json.loads(told.readline()))

        yield sign
        said.close()


def measure_all(results: Results, rounds: int) -> None:
    """Adds a case for long-term keys and one for role keys, and the targets of one PUT."""
    install_peers()
    for title, token in (("long-term keys", None), ("role keys", TOKEN)):
        with sdk_for_javascript(token) as sdk:
            figures = take_turns(contenders(token), rounds * 8, beside={SDK: sdk})
        results.add(f"one URL presigned, {title}, CPU µs", medians(figures))
        for other, at_most in ((BOTO3, 1 / 15), (SDK, 1 / 15), (BARE, 6)):
            name = f"one PUT presigned with {title}, of {other}"
            results.target(name, ratio(figures[OURS], figures[other]), at_most=at_most)

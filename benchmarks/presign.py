"""What presigning costs beside botocore, and beside the bare hashes that no signer can avoid.

    python -m benchmarks.presign [--rounds 40]

All contenders take turns within one run, so that a busy machine slows them alike; each figure is
the median of CPU time a URL, each ratio the median of its rounds' ratios. Keys, file names and
upload ids are new in every round: nothing is answered from a memory of the round before. The
signing instant is each signer's own clock, as in production.
"""

from __future__ import annotations

import argparse
import hashlib
import hmac
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from itertools import count
from statistics import median
from typing import Any

import boto3
from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials

from app.aws.addressing import BucketAddress
from app.aws.credentials import static_credentials
from app.aws.sigv4 import Presigner

ID, SECRET, REGION, BUCKET = "AKIAIOSFODNN7EXAMPLE", "w" * 40, "eu-west-1", "media-bucket"
# As long as the tokens that role credentials bring.
TOKEN = "IQoJb3JpZ2luX2VjE+/=" * 50
ADDRESS = BucketAddress.of(BUCKET, REGION)
BATCH = 1000

Contender = Callable[[], int]
"""Signs something new and returns how many URLs that was."""


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


def contenders(token: str | None) -> dict[str, Callable[[], Contender]]:
    """By name: what prepares new input, and gives what is to be timed on it."""
    objects = Objects()
    presigner = Presigner(static_credentials(ID, SECRET, token), REGION)
    keys = Credentials(ID, SECRET, token)
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
        "ours, one PUT": single,
        "ours, 1,000 parts": batch("PUT", objects.parts),
        "ours, 1,000 links": batch("GET", objects.links),
        "boto3 generate_presigned_url": client_put,
        "botocore S3SigV4QueryAuth": query_auth,
        "bare HMAC + SHA-256": bare_hashes,
    }


def measure(prepared: dict[str, Callable[[], Contender]], rounds: int) -> dict[str, list[float]]:
    """CPU microseconds a URL, by contender, one figure a round; the first rounds only warm up."""
    figures: dict[str, list[float]] = {name: [] for name in prepared}
    for turn in range(-3, rounds):
        for name, prepare in prepared.items():
            sign = prepare()
            started = time.process_time()
            signed = sign()
            if turn >= 0:
                figures[name].append((time.process_time() - started) / signed * 1e6)
    return figures


def rows(figures: dict[str, list[float]]) -> Iterator[str]:
    boto, auth, bare = list(figures)[3:]
    yield f"{'':30}{'µs a URL':>10}{'boto3 ÷':>10}{'auth ÷':>10}{'÷ bare':>10}"
    for name, own in figures.items():
        ratios = (
            median(b / o for b, o in zip(figures[boto], own, strict=True)),
            median(a / o for a, o in zip(figures[auth], own, strict=True)),
            median(o / b for o, b in zip(own, figures[bare], strict=True)),
        )
        yield f"{name:30}{median(own):10.1f}" + "".join(f"{ratio:10.1f}" for ratio in ratios)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=40)
    rounds = parser.parse_args().rounds
    missed = False
    for title, token in (("Long-term keys", None), ("Role keys (session token)", TOKEN)):
        figures = measure(contenders(token), rounds)
        print(f"\n{title}")
        print("\n".join(rows(figures)))
        boto, bare = "boto3 generate_presigned_url", "bare HMAC + SHA-256"
        one = figures["ours, one PUT"]
        faster = median(b / o for b, o in zip(figures[boto], one, strict=True))
        dearer = median(o / b for o, b in zip(one, figures[bare], strict=True))
        missed |= faster < 15 or dearer > 6
        print(
            f"targets: boto3 ÷ ours {faster:.1f} (at least 15),"
            f" ours ÷ bare {dearer:.1f} (at most 6)"
        )
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())

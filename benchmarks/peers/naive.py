"""What many write first: PyJWT verifies, boto3 signs. Shared by both frameworks."""

from __future__ import annotations

import json
import os
from typing import Any

import boto3
import jwt
from botocore.config import Config

BUCKET = "media-bucket"
KEYS = {
    key["kid"]: jwt.PyJWK(key).key
    for key in json.loads(os.environ.get("JWKS", '{"keys": []}'))["keys"]
}
CLIENT = boto3.client(
    "s3",
    region_name="eu-west-1",
    aws_access_key_id="AKIAIOSFODNN7EXAMPLE",
    aws_secret_access_key="w" * 40,
    config=Config(signature_version="s3v4", s3={"addressing_style": "virtual"}),
)
STORE = boto3.client(
    "s3",
    region_name="eu-west-1",
    endpoint_url=os.environ.get("STORE"),
    aws_access_key_id="AKIAIOSFODNN7EXAMPLE",
    aws_secret_access_key="w" * 40,
    config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
)


def caller(authorization: str) -> str:
    """The ``sub`` of a verified access token; raises what PyJWT raises."""
    token = authorization.removeprefix("Bearer ")
    claims = jwt.decode(
        token,
        KEYS[jwt.get_unverified_header(token)["kid"]],
        algorithms=["RS256"],
        issuer=os.environ["ISSUER"],
        options={"verify_aud": False},
    )
    if claims["client_id"] != os.environ["CLIENT_ID"] or claims["token_use"] != "access":
        raise PermissionError
    return str(claims["sub"])


def sign(operation: str, **params: Any) -> str:
    return str(
        CLIENT.generate_presigned_url(operation, {"Bucket": BUCKET, **params}, ExpiresIn=3600)
    )


def put(sub: str) -> dict[str, Any]:
    key = f"users/{sub}/video/clip.mp4"
    url = sign(
        "put_object", Key=key, ContentType="video/mp4", ContentLength=73400320, IfNoneMatch="*"
    )
    return {"url": url, "key": key}


def part(sub: str, upload_id: str, number: int) -> dict[str, Any]:
    key = f"users/{sub}/video/clip.mp4"
    return {"url": sign("upload_part", Key=key, UploadId=upload_id, PartNumber=number)}


def batch(sub: str, upload_id: str) -> dict[str, Any]:
    return {"urls": {n: part(sub, upload_id, n)["url"] for n in range(1, 1001)}}


def links(sub: str, paths: list[str]) -> dict[str, Any]:
    return {"links": [sign("get_object", Key=f"users/{sub}/{path}") for path in paths]}


def listed(sub: str) -> dict[str, Any]:
    """The keys alone, unsigned: what boto3 takes to read a page."""
    page = STORE.list_objects_v2(Bucket=BUCKET, Prefix=f"users/{sub}/")
    return {"keys": [found["Key"] for found in page["Contents"]]}


def complete(sub: str) -> dict[str, Any]:
    """Size, type and first bytes, which take two requests of boto3."""
    key = f"users/{sub}/video/clip.mp4"
    found = STORE.head_object(Bucket=BUCKET, Key=key)
    first = STORE.get_object(Bucket=BUCKET, Key=key, Range="bytes=0-4095")["Body"].read()
    if b"ftyp" not in first or found["ContentType"] != "video/mp4":
        raise ValueError(key)
    return {"key": key, "size": found["ContentLength"], "url": sign("get_object", Key=key)}


def asset(sub: str) -> dict[str, Any]:
    key = f"users/{sub}/video/clip.mp4"
    found = STORE.head_object(Bucket=BUCKET, Key=key)
    return {"key": key, "size": found["ContentLength"], "url": sign("get_object", Key=key)}


def shared(sub: str) -> str:
    """Where a share leads: its record is read, and its film looked at."""
    record = STORE.get_object(Bucket=BUCKET, Key=f"users/{sub}/shares/one.json")["Body"].read()
    key = f"users/{sub}/{json.loads(record)['path']}"
    STORE.head_object(Bucket=BUCKET, Key=key)
    return sign("get_object", Key=key)

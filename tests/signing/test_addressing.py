"""Where a bucket is reached, checked against botocore's rules and a browser's URL parser."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote, urlsplit

import ada_url
import boto3
import pytest
from botocore.config import Config
from hypothesis import given
from hypothesis import strategies as st

from app.signing.addressing import BucketAddress

keys = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(
    lambda key: not {".", ".."} & set(key.split("/"))
)
ADDRESSES = [
    BucketAddress.of("bucket", "eu-west-1"),
    BucketAddress.of("bucket.with.dots", "eu-west-1"),
    BucketAddress.of("bucket", "eu-west-1", endpoint="http://127.0.0.1:9000/s3/"),
]


@pytest.mark.parametrize(
    ("bucket", "region", "options", "url"),
    [
        ("b-1", "eu-west-1", {}, "https://b-1.s3.eu-west-1.amazonaws.com/"),
        ("b-1", "us-east-1", {}, "https://b-1.s3.us-east-1.amazonaws.com/"),
        ("b-1", "cn-north-1", {}, "https://b-1.s3.cn-north-1.amazonaws.com.cn/"),
        ("b-1", "us-gov-west-1", {}, "https://b-1.s3.us-gov-west-1.amazonaws.com/"),
        ("b-1", "eusc-de-east-1", {}, "https://b-1.s3.eusc-de-east-1.amazonaws.eu/"),
        ("b-1", "eu-west-1", {"style": "path"}, "https://s3.eu-west-1.amazonaws.com/b-1/"),
        ("b.1", "eu-west-1", {}, "https://s3.eu-west-1.amazonaws.com/b.1/"),
        ("b.1", "eu-west-1", {"style": "virtual"}, "https://s3.eu-west-1.amazonaws.com/b.1/"),
        ("Old_1", "us-east-1", {}, "https://s3.us-east-1.amazonaws.com/Old_1/"),
        ("b-1", "eu-west-1", {"accelerate": True}, "https://b-1.s3-accelerate.amazonaws.com/"),
    ],
)
def test_a_bucket_on_aws_is_reached_at_its_regional_host(
    bucket: str, region: str, options: dict[str, Any], url: str
) -> None:
    """The partition's suffix; the bucket in the host where TLS allows it, else in the path."""
    assert BucketAddress.of(bucket, region, **options).bucket_url == url


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://s3.amazonaws.com",
        "https://s3.amazonaws.com/",
        "http://s3.amazonaws.com:80",
        "https://S3.AmazonAWS.com",
        "https://s3.eu-west-1.amazonaws.com",
        "https://s3-eu-west-1.amazonaws.com",
        "https://s3.us-east-1.amazonaws.com:443",
        "https://s3-external-1.amazonaws.com",
        "https://bucket.s3.amazonaws.com",
        "https://s3.cn-north-1.amazonaws.com.cn",
    ],
)
def test_t16_any_address_of_aws_means_the_regional_endpoint(endpoint: str) -> None:
    """T16: the global host, an old spelling or another region's still give the bucket's own."""
    address = BucketAddress.of("bucket", "eu-west-1", endpoint=endpoint)
    assert address == BucketAddress.of("bucket", "eu-west-1")


@pytest.mark.parametrize("kind", ["s3-fips", "s3.dualstack", "s3-fips.dualstack"])
def test_fips_and_dual_stack_hosts_of_the_region_are_kept(kind: str) -> None:
    """They are regional endpoints too, and chosen on purpose; another region's is corrected."""
    host = f"{kind}.us-east-2.amazonaws.com"
    kept = BucketAddress.of("bucket", "us-east-2", endpoint=f"https://{host}")
    assert kept.host == f"bucket.{host}"
    other = BucketAddress.of("bucket", "us-west-2", endpoint=f"https://{host}")
    assert other.host == "bucket.s3.us-west-2.amazonaws.com"


@pytest.mark.parametrize(
    ("endpoint", "style", "url"),
    [
        ("http://127.0.0.1:9000", "auto", "http://127.0.0.1:9000/bucket/"),
        ("http://127.0.0.1:9000", "virtual", "http://127.0.0.1:9000/bucket/"),
        ("http://[::1]:9000", "virtual", "http://[::1]:9000/bucket/"),
        ("http://localhost:80", "auto", "http://localhost/bucket/"),
        ("https://store.example:443/", "auto", "https://store.example/bucket/"),
        ("https://store.example:80", "auto", "https://store.example:80/bucket/"),
        ("https://Store.Example/s3/", "auto", "https://store.example/s3/bucket/"),
        ("https://store.example/s3", "virtual", "https://bucket.store.example/s3/"),
        ("https://store.example:8443", "virtual", "https://bucket.store.example:8443/"),
        (
            "https://x.r2.cloudflarestorage.com",
            "auto",
            "https://x.r2.cloudflarestorage.com/bucket/",
        ),
        ("https://notamazonaws.com", "auto", "https://notamazonaws.com/bucket/"),
        (
            "https://s3.amazonaws.com.evil.example",
            "auto",
            "https://s3.amazonaws.com.evil.example/bucket/",
        ),
        (
            "https://bucket.vpce-1a-2b.s3.us-east-1.vpce.amazonaws.com",
            "auto",
            "https://bucket.vpce-1a-2b.s3.us-east-1.vpce.amazonaws.com/bucket/",
        ),
        ("http://s3.amazonaws.com:9000", "auto", "http://s3.amazonaws.com:9000/bucket/"),
    ],
)
def test_any_other_endpoint_is_a_compatible_store(endpoint: str, style: Any, url: str) -> None:
    """By path unless told otherwise; default ports dropped, as browsers do in Host."""
    assert BucketAddress.of("bucket", "eu-west-1", endpoint=endpoint, style=style).bucket_url == url


@pytest.mark.parametrize(
    "endpoint",
    [
        "s3.amazonaws.com",
        "ftp://store.example",
        "https://",
        "https://user:pw@store.example",
        "https://store.example?x=1",
        "https://store.example#x",
        "https://störe.example",
        "https://store.example/a b",
        "https://store.example/../b",
        "https://store.example:x",
        "https://store example",
        "javascript:alert(1)",
    ],
)
def test_an_endpoint_that_is_no_address_is_refused(endpoint: str) -> None:
    """At start, by ValueError, rather than in every signed URL."""
    with pytest.raises(ValueError):
        BucketAddress.of("bucket", "eu-west-1", endpoint=endpoint)


@pytest.mark.parametrize("bucket", ["", "a/b", "../b", "a b", "b?", "b#", "bü", ".b", "b" * 256])
def test_a_bucket_name_that_is_none_is_refused(bucket: str) -> None:
    """Nothing that could leave its place in host or path."""
    with pytest.raises(ValueError, match="bucket name"):
        BucketAddress.of(bucket, "eu-west-1")


@pytest.mark.parametrize(
    ("bucket", "region", "endpoint"),
    [
        ("bucket.with.dots", "eu-west-1", None),
        ("bucket", "cn-north-1", None),
        ("bucket", "us-gov-west-1", None),
        ("bucket", "eu-west-1", "http://127.0.0.1:9000"),
    ],
)
def test_acceleration_where_there_is_none_is_refused(
    bucket: str, region: str, endpoint: str | None
) -> None:
    """Acceleration needs a standard region of AWS and a bucket that fits its certificate."""
    with pytest.raises(ValueError, match="acceleration"):
        BucketAddress.of(bucket, region, endpoint=endpoint, accelerate=True)


@pytest.mark.parametrize(
    "region",
    ["us-east-1", "eu-west-1", "us-gov-east-1", "cn-north-1", "eusc-de-east-1", "ap-southeast-3"],
)
@pytest.mark.parametrize("bucket", ["bucket", "dotted.bucket", "a-b-1"])
@pytest.mark.parametrize("style", ["virtual", "path"])
def test_addresses_are_those_of_botocores_rules(region: str, bucket: str, style: Any) -> None:
    """botocore's endpoint rules, told to be regional, agree on scheme, host and path."""
    s3 = {"addressing_style": style, "us_east_1_regional_endpoint": "regional"}
    client = boto3.session.Session().client(
        "s3",
        region_name=region,
        aws_access_key_id="id",
        aws_secret_access_key="secret",
        config=Config(signature_version="s3v4", s3=s3),
    )
    theirs = client.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "ü/k"})
    ours = BucketAddress.of(bucket, region, style=style)
    assert theirs.split("?")[0] == ours.url("ü/k")


@given(key=keys, address=st.sampled_from(ADDRESSES))
def test_t09_a_browser_sends_the_path_that_was_signed(key: str, address: BucketAddress) -> None:
    """T09: the WHATWG URL parser changes nothing, and the path decodes to the very key."""
    url = address.url(key)
    assert ada_url.URL(url).href == url
    path = urlsplit(url).path
    assert unquote(path, errors="strict") == f"{address.base_path}/{key}"
    assert re.fullmatch(r"(?:[A-Za-z0-9._~/-]|%[0-9A-F]{2})+", path)


@pytest.mark.parametrize("key", [".", "..", "./a", "../a", "a/.", "a/..", "a/./b", "a/../b"])
def test_t09_a_key_that_a_browser_would_resolve_is_refused(key: str) -> None:
    """T09: `users/a/../b` would be signed for one object and fetched as another."""
    with pytest.raises(ValueError, match="dot segments"):
        ADDRESSES[0].url(key)


@pytest.mark.parametrize("key", ["a.b", ".a", "..a", "a..", "a/.b", "a./b", "...", "a/.../b"])
def test_dots_that_are_no_segment_are_kept(key: str) -> None:
    """Hidden files and ellipses are names like any other."""
    assert ADDRESSES[0].url(key).endswith(f"/{key}")


def test_a_lone_surrogate_has_no_url() -> None:
    """Text that is no Unicode is a ValueError, never a mangled key."""
    with pytest.raises(ValueError):
        ADDRESSES[0].url("a\ud800")


def test_the_empty_key_is_the_bucket_itself() -> None:
    """As S3 addresses a bucket: `/` in its own host, its bare name in a path."""
    assert ADDRESSES[0].url("") == "https://bucket.s3.eu-west-1.amazonaws.com/"
    assert ADDRESSES[2].url("") == "http://127.0.0.1:9000/s3/bucket"
    assert ADDRESSES[2].bucket_url == "http://127.0.0.1:9000/s3/bucket/"

"""AWS's partitions as botocore knows them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import botocore
import botocore.session
import pytest

from app.domain.partitions import PARTITIONS, partition_of, regional_host
from app.signing.addressing import BucketAddress

_TABLE = json.loads((Path(botocore.__file__).parent / "data/partitions.json").read_text())
KNOWN: dict[str, dict[str, Any]] = {each["id"]: each for each in _TABLE["partitions"]}
REGIONS = [
    (region, name)
    for name, each in KNOWN.items()
    for region in each["regions"]
    if not region.endswith("-global")
]


def test_c35_the_table_has_every_partition() -> None:
    """C35: name, suffix and global region of each, and none besides."""
    ours = {each.name: (each.dns_suffix, each.global_region) for each in PARTITIONS}
    assert ours == {
        name: (each["outputs"]["dnsSuffix"], each["outputs"]["implicitGlobalRegion"])
        for name, each in KNOWN.items()
    }


@pytest.mark.parametrize(("region", "name"), REGIONS)
def test_c35_every_region_is_in_its_partition(region: str, name: str) -> None:
    """C35: eusc-de-east-1, China, GovCloud and the isolated regions included."""
    assert partition_of(region).name == name


# One of each partition; making a client takes a while.
@pytest.mark.parametrize("region", sorted({name: region for region, name in REGIONS}.values()))
@pytest.mark.parametrize("service", ["cognito-idp", "sqs", "sts", "s3"])
def test_c35_hosts_are_botocores(service: str, region: str) -> None:
    """C35: the host that is signed for and asked is the one that botocore would ask."""
    session = botocore.session.Session()
    client = session.create_client(
        service, region_name=region, aws_access_key_id="x", aws_secret_access_key="y"
    )
    assert client.meta.endpoint_url == f"https://{regional_host(service, region)}"
    if service == "s3":
        assert BucketAddress.of("a-bucket", region).host == f"a-bucket.s3.{region}." + (
            partition_of(region).dns_suffix
        )


@pytest.mark.parametrize("region", ["eusc-de-east-1", "cn-north-1", "us-gov-west-1"])
def test_c35_an_aws_endpoint_of_any_partition_means_the_regional_host(region: str) -> None:
    """C35: S3_ENDPOINT as copied from AWS's pages is no other store."""
    regional = regional_host("s3", region)
    assert BucketAddress.of("a-bucket", region, endpoint=f"https://{regional}").host == (
        f"a-bucket.{regional}"
    )


@pytest.mark.parametrize("region", ["eusc-de-east-1", "cn-north-1", "us-gov-west-1"])
def test_c35_acceleration_exists_in_the_standard_partition_alone(region: str) -> None:
    """C35: elsewhere it is refused at start rather than sent to a host that is not there."""
    with pytest.raises(ValueError, match="standard AWS regions only"):
        BucketAddress.of("a-bucket", region, accelerate=True)

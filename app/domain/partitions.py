"""AWS's partitions: which one a region is in, and how hosts and ARNs are named there.

A small table rather than botocore's, whose import would cost a sixth of the time to start; a test
compares it with botocore's own (``tests/domain/test_partitions.py``).

https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Partition:
    """``name`` as in ARNs; ``dns_suffix`` ends the hosts of its services; ``global_region`` is
    where CloudFront and IAM are signed for and report their metrics."""

    name: str
    region_prefix: str
    dns_suffix: str
    global_region: str

    def host(self, service: str, region: str) -> str:
        """``cognito-idp.eu-west-1.amazonaws.com``: the regional host of most services."""
        return f"{service}.{region}.{self.dns_suffix}"


STANDARD = Partition("aws", "", "amazonaws.com", "us-east-1")
PARTITIONS = (
    Partition("aws-cn", "cn-", "amazonaws.com.cn", "cn-northwest-1"),
    Partition("aws-eusc", "eusc-", "amazonaws.eu", "eusc-de-east-1"),
    Partition("aws-us-gov", "us-gov-", "amazonaws.com", "us-gov-west-1"),
    Partition("aws-iso", "us-iso-", "c2s.ic.gov", "us-iso-east-1"),
    Partition("aws-iso-b", "us-isob-", "sc2s.sgov.gov", "us-isob-east-1"),
    Partition("aws-iso-e", "eu-isoe-", "cloud.adc-e.uk", "eu-isoe-west-1"),
    Partition("aws-iso-f", "us-isof-", "csp.hci.ic.gov", "us-isof-south-1"),
    # Last: every other region, those to come included.
    STANDARD,
)
DNS_SUFFIXES = frozenset(partition.dns_suffix for partition in PARTITIONS)


def partition_of(region: str) -> Partition:
    """The partition that ``region`` is in."""
    return next(each for each in PARTITIONS if region.startswith(each.region_prefix))


def regional_host(service: str, region: str) -> str:
    """The host of ``service`` in ``region``."""
    return partition_of(region).host(service, region)

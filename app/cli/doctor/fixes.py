"""What may be mended at once: settings of the bucket that lose nothing.

Rules of others stay: a CORS or lifecycle rule of ours goes beside them, in the place of an older
one of ours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from app.cli.doctor.answers import Refusal
from app.cli.doctor.bucket import BLOCKS, LIFECYCLE, PUBLIC_ACCESS, lifecycle_rules
from app.cli.doctor.cors import ALLOWED, EXPOSE, ORIGINS, RULE_ID, rule_for
from app.cli.doctor.rows import Row, Verdict
from app.cli.doctor.site import Site

_DAYS = 7


@dataclass(frozen=True, slots=True)
class Mend:
    """One change: what it does in words, and the doing. ``apply`` raises ``Refusal``."""

    what: str
    apply: Callable[[Site], None]


def mends_for(rows: Iterable[Row]) -> list[Mend]:
    """The changes that mend these rows, each once."""
    faulty = {row.id for row in rows if row.verdict is Verdict.FAULT}
    offered = [
        ({ORIGINS.id, ALLOWED.id, EXPOSE.id}, Mend("put the CORS rule of the gateway", _cors)),
        ({LIFECYCLE.id}, Mend(f"remove unfinished uploads after {_DAYS} days", _lifecycle)),
        ({PUBLIC_ACCESS.id}, Mend("block all public access", _public_access)),
    ]
    return [mend for mended, mend in offered if mended & faulty]


def _cors(site: Site) -> None:
    bucket, ours = site.settings.s3_bucket_name, rule_for(site.settings.cors_origins)
    try:
        rules = list(site.ask("s3", "get_bucket_cors", Bucket=bucket)["CORSRules"])
    except Refusal as refusal:
        if refusal.code != "NoSuchCORSConfiguration":
            raise
        rules = []
    # The first rule that fits a request answers it, so ours must come first.
    kept = [rule for rule in rules if rule.get("ID") != RULE_ID]
    site.ask("s3", "put_bucket_cors", Bucket=bucket, CORSConfiguration={"CORSRules": [ours, *kept]})


def _lifecycle(site: Site) -> None:
    ours = {
        "ID": RULE_ID,
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": _DAYS},
    }
    kept = [rule for rule in lifecycle_rules(site) if rule.get("ID") != RULE_ID]
    site.ask(
        "s3",
        "put_bucket_lifecycle_configuration",
        Bucket=site.settings.s3_bucket_name,
        LifecycleConfiguration={"Rules": [*kept, ours]},
    )


def _public_access(site: Site) -> None:
    site.ask(
        "s3",
        "put_public_access_block",
        Bucket=site.settings.s3_bucket_name,
        PublicAccessBlockConfiguration=dict.fromkeys(BLOCKS, True),
    )

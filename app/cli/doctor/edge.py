"""Whether CloudFront opens what the gateway signs, and nothing else."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any

from app.cli.doctor.answers import Answer, Refusal
from app.cli.doctor.rows import Item, Row
from app.cli.doctor.site import Site, host_of, not_permitted
from app.cli.doctor.storage import BODY, remove_probe
from app.signing.cloudfront import CloudFrontSigner
from app.signing.key_pairs import public_half

_LINK_SECONDS = 300
_CONSOLE = "Console: CloudFront"

PUBLIC_KEY = Item(
    "edge.key",
    "CloudFront's public key is our key's half",
    "CloudFront refuses every link: 403 AccessDenied.",
    f"{_CONSOLE} > Key management > Public keys: set CLOUDFRONT_KEY_PAIR_ID to the id of the key "
    "whose private half is CLOUDFRONT_PRIVATE_KEY; or a new pair: `flask provision --rotate-key`.",
)
KEY_GROUP = Item(
    "edge.key_group",
    "Every behaviour trusts a key group with our key",
    "Without one the edge is open to everybody; with another it refuses our links.",
    f"{_CONSOLE} > Distributions > yours > Behaviors > Edit: restrict viewer access, trusted key "
    "groups: the group with CLOUDFRONT_KEY_PAIR_ID (Key management > Key groups).",
)
ORIGIN_ACCESS = Item(
    "edge.oac",
    "CloudFront reads by origin access control",
    "Without it the bucket must be public, or CloudFront gets 403 from it.",
    f"{_CONSOLE} > Distributions > yours > Origins > Edit: origin access control; then copy the "
    "bucket policy that is offered there to the bucket.",
)
HTTPS = Item(
    "edge.https",
    "The edge is HTTPS only",
    "A signed link over plain HTTP can be read and used by others on the way.",
    f"{_CONSOLE} > Distributions > yours > Behaviors > Edit: HTTPS only.",
)
LINK = Item(
    "edge.link",
    "A signed link answers",
    "Nothing can be played or shown through the edge.",
    f"{_CONSOLE} > Distributions > yours; docs/playback.md says what each part is for.",
)
UNSIGNED = Item(
    "edge.unsigned",
    "The edge refuses links without a signature",
    "Whoever knows or guesses a key reads every user's asset.",
    KEY_GROUP.mend,
)


def edge_rows(site: Site, *, writes: bool) -> Iterator[Row]:
    """Nothing without a distribution; ``writes`` permits a probe object, which is removed."""
    settings = site.settings
    if not settings.cloudfront_domain:
        return
    yield _public_key(site)
    if settings.cloudfront_distribution_id:
        yield from _distribution(site)
    if writes:
        yield from _links(site)


def _public_key(site: Site) -> Row:
    key_id = site.settings.cloudfront_key_pair_id
    try:
        found = site.ask("cloudfront", "get_public_key", Id=key_id)
    except Refusal as refusal:
        if refusal.code == "NoSuchPublicKey":
            return PUBLIC_KEY.fault(f"CloudFront has no key {key_id}")
        return not_permitted(PUBLIC_KEY, refusal)
    theirs = found["PublicKey"]["PublicKeyConfig"]["EncodedKey"].strip()
    ours = public_half(site.settings.cloudfront_private_key).strip()
    return PUBLIC_KEY.holds(theirs == ours, key_id, f"{key_id} is the half of another key")


def _distribution(site: Site) -> Iterator[Row]:
    identifier = site.settings.cloudfront_distribution_id
    try:
        config = site.ask("cloudfront", "get_distribution_config", Id=identifier)[
            "DistributionConfig"
        ]
    except Refusal as refusal:
        if refusal.code == "NoSuchDistribution":
            yield LINK.fault(f"there is no distribution {identifier}")
        else:
            yield not_permitted(KEY_GROUP, refusal)
        return
    behaviours = [
        config["DefaultCacheBehavior"],
        *config.get("CacheBehaviors", {}).get("Items", []),
    ]
    try:
        yield _key_group(site, behaviours)
    except Refusal as refusal:
        yield not_permitted(KEY_GROUP, refusal)
    origins = config["Origins"]["Items"]
    bare = [each["Id"] for each in origins if not each.get("OriginAccessControlId")]
    yield ORIGIN_ACCESS.holds(not bare, "yes", f"not of {', '.join(bare)}")
    plain = sum(each.get("ViewerProtocolPolicy") == "allow-all" for each in behaviours)
    yield HTTPS.holds(not plain, "yes", f"{plain} behaviour(s) allow plain HTTP")


def _key_group(site: Site, behaviours: list[Mapping[str, Any]]) -> Row:
    key_id = site.settings.cloudfront_key_pair_id
    known: dict[str, bool] = {}
    for behaviour in behaviours:
        trusted = behaviour.get("TrustedKeyGroups", {}).get("Items", [])
        if not trusted:
            return KEY_GROUP.fault(
                f"{behaviour.get('PathPattern', 'default')} is open to everybody"
            )
        for group in trusted:
            if group not in known:
                found = site.ask("cloudfront", "get_key_group", Id=group)
                known[group] = key_id in found["KeyGroup"]["KeyGroupConfig"]["Items"]
        if not any(known[group] for group in trusted):
            return KEY_GROUP.fault(f"{key_id} is in none of {', '.join(trusted)}")
    return KEY_GROUP.ok(key_id)


def _links(site: Site) -> Iterator[Row]:
    settings = site.settings
    try:
        put = site.signed("PUT", site.probe_key, body=BODY)
    except Refusal:
        put = None
    if put is None or not put.is_well:
        yield LINK.unknown("nothing can be uploaded to try one with; see the lines of storage")
        return
    try:
        signer = CloudFrontSigner(
            settings.cloudfront_domain,
            settings.cloudfront_key_pair_id,
            settings.cloudfront_private_key,
            settings.cloudfront_hash,
        )
        query = "response-content-disposition=inline"
        url = signer.sign_url(site.probe_key, query, int(time.time()) + _LINK_SECONDS)
        got = site.fetch("GET", url, clock="the edge")
        yield LINK.ok("with our bytes") if got.body == BODY else LINK.fault(*_explain(site, got))
        if got.status:
            bare = site.fetch("GET", signer.url(site.probe_key))
            yield UNSIGNED.holds(not bare.is_well, f"refused: {bare.status}", "they are answered")
    finally:
        remove_probe(site, put)


def _explain(site: Site, answer: Answer) -> tuple[str, str]:
    """What the edge's refusal means, and what mends it."""
    host = host_of(site.settings.cloudfront_domain)
    if answer.status == 0:
        return f"{host}: {answer.code}", "Set CLOUDFRONT_DOMAIN to the distribution's domain."
    if answer.code in ("InvalidKey", "MissingKey"):
        return f"{host} does not know the key: {answer.code}", PUBLIC_KEY.mend
    if b"<RequestId>" in answer.body:
        # The document is S3's, so the signature was good and the origin said no.
        return f"the bucket refuses the edge: {answer.code}", ORIGIN_ACCESS.mend
    if answer.code == "AccessDenied":
        return f"{host} refuses the signature: AccessDenied", PUBLIC_KEY.mend
    return f"{host} answered {answer.status} {answer.code}", LINK.mend

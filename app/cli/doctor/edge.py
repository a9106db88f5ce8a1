"""Whether CloudFront opens what the gateway signs, and nothing else."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any

from app.cli.doctor.deployment import Deployment
from app.cli.doctor.formatting import host_of
from app.cli.doctor.responses import AwsError, Response, not_permitted
from app.cli.doctor.results import Check, Result
from app.cli.doctor.storage import BODY, remove_probe
from app.signing.cloudfront import CloudFrontSigner
from app.signing.key_pairs import public_half

_LINK_SECONDS = 300
_CONSOLE = "Console: CloudFront"

PUBLIC_KEY = Check(
    "edge.key",
    "CloudFront's public key matches the private key",
    "CloudFront refuses every link: 403 AccessDenied.",
    f"{_CONSOLE} > Key management > Public keys: set CLOUDFRONT_KEY_PAIR_ID to the id of the key "
    "whose private half is CLOUDFRONT_PRIVATE_KEY; or a new pair: `flask provision --rotate-key`.",
)
KEY_GROUP = Check(
    "edge.key_group",
    "Every behaviour trusts a key group with the gateway's key",
    "Without a key group the edge is open to everybody; with another key it refuses every link.",
    f"{_CONSOLE} > Distributions > yours > Behaviors > Edit: restrict viewer access, trusted key "
    "groups: the group with CLOUDFRONT_KEY_PAIR_ID (Key management > Key groups).",
)
ORIGIN_ACCESS = Check(
    "edge.oac",
    "CloudFront uses origin access control",
    "Without it the bucket must be public, or CloudFront gets 403 from it.",
    f"{_CONSOLE} > Distributions > yours > Origins > Edit: origin access control; then copy the "
    "bucket policy that is offered there to the bucket.",
)
HTTPS = Check(
    "edge.https",
    "The edge is HTTPS only",
    "A signed link over plain HTTP can be read and used by others on the way.",
    f"{_CONSOLE} > Distributions > yours > Behaviors > Edit: HTTPS only.",
)
LINK = Check(
    "edge.link",
    "A signed link works",
    "Nothing can be played or shown through CloudFront.",
    f"{_CONSOLE} > Distributions > yours; docs/playback.md says what each part is for.",
)
UNSIGNED = Check(
    "edge.unsigned",
    "The edge refuses links without a signature",
    "Anybody who knows or guesses a key can read the asset.",
    KEY_GROUP.fix,
)


def edge_results(deployment: Deployment, *, writes: bool) -> Iterator[Result]:
    """Nothing without a distribution; ``writes`` permits a probe object, which is removed."""
    settings = deployment.settings
    if not settings.cloudfront_domain:
        return
    yield _public_key(deployment)
    if settings.cloudfront_distribution_id:
        yield from _distribution(deployment)
    if writes:
        yield from _links(deployment)


def _public_key(deployment: Deployment) -> Result:
    key_id = deployment.settings.cloudfront_key_pair_id
    try:
        found = deployment.call("cloudfront", "get_public_key", Id=key_id)
    except AwsError as error:
        if error.code == "NoSuchPublicKey":
            return PUBLIC_KEY.fault(f"CloudFront has no key {key_id}")
        return not_permitted(PUBLIC_KEY, error)
    theirs = found["PublicKey"]["PublicKeyConfig"]["EncodedKey"].strip()
    ours = public_half(deployment.settings.cloudfront_private_key).strip()
    return PUBLIC_KEY.passes_if(theirs == ours, key_id, f"{key_id} belongs to another private key")


def _distribution(deployment: Deployment) -> Iterator[Result]:
    identifier = deployment.settings.cloudfront_distribution_id
    try:
        config = deployment.call("cloudfront", "get_distribution_config", Id=identifier)[
            "DistributionConfig"
        ]
    except AwsError as error:
        if error.code == "NoSuchDistribution":
            yield LINK.fault(f"there is no distribution {identifier}")
        else:
            yield not_permitted(KEY_GROUP, error)
        return
    behaviours = [
        config["DefaultCacheBehavior"],
        *config.get("CacheBehaviors", {}).get("Items", []),
    ]
    try:
        yield _key_group(deployment, behaviours)
    except AwsError as error:
        yield not_permitted(KEY_GROUP, error)
    origins = config["Origins"]["Items"]
    bare = [each["Id"] for each in origins if not each.get("OriginAccessControlId")]
    yield ORIGIN_ACCESS.passes_if(not bare, "yes", f"not of {', '.join(bare)}")
    plain = sum(each.get("ViewerProtocolPolicy") == "allow-all" for each in behaviours)
    yield HTTPS.passes_if(not plain, "yes", f"{plain} behaviour(s) allow plain HTTP")


def _key_group(deployment: Deployment, behaviours: list[Mapping[str, Any]]) -> Result:
    key_id = deployment.settings.cloudfront_key_pair_id
    known: dict[str, bool] = {}
    for behaviour in behaviours:
        trusted = behaviour.get("TrustedKeyGroups", {}).get("Items", [])
        if not trusted:
            return KEY_GROUP.fault(
                f"{behaviour.get('PathPattern', 'default')} is open to everybody"
            )
        for group in trusted:
            if group not in known:
                found = deployment.call("cloudfront", "get_key_group", Id=group)
                known[group] = key_id in found["KeyGroup"]["KeyGroupConfig"]["Items"]
        if not any(known[group] for group in trusted):
            return KEY_GROUP.fault(f"{key_id} is in none of {', '.join(trusted)}")
    return KEY_GROUP.ok(key_id)


def _links(deployment: Deployment) -> Iterator[Result]:
    settings = deployment.settings
    try:
        put = deployment.fetch_signed("PUT", deployment.probe_key, body=BODY)
    except AwsError:
        put = None
    if put is None or not put.ok:
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
        url = signer.sign_url(deployment.probe_key, query, int(time.time()) + _LINK_SECONDS)
        got = deployment.fetch("GET", url, clock="the edge")
        yield (
            LINK.ok("the bytes came back")
            if got.body == BODY
            else LINK.fault(*_explain(deployment, got))
        )
        if got.status:
            bare = deployment.fetch("GET", signer.url(deployment.probe_key))
            yield UNSIGNED.passes_if(not bare.ok, f"refused: {bare.status}", "they are served")
    finally:
        remove_probe(deployment, put)


def _explain(deployment: Deployment, response: Response) -> tuple[str, str]:
    """What the edge's error means, and its fix."""
    host = host_of(deployment.settings.cloudfront_domain)
    if response.status == 0:
        return f"{host}: {response.code}", "Set CLOUDFRONT_DOMAIN to the distribution's domain."
    if response.code in ("InvalidKey", "MissingKey"):
        return f"{host} does not know the key: {response.code}", PUBLIC_KEY.fix
    if b"<RequestId>" in response.body:
        # The document is S3's, so the signature was good and the origin said no.
        return f"the bucket refuses the edge: {response.code}", ORIGIN_ACCESS.fix
    if response.code == "AccessDenied":
        return f"{host} refuses the signature: AccessDenied", PUBLIC_KEY.fix
    return f"{host} answered {response.status} {response.code}", LINK.fix

"""What a request may use: made once at start, frozen, shared by all threads.

Each part has a builder of its own, in a module of its name. Nothing here touches the network.
"""

from __future__ import annotations

from dataclasses import dataclass

from app import http_environment, otel_variables, tracing
from app.aws.environment import environment_faults
from app.operations import pushed_metrics
from app.operations.health import Readiness
from app.s3.bulkhead import PLACES, Bulkhead
from app.services.assets import Assets, build_assets
from app.services.auth import Auth, build_auth
from app.services.events import Events, build_events
from app.services.limits import Limits, build_limits
from app.services.signing import Signing, build_signing
from app.services.storage import Storage, build_storage
from config import Settings, SettingsError


@dataclass(frozen=True, slots=True)
class Services:
    """The gateway's tools, in parts."""

    auth: Auth
    signing: Signing
    storage: Storage
    limits: Limits
    events: Events
    assets: Assets
    readiness: Readiness
    metrics_token: str


def prepare_process() -> None:
    """Follow the variables that are not ours: proxies, certificates, OpenTelemetry's.

    Raises ``SettingsError`` for the first that cannot be followed.
    """
    try:
        http_environment.check_environment()
        tracing.start()
        pushed_metrics.prepare()
    except (http_environment.BadEnvironment, otel_variables.Unusable) as error:
        raise SettingsError({error.variable: error.reason}) from None


def _needs_botocore(settings: Settings) -> bool:
    """Without a role, a queue and the like it is never asked, whatever its variables say."""
    return not settings.s3_access_key_id or bool(
        settings.events_queue_url
        or settings.cloudfront_distribution_id
        or settings.s3_upload_role_arn
    )


def build(settings: Settings, *, places: int = PLACES) -> Services:
    """Make the services that ``settings`` describe.

    ``places``: how many threads may wait for S3 and STS at once. Raises ``SettingsError``, also for
    what others read from the environment and cannot use: proxies, certificates, traces, metrics,
    and boto3's variables where it is needed.
    """
    # First, as what is made below asks whether it is traced.
    prepare_process()
    if _needs_botocore(settings) and (faults := environment_faults()):
        raise SettingsError(faults)
    bulkhead = Bulkhead(places)
    auth = build_auth(settings)
    signing = build_signing(settings, bulkhead)
    storage = build_storage(settings, bulkhead)
    limits = build_limits(settings, storage)
    events = build_events(settings)
    return Services(
        auth=auth,
        signing=signing,
        storage=storage,
        limits=limits,
        events=events,
        assets=build_assets(settings, signing, storage, limits, events),
        readiness=Readiness({"identity": auth.jwks.load, "storage": storage.check}),
        metrics_token=settings.metrics_token,
    )

"""boto3 clients: one per service and process, made when first needed.

Making a client takes 9 to 180 ms and importing boto3 costs memory, so neither happens at start nor
in a request that only signs. Timeouts and retries are set on purpose: a dead store must not hold a
worker's threads for botocore's default minute. What cannot be connected to, cuts the line or
answers 5xx is asked three times, within seconds. What took the request and then says nothing for
ten seconds is not asked again: each further try would hold the thread as long, and the caller, who
may call again, gives up first. How many threads may wait at all is the bulkhead's.
"""

from __future__ import annotations

import threading
from typing import Any

from app import http_clients, http_environment, tracing
from app.signing.credentials import Credentials

MAX_ATTEMPTS = 3
POOL_SIZE = 32


class LazyClient:
    """Makes boto3's client of one service at the first ``get()``; safe between threads.

    ``keys`` are static credentials; without them the client walks botocore's default chain.
    """

    def __init__(
        self,
        service: str,
        region: str,
        *,
        endpoint: str = "",
        keys: Credentials | None = None,
        **config: Any,
    ) -> None:
        self._service = service
        self._region = region
        self._endpoint = endpoint
        self._keys = keys
        self._config = config
        self._client: Any = None
        self._lock = threading.Lock()

    def get(self) -> Any:
        """The client, typed loosely because boto3 generates its methods."""
        if self._client is None:
            with self._lock:
                if self._client is None:
                    self._client = self._make()
        return self._client

    def _make(self) -> Any:
        """Raises botocore's errors alone, also for a variable that it cannot read."""
        from botocore.exceptions import BotoCoreError, InvalidConfigError

        try:
            return self._made()
        except BotoCoreError:
            raise
        except Exception as error:
            raise InvalidConfigError(error_msg=type(error).__name__) from error

    def _made(self) -> Any:
        import boto3
        from botocore.config import Config

        config = Config(
            connect_timeout=http_clients.CONNECT_SECONDS,
            read_timeout=http_clients.READ_SECONDS,
            retries={"mode": "standard", "total_max_attempts": MAX_ATTEMPTS},
            max_pool_connections=POOL_SIZE,
            # Other stores refuse the trailing checksums that botocore adds by default.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            **self._config,
        )
        keys = self._keys
        session = boto3.session.Session(
            aws_access_key_id=keys.access_key_id if keys else None,
            aws_secret_access_key=keys.secret_access_key if keys else None,
            aws_session_token=keys.session_token if keys else None,
            region_name=self._region,
        )
        client = session.client(  # type: ignore[call-overload]  # the service is not a literal
            self._service,
            endpoint_url=self._endpoint or None,
            config=config,
            # botocore finds proxies by the same rules as we do, but not all bundles.
            verify=http_environment.ca_bundle(),
        )
        # The more exact an event's name, the earlier its handlers: this goes before botocore's own.
        whose = client.meta.service_model.service_id.hyphenize()
        client.meta.events.register_first(f"needs-retry.{whose}", _not_after_silence)
        if traces := tracing.current():
            traces.watch_aws(client)
        return client


def _not_after_silence(*, caught_exception: Exception | None, **_: Any) -> bool | None:
    """False ends botocore's retries; None leaves the choice to its own handler."""
    from botocore.exceptions import ReadTimeoutError

    return False if isinstance(caught_exception, ReadTimeoutError) else None

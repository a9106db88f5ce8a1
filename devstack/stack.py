"""``python -m devstack.stack``: fill a fresh store, tell the others, greet the newcomer."""

from __future__ import annotations

import json
import os
import secrets
import signal
import sys
import tempfile
from base64 import b64encode
from pathlib import Path
from typing import Any

from devstack import edge
from devstack.bootstrap import DEMO_EMAIL, bootstrap, queue_url, strong_password
from devstack.edge_keys import KeyPair
from devstack.process import HOST, wait_until_answers
from devstack.run import Ports


def describe(ports: Ports, password: str) -> dict[str, Any]:
    """Bootstrap the store; returns the gateway's ``environment``, and the settings of
    ``edge`` and ``page``."""
    gateway = f"http://{HOST}:{ports.gateway}"
    receiver = f"http://{HOST}:{ports.receiver}"
    stack = bootstrap(f"http://{HOST}:{ports.store}", ports.origins())
    stack.create_user(DEMO_EMAIL, password)
    pair = KeyPair.fresh()
    return {
        "environment": {
            **stack.gateway_environment(ports.origins()),
            **pair.gateway_environment(f"http://{HOST}:{ports.edge}"),
            "PUBLIC_BASE_URL": gateway,
            "EVENTS_QUEUE_URL": queue_url(stack),
            "WEBHOOK_URL": f"{receiver}/webhook",
            "WEBHOOK_SECRET": f"whsec_{b64encode(secrets.token_bytes(32)).decode()}",
        },
        "edge": edge.describe(stack, [pair], ports.origins()),
        "page": {
            "gateway": gateway,
            "events": f"{receiver}/events",
            "cognito": {
                "endpoint": stack.endpoint,
                "region": stack.region,
                "userPoolId": stack.user_pool_id,
                "clientId": stack.client_id,
            },
            "demo": {"username": DEMO_EMAIL, "password": password},
        },
    }


def write_whole(path: Path, text: str) -> None:
    """Write a file, for its owner alone, so that whoever sees it sees all of it."""
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False) as file:
        file.write(text)
    os.replace(file.name, path)


def banner(ports: Ports, password: str) -> str:
    """What a newcomer needs to know."""
    return f"""
    asset-gateway is ready

      page      http://localhost:{ports.page}
      gateway   http://{HOST}:{ports.gateway}   (API at /docs)
      edge      http://{HOST}:{ports.edge}   (CloudFront)
      events    http://{HOST}:{ports.receiver}   (what a back end is told)
      store     http://{HOST}:{ports.store}   (S3, Cognito, SQS)

      sign in as   {DEMO_EMAIL}
      password     {password}

    Ctrl-C ends all of it; nothing is kept.
"""


def main() -> None:
    """Runs until it is ended: the runner stops everything as soon as one process stops."""
    ports = Ports.from_env(os.environ)
    password = strong_password()
    wait_until_answers(f"http://{HOST}:{ports.store}")
    path = Path(os.environ["STACK_FILE"])
    write_whole(path, json.dumps(describe(ports, password), indent=2))
    wait_until_answers(f"http://{HOST}:{ports.gateway}/readyz", status=200)
    wait_until_answers(f"http://{HOST}:{ports.edge}/", status=403)
    wait_until_answers(f"http://{HOST}:{ports.receiver}/", status=404)
    wait_until_answers(f"http://{HOST}:{ports.page}/", status=200)
    print(banner(ports, password), flush=True)
    signal.pause()


if __name__ == "__main__":
    try:
        main()
    except TimeoutError as error:
        sys.exit(str(error))

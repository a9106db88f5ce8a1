"""``python -m devstack.stack``: fill a fresh store, tell the others, greet the newcomer."""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from textwrap import indent
from typing import Any

from devstack import back_ends, edge
from devstack.bootstrap import DEMO_EMAIL, bootstrap, queue_url
from devstack.kept import Kept
from devstack.origins import env_files, own_origins
from devstack.process import HOST, wait_until_answers
from devstack.run import Ports

ASK = "a front end of your own: make dev ORIGIN=http://localhost:5173\n"


def describe(ports: Ports, kept: Kept, own: Sequence[str]) -> dict[str, Any]:
    """Bootstrap the store; returns the gateway's ``environment``, and the settings of
    ``edge`` and ``page``. ``own`` are the origins of front ends besides the page."""
    origins = [*ports.origins(), *own]
    gateway = f"http://{HOST}:{ports.gateway}"
    receiver = f"http://{HOST}:{ports.receiver}"
    stack = bootstrap(f"http://{HOST}:{ports.store}", origins)
    stack.create_user(DEMO_EMAIL, kept.password)
    back_end = back_ends.make_client(stack)
    return {
        "environment": {
            **stack.gateway_environment(origins),
            **kept.edge.gateway_environment(f"http://{HOST}:{ports.edge}"),
            "COGNITO_CLIENT_ID": f"{stack.client_id},{back_end}",
            "SERVICE_SCOPE": back_ends.SCOPE,
            "PUBLIC_BASE_URL": gateway,
            "SHARE_PAGE_URL": f"http://localhost:{ports.page}/share.html",
            "REQUEST_PAGE_URL": f"http://localhost:{ports.page}/request.html",
            "EVENTS_QUEUE_URL": queue_url(stack),
            "WEBHOOK_URL": f"{receiver}/webhook",
            "WEBHOOK_SECRET": kept.webhook_secret,
            "SECRET_KEY": kept.secret_key,
        },
        "edge": edge.describe(stack, [kept.edge], origins),
        "page": {
            "gateway": gateway,
            "events": f"{receiver}/events",
            "cognito": {
                "endpoint": stack.endpoint,
                "region": stack.region,
                "userPoolId": stack.user_pool_id,
                "clientId": stack.client_id,
            },
            "demo": {"username": DEMO_EMAIL, "password": kept.password, "sub": kept.demo_sub},
            "backEnd": {
                "tokenUrl": f"{stack.endpoint}{back_ends.PATH}",
                "clientId": back_end,
                "clientSecret": kept.back_end_secret,
                "scope": back_ends.SCOPE,
            },
        },
    }


def write_whole(path: Path, text: str) -> None:
    """Write a file, for its owner alone, so that whoever sees it sees all of it."""
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False) as file:
        file.write(text)
    os.replace(file.name, path)


def banner(ports: Ports, password: str, own: str) -> str:
    """What a newcomer needs to know; ``own`` is said of front ends of their own."""
    return f"""
    asset-gateway is ready

      page      http://localhost:{ports.page}
      gateway   http://{HOST}:{ports.gateway}   (API at /docs)
      edge      http://{HOST}:{ports.edge}   (CloudFront)
      events    http://{HOST}:{ports.receiver}   (what a back end is told)
      store     http://{HOST}:{ports.store}   (S3, Cognito, SQS)

      sign in as   {DEMO_EMAIL}
      password     {password}

      a back end of your own   http://localhost:{ports.page}/backend.env

{indent(own, "      ")}
    Codes for new accounts appear here. Ctrl-C ends all of it; files and accounts are gone then,
    ids, keys and this password stay.
"""


def main() -> None:
    """Runs until it is ended: the runner stops everything as soon as one process stops."""
    ports = Ports.from_env(os.environ)
    own = own_origins(os.environ, ports.addresses())
    kept = Kept.read(Path(os.environ["KEPT_FILE"]))
    wait_until_answers(f"http://{HOST}:{ports.store}")
    path = Path(os.environ["STACK_FILE"])
    description = describe(ports, kept, own)
    write_whole(path, json.dumps(description, indent=2))
    wait_until_answers(f"http://{HOST}:{ports.gateway}/readyz", status=200)
    wait_until_answers(f"http://{HOST}:{ports.edge}/", status=403)
    wait_until_answers(f"http://{HOST}:{ports.receiver}/", status=404)
    wait_until_answers(f"http://{HOST}:{ports.page}/", status=200)
    said = env_files(description["page"], own) if own else ASK
    print(banner(ports, kept.password, said), flush=True)
    signal.pause()


if __name__ == "__main__":
    try:
        main()
    except TimeoutError as error:
        sys.exit(str(error))

"""aws-amplify, as a front end of one's own uses it, against the local Cognito."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from devstack.bootstrap import strong_password
from tests.client.generate import NPM
from tests.devstack.talkative import Talkative

SCRIPT = Path(__file__).with_name("amplify.mjs")


def test_amplify_signs_up_in_and_renews(talkative: Talkative) -> None:
    """The printed code confirms, a wrong password is refused, and tokens are renewed."""
    stack = talkative.stack
    settings = {
        "endpoint": stack.endpoint,
        "userPoolId": stack.user_pool_id,
        "userPoolClientId": stack.client_id,
        "username": "vera@example.com",
        "password": strong_password(),
    }
    command = ["node", str(SCRIPT), str(NPM / "node_modules"), json.dumps(settings)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as node:
        assert node.stdin
        assert node.stdout
        signed_up = json.loads(node.stdout.readline())
        assert signed_up == {"step": "CONFIRM_SIGN_UP", "medium": "EMAIL"}
        node.stdin.write(f"{talkative.last_code()}\n")
        node.stdin.flush()
        assert json.loads(node.stdout.readline()) == {"wrong": "NotAuthorizedException"}
        tokens = json.loads(node.stdout.readline())
    assert tokens["sub"] == tokens["renewed"]
    assert node.returncode == 0

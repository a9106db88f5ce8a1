"""What is configured reaches the guards that it is meant for."""

from __future__ import annotations

import pytest

from tests.auth.tokens import CLIENT_ID
from tests.gateway import ALICE, NOWHERE, running_gateway


@pytest.mark.parametrize(("use", "other"), [("access", "id"), ("id", "access")])
def test_t01_the_use_that_is_set_is_the_one_that_counts(use: str, other: str) -> None:
    """T01: a gateway for one use of tokens answers the other with 401; so does another client."""
    with running_gateway(NOWHERE, "a-bucket", COGNITO_TOKEN_USE=use) as gateway:
        links = {"paths": ["image/a.png"]}
        good, bad = (
            gateway.client_for(ALICE, token_use=use),
            gateway.client_for(ALICE, token_use=other),
        )
        assert good.post("/v1/links", links).status_code == 200
        assert bad.post("/v1/links", links).status_code == 401
        claim = "client_id" if use == "access" else "aud"
        foreign = gateway.client_for(ALICE, token_use=use, **{claim: f"{CLIENT_ID}x"})
        assert foreign.post("/v1/links", links).status_code == 401

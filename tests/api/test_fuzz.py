"""Schemathesis over the OpenAPI document: no 5xx, no undocumented status, answers as documented."""

from __future__ import annotations

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.specs.openapi.checks import positive_data_acceptance

from app import create_app
from config import Settings
from tests.gateway import ALICE, Gateway, gateway_environment
from tests.stores.store import Store

NOWHERE = Store("nowhere", "http://127.0.0.1:9", "eu-central-1", "key", "secret", frozenset())
#: Made without a store, only to name the tests; they run on a real one.
DOCUMENT = (
    create_app(Settings.from_env(gateway_environment(NOWHERE, "bucket")))
    .test_client()
    .get("/openapi.json")
    .json
)
OPERATIONS = [
    (method.upper(), path)
    for path, operations in DOCUMENT["paths"].items()
    for method in operations
    if method in ("get", "put", "post", "delete")
]


@pytest.mark.parametrize(("method", "path"), OPERATIONS, ids=lambda text: text)
def test_no_input_breaks_the_contract(gateway: Gateway, method: str, path: str) -> None:
    """Whatever is sent, the answer is one that the OpenAPI document lists, never a 5xx."""
    schema = schemathesis.openapi.from_wsgi("/openapi.json", gateway.app)
    # A body can break the schema by being too large.
    rejection = schema.config.checks.negative_data_rejection
    rejection.expected_statuses = [*rejection.expected_statuses, "413"]
    # Without the scope that deletes accounts: Cognito itself is not there to be asked.
    headers = {"Authorization": f"Bearer {gateway.client_for(ALICE, scope='openid').token}"}
    operation = schema[path][method]
    modes = [schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE]
    cases = st.one_of([operation.as_strategy(generation_mode=mode) for mode in modes])

    @given(case=cases)
    @settings(
        max_examples=25,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    def fuzz(case: schemathesis.Case) -> None:
        # A path's grammar is finer than JSON Schema says, so valid-looking input may be a 422.
        case.call_and_validate(headers=headers, excluded_checks=[positive_data_acceptance])

    fuzz()

"""Schemathesis along the links of the OpenAPI document: what one answer gives, the next call takes.

A scenario is a new user with an asset or two, on a bucket that keeps versions.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, seed, settings
from schemathesis import GenerationMode
from schemathesis.generation.stateful.state_machine import APIStateMachine, StepInput, StepOutput
from schemathesis.specs.openapi.checks import (
    ensure_resource_availability,
    ignored_auth,
    positive_data_acceptance,
    use_after_free,
)

from tests.api.chains import Ration, furnish, links_among, make_feasible, send_as_a_browser
from tests.gateway import Gateway, running_gateway
from tests.stores.store import Store

#: Calls that are walked together, along all links between them, from the first two.
TOPICS = {
    "uploads": "create_upload list_uploads get_upload sign_parts complete_upload abort_upload",
    "completion": "create_upload complete_upload get_asset create_share delete_asset",
    "assets": "list_assets verify_asset get_asset delete_asset list_versions restore_asset",
    "copies": "copy_asset move_asset get_asset create_links create_share revoke_share",
    "shares": "create_share list_shares revoke_share",
    "projects": "list_projects delete_project list_assets",
    "uppy": "create_multipart list_parts sign_part sign_batch complete_multipart abort_multipart",
}
#: Links that lead nowhere here: nobody sends the parts of Uppy's upload.
FRUITLESS = {("create_multipart", "complete_multipart")}
ROUNDS = 12
FEW = settings(
    max_examples=3,
    stateful_step_count=16,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
#: A path's grammar is finer than JSON Schema says. Every route asks for a token (T43). An asset is
#: there only once its upload is completed. No record is kept of uploads, so that giving one up
#: ends nothing but its parts.
PROVED_ELSEWHERE = [
    positive_data_acceptance,
    ignored_auth,
    ensure_resource_availability,
    use_after_free,
]

Link = tuple[str, str]


@pytest.fixture(scope="module")
def versioned(swift_store: Store) -> Iterator[Gateway]:
    bucket = swift_store.create_bucket(versioned=True)
    with running_gateway(swift_store, bucket) as gateway:
        yield gateway


@pytest.mark.parametrize("topic", TOPICS)
def test_no_chain_of_calls_breaks_the_contract(versioned: Gateway, topic: str) -> None:
    """Along every link, answers are those that the document lists, never a 5xx; and each link
    really leads somewhere: what it hands over was taken at least once."""
    calls = TOPICS[topic].split()
    declared = links_among(calls)
    followed: dict[Link, Counter[int]] = {}
    scenarios = scenarios_of(versioned, calls, followed)
    for number in range(ROUNDS):
        seed(number)(scenarios).run(settings=FEW)
        fruitful = {link for link, answers in followed.items() if min(answers) < 300}
        if declared - FRUITLESS <= fruitful:
            break
    assert followed.keys() == declared
    assert declared - fruitful <= FRUITLESS


def scenarios_of(
    gateway: Gateway, calls: list[str], followed: dict[Link, Counter[int]]
) -> type[APIStateMachine]:
    """Counts in ``followed`` each link whose values were used, by the status of the answer."""
    schema = schemathesis.openapi.from_wsgi("/openapi.json", gateway.app)
    # Malformed input is `test_fuzz`'s, and only declared links are walked.
    schema.config.generation.update(modes=[GenerationMode.POSITIVE], with_security_parameters=False)
    schema.config.phases.stateful.inference.algorithms = []
    names = {
        f"{method.upper()} {path}": operation["operationId"]
        for path, operations in schema.raw_schema["paths"].items()
        for method, operation in operations.items()
        if isinstance(operation, dict)
    }
    users = itertools.count()

    class Walk(schema.as_state_machine()):  # type: ignore[misc]
        def setup(self) -> None:
            self.control = Ration(names, calls)
            self.user = gateway.client_for(f"walker-{calls[-1]}-{next(users)}", scope="openid")
            self.asset = furnish(self.user, calls)

        def get_call_kwargs(self, case: schemathesis.Case) -> dict[str, Any]:
            return {"headers": {"Authorization": f"Bearer {self.user.token}"}}

        def before_call(self, case: schemathesis.Case) -> None:
            make_feasible(case, names[case.operation.label], self.asset)

        def step(self, input: StepInput) -> StepOutput:
            output: StepOutput = super().step(input)
            call = names[input.case.operation.label]
            if call == "create_upload" and output.response.status_code == 201:
                send_as_a_browser(output.response.json())
            if input.transition is not None and input.is_applied:
                source = names[input.transition.id.partition(" -> ")[0]]
                answers = followed.setdefault((source, call), Counter())
                answers[output.response.status_code] += 1
            return output

        def validate_response(self, response: Any, case: schemathesis.Case, **options: Any) -> None:
            case.validate_response(
                response,
                headers=options["headers"],
                transport_kwargs=options,
                recorder=self.recorder,
                excluded_checks=PROVED_ELSEWHERE,
            )

    return Walk

"""What a walk along the API's links needs: a fair choice of steps, and input that can succeed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import schemathesis
from schemathesis.engine.recorder import ScenarioRecorder
from schemathesis.generation.stateful.state_machine import StepInput

from app.api.next_calls import NEXT_CALLS
from app.domain.errors import ValidationFailed
from app.domain.kinds import PROJECT_ID
from app.domain.paths import AssetPath
from tests.gateway import Caller, fetch, send
from tests.samples import png

PNG = png()
SHORTEST_SEAL = 50
LISTINGS = frozenset({"list_assets", "list_uploads", "list_shares", "list_projects"})


def links_among(calls: Collection[str]) -> set[tuple[str, str]]:
    """What the document declares between these calls."""
    return {
        (source, target)
        for source, answers in NEXT_CALLS.items()
        for links in answers.values()
        for target in links
        if source in calls and target in calls
    }


class Ration:
    """In place of schemathesis' own control: each link once a scenario, so that none crowds out
    another, and a new beginning only where no link is open.

    ``names`` are operation ids by schemathesis' labels; scenarios begin with the first two calls.
    """

    def __init__(self, names: Mapping[str, str], calls: list[str]) -> None:
        self._names = names
        self._left = links_among(calls)
        self._beginnings = set(calls[:2])
        self._begun: set[str] = set()

    def allow_transition(self, source: str, target: str) -> bool:
        return (self._names[source], self._names[target]) in self._left

    def allow_root_transition(self, label: str, bundles: Mapping[str, Any]) -> bool:
        labels = {name.partition(" -> ")[0] for name, answers in bundles.items() if answers}
        answered = {self._names[each] for each in labels}
        link_is_open = any(source in answered for source, _ in self._left)
        call = self._names[label]
        return call in self._beginnings and not (link_is_open and call in self._begun)

    def record_step(self, input: StepInput, recorder: ScenarioRecorder) -> None:
        call = self._names[input.case.operation.label]
        if input.transition is None:
            self._begun.add(call)
        else:
            before = recorder.cases[input.transition.parent_id].value.operation.label
            self._left.discard((self._names[before], call))

    def record_productive_root(self, label: str) -> None:
        """Schemathesis would come back to this one; here all are alike."""


def furnish(user: Caller, calls: Collection[str]) -> dict[str, Any]:
    """An asset, which is returned; and of what is listed, enough for a second page."""
    first = user.upload(PNG, project_id="p1")
    if {"list_assets", "list_projects"} & {*calls}:
        user.upload(PNG, project_id="p2")
    for _ in range(2):
        if "list_uploads" in calls:
            user.start(len(PNG), method="multipart")
        if "list_shares" in calls:
            assert user.post("/v1/shares", {"path": first["path"]}).status_code == 201
    return first


def send_as_a_browser(started: Mapping[str, Any]) -> None:
    """The bytes of an upload, so that completion has something to judge. Swift takes no forms."""
    if started["method"] == "MULTIPART":
        for part in started["parts"]:
            fetch("PUT", part["url"], PNG)
    elif started["method"] == "PUT":
        send(started, PNG)


def make_feasible(case: schemathesis.Case, call: str, asset: Mapping[str, Any]) -> None:
    """Replace what chance would never find; what a link brought stays as it is."""
    if call == "create_upload":
        method = case.body.get("method", "multipart")
        case.body = {
            "filename": "a.png", "content_type": "image/png", "size": len(PNG), "method": method
        }  # fmt: skip
        return
    if call == "create_multipart":
        case.body = {"filename": "a.png", "type": "image/png"}
        return
    if isinstance(case.body, dict):
        case.body = _feasible(case.body, asset)
    case.path_parameters = _feasible(case.path_parameters, asset)
    case.query = _feasible(case.query, asset)
    if call in LISTINGS:
        # Pages of one, so that there is a next.
        case.query["limit"] = 1


def _feasible(given: Mapping[str, Any], asset: Mapping[str, Any]) -> dict[str, Any]:
    values = dict(given)
    if not _is_path(values.get("path", asset["path"])):
        values["path"] = asset["path"]
    if "paths" in values:
        values["paths"] = [text for text in values["paths"] if _is_path(text)] or [asset["path"]]
    if not PROJECT_ID.fullmatch(values.get("project_id") or "p1"):
        values["project_id"] = asset["project_id"]
    if values.get("kind") is not None:
        values["kind"] = asset["kind"]
    if not "projects/".startswith(values.get("prefix", "")):
        del values["prefix"]
    if "part_numbers" in values:
        values["part_numbers"] = [1]
    if not values.get("part_number", "1").isdecimal():
        values["part_number"] = "1"
    if len(values.get("cursor") or "") < SHORTEST_SEAL:
        values.pop("cursor", None)
    return values


def _is_path(text: str) -> bool:
    try:
        AssetPath.parse(text)
    except ValidationFailed:
        return False
    return True

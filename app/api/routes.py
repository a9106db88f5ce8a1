"""What is special about a route. It is said where the route is, and read here by the hooks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask import Flask, Request

EXTENSION = "routes"


@dataclass(frozen=True, slots=True)
class RouteFacts:
    """Arguments of ``Blueprint.route``, or of a blueprint for all of its routes."""

    #: Needs no token.
    public: bool = False
    #: Counted by the signing rate: a player or an uploader asks often.
    signing: bool = False
    #: Takes a list of up to 1,000 paths or parts.
    large_body: bool = False
    #: Counted at all. Probes ask often, from one address, and must not be turned away.
    counted: bool = True
    #: Asks nobody, so that it cannot wait, and any number of one user's may be in work at once.
    offline: bool = False
    #: Speaks Companion's protocol, whose errors have names of their own.
    companion: bool = False


NO_FACTS = RouteFacts()


class Routes:
    """The facts of all routes of an application, by endpoint."""

    def __init__(self, app: Flask) -> None:
        self._url_map = app.url_map
        self._facts: dict[str, RouteFacts] = {}
        app.extensions[EXTENSION] = self

    def add(self, facts: Mapping[str, RouteFacts]) -> None:
        """Take the facts of endpoints, once they are registered."""
        self._facts |= facts

    def of(self, endpoint: str | None) -> RouteFacts:
        """Of the route that was matched, if any."""
        return self._facts.get(endpoint, NO_FACTS) if endpoint else NO_FACTS

    def speaks_companion(self, request: Request) -> bool:
        """Whether errors are shown by Uppy: also those of a path or method that no route has."""
        if request.endpoint:
            return self.of(request.endpoint).companion
        # Uppy 6 keeps the last slash of its endpoint, and routing takes several first ones for one.
        first = request.path.lstrip("/").partition("/")[0]
        return any(
            rule.rule.startswith(f"/{first}/")
            for rule in self._url_map.iter_rules()
            if self.of(rule.endpoint).companion
        )

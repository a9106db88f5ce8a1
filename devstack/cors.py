"""CORS as S3 answers it: from the bucket's own rules, the first that matches, errors included.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors.html
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from devstack.errors import S3Error

VARY = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method"


@dataclass(frozen=True)
class Rule:
    """One CORSRule. ``*`` stands for any run of characters in origins and header names."""

    origins: Sequence[str]
    methods: Sequence[str]
    headers: Sequence[str] = ()
    exposed: Sequence[str] = ()
    max_age_seconds: int | None = None

    @classmethod
    def from_moto(cls, rule: Any) -> Rule:
        """Read the rule that moto keeps for a bucket."""
        age = rule.max_age_seconds
        return cls(
            origins=_listed(rule.allowed_origins),
            methods=_listed(rule.allowed_methods),
            headers=_listed(rule.allowed_headers),
            exposed=_listed(rule.exposed_headers),
            max_age_seconds=None if age is None else int(age),
        )

    def matches(self, origin: str, method: str, headers: Iterable[str] = ()) -> bool:
        """Whether a request from ``origin`` with this method and these headers is allowed."""
        return (
            any(fnmatchcase(origin, _literal(pattern)) for pattern in self.origins)
            and method in self.methods
            and all(
                any(fnmatchcase(h.lower(), _literal(p.lower())) for p in self.headers)
                for h in headers
            )
        )

    def answer(self, origin: str) -> list[tuple[str, str]]:
        """The headers that let ``origin`` read the response."""
        answer = [
            ("Access-Control-Allow-Methods", ", ".join(self.methods)),
            ("Vary", VARY),
        ]
        if "*" in self.origins:
            answer.append(("Access-Control-Allow-Origin", "*"))
        else:
            answer.append(("Access-Control-Allow-Origin", origin))
            answer.append(("Access-Control-Allow-Credentials", "true"))
        if self.exposed:
            answer.append(("Access-Control-Expose-Headers", ", ".join(self.exposed)))
        if self.max_age_seconds is not None:
            answer.append(("Access-Control-Max-Age", str(self.max_age_seconds)))
        return answer


def actual(rules: Iterable[Rule], origin: str | None, method: str) -> list[tuple[str, str]]:
    """The CORS headers of an answer to anything but a preflight; none when no rule matches."""
    if origin is None:
        return []
    rule = next((rule for rule in rules if rule.matches(origin, method)), None)
    return rule.answer(origin) if rule else []


def preflight(
    rules: Sequence[Rule], origin: str | None, method: str | None, headers: str
) -> list[tuple[str, str]]:
    """The headers that answer an OPTIONS request; ``headers`` is what the browser asks for.

    Raises S3Error ``AccessForbidden`` when no rule matches, ``BadRequest`` when it is no preflight.
    """
    if origin is None or method is None:
        what = "Origin" if origin is None else "Access-Control-Request-Method"
        raise S3Error("BadRequest", f"Insufficient information. {what} request header needed.")
    if not rules:
        raise S3Error("AccessForbidden", "CORSResponse: CORS is not enabled for this bucket.")
    wanted = [name.strip() for name in headers.split(",") if name.strip()]
    rule = next((rule for rule in rules if rule.matches(origin, method, wanted)), None)
    if rule is None:
        raise S3Error(
            "AccessForbidden",
            "CORSResponse: This CORS request is not allowed. This is usually because the "
            "evalution of Origin, request method / Access-Control-Request-Method or "
            "Access-Control-Request-Headers are not whitelisted by the resource's CORS spec.",
        )
    allowed = [("Access-Control-Allow-Headers", ", ".join(wanted).lower())] if wanted else []
    return rule.answer(origin) + allowed


def _listed(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(value)


def _literal(pattern: str) -> str:
    return pattern.replace("[", "[[]").replace("?", "[?]")

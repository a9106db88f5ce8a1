"""What a resource policy says, as far as a set-up like ours can go wrong with it.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html has
the keys by which AWS itself calls a policy public or not.
"""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Iterator, Mapping
from typing import Any

Statement = Mapping[str, Any]

#: Conditions that keep strangers out. A Referer, a user agent or TLS does not.
_RESTRICTING = frozenset(
    {"aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths"}
    | {"aws:principalarn", "aws:principalaccount", "aws:principalorgid", "aws:principalorgpaths"}
    | {"aws:sourceip", "aws:vpcsourceip", "aws:sourcevpc", "aws:sourcevpce", "aws:userid"}
    | {"s3:dataaccesspointaccount", "s3:dataaccesspointarn"}
)
#: Browsers send signed requests from anywhere, with any Referer or none.
_NOT_OF_BROWSERS = frozenset(
    {"aws:referer", "aws:useragent", "aws:sourceip", "aws:sourcevpc", "aws:sourcevpce"}
)
_EVERY_ADDRESS = frozenset({"0.0.0.0/0", "::/0"})


def statements_of(policy: str) -> list[Statement]:
    """The statements of a policy's text, one or many."""
    found = json.loads(policy).get("Statement", [])
    return [found] if isinstance(found, dict) else list(found)


def is_open(statement: Statement) -> bool:
    """Whether anybody may do what it allows: everybody is named, and no condition keeps them out.

    ``NotPrincipal`` with Allow means everybody else, anonymous callers included.
    """
    everybody = "NotPrincipal" in statement or "*" in principals(statement, "AWS")
    return statement.get("Effect") == "Allow" and everybody and not _is_restricted(statement)


def other_accounts(statement: Statement, own: str) -> list[str]:
    """Accounts that it lets in besides ``own``."""
    if statement.get("Effect") != "Allow":
        return []
    named = (_account(principal) for principal in principals(statement, "AWS"))
    return sorted({account for account in named if account and account != own})


def refused_of_browsers(statement: Statement, longest_seconds: int) -> str:
    """Why it refuses what browsers send with a link, as the condition's key; else empty.

    ``longest_seconds`` is how long links live.
    """
    if statement.get("Effect") != "Deny" or not _touches_objects(statement):
        return ""
    if "NotPrincipal" not in statement and "*" not in principals(statement, "AWS"):
        return ""
    for operator, key, values in _conditions(statement):
        if key in _NOT_OF_BROWSERS:
            return key
        by_query = "REST-QUERY-STRING" in values
        if key == "s3:authtype" and by_query != ("Not" in operator):
            return key
        if key == "s3:signatureage" and min(map(int, values)) < longest_seconds * 1000:
            return key
    return ""


def demands_tls(statement: Statement) -> bool:
    """Whether it refuses plain HTTP."""
    asked = [values for _, key, values in _conditions(statement) if key == "aws:securetransport"]
    return statement.get("Effect") == "Deny" and ["false"] in asked


def lets_service(statement: Statement, service: str, action: str) -> bool:
    """Whether it allows ``action`` to an AWS service such as ``s3.amazonaws.com``."""
    allowed = statement.get("Effect") == "Allow" and _names(statement, action)
    named = {*principals(statement, "Service"), *principals(statement, "AWS")}
    return allowed and bool(named & {service, "*"})


def principals(statement: Statement, kind: str) -> list[str]:
    """The principals of a kind: ``AWS`` or ``Service``; ``*`` is everybody."""
    principal = statement.get("Principal", {})
    if isinstance(principal, str):
        return [principal]
    return _listed(principal.get(kind, []))


def _touches_objects(statement: Statement) -> bool:
    return _names(statement, "s3:GetObject") or _names(statement, "s3:PutObject")


def _names(statement: Statement, action: str) -> bool:
    if "NotAction" in statement:
        return not _matches(action, statement["NotAction"])
    return _matches(action, statement.get("Action", []))


def _matches(action: str, patterns: Any) -> bool:
    return any(
        fnmatch.fnmatchcase(action.lower(), pattern.lower()) for pattern in _listed(patterns)
    )


def _is_restricted(statement: Statement) -> bool:
    return any(
        key in _RESTRICTING
        # These hold where the key is missing, or for all but the named.
        and not operator.startswith("ForAllValues:")
        and not operator.endswith("IfExists")
        and "Not" not in operator
        and not any(map(_is_vacuous, values))
        for operator, key, values in _conditions(statement)
    )


def _is_vacuous(value: str) -> bool:
    if value.startswith("arn:"):
        parts = value.split(":", 5)
        return len(parts) < 6 or "*" in parts[4] or (not parts[4] and parts[5].startswith("*"))
    return not value.strip("*?") or value in _EVERY_ADDRESS


def _conditions(statement: Statement) -> Iterator[tuple[str, str, list[str]]]:
    """Operator, key in lower case, and values as texts."""
    for operator, keys in statement.get("Condition", {}).items():
        for key, values in keys.items():
            texts = [
                str(value).lower() if isinstance(value, bool) else str(value)
                for value in _listed(values)
            ]
            yield operator, key.lower(), texts


def _account(principal: str) -> str:
    account = principal.split(":")[4] if principal.startswith("arn:") else principal
    return account if account.isdigit() else ""


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]

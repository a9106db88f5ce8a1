"""How much each user may store, by the settings and the user's groups."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass

from app.domain.principal import Principal

log = logging.getLogger("gateway.limits")

#: As a group: ``QUOTA_BYTES_SERVICE``.
BACK_ENDS = "SERVICE"


@dataclass(frozen=True, slots=True)
class Allowance:
    """``general`` bytes, 0 for no quota; ``by_group`` by the name as ``group_variable`` writes
    it, whose value wins."""

    general: int
    by_group: Mapping[str, int]

    def of(self, principal: Principal) -> int | None:
        """The quota in bytes, None without one. The largest of the caller's groups wins; back ends
        that act for somebody are a group of their own."""
        groups = [self.by_group[name] for name in self.deciding_groups(principal)]
        if 0 in groups:
            return None
        return max(groups, default=self.general) or None

    def deciding_groups(self, principal: Principal) -> tuple[str, ...]:
        """Those of the caller's groups that have a quota of their own, as ``by_group`` has them."""
        names = {*map(group_variable, principal.groups)}
        if principal.is_service:
            names.add(BACK_ENDS)
        return tuple(sorted(names & self.by_group.keys()))

    def largest(self) -> int | None:
        """What anybody may have at most: for a user whose groups are not known."""
        every = [self.general, *self.by_group.values()]
        return None if 0 in every else max(every)


def group_variable(group: str) -> str:
    """A group's name as it stands in ``QUOTA_BYTES_<GROUP>``."""
    return re.sub(r"[^A-Z0-9]", "_", group.upper())


def warn_of_separate_counts(*, quota: bool, processes: int, shared: bool) -> None:
    """Say at start that a quota does not hold between processes that share nothing."""
    if quota and processes > 1 and not shared:
        log.warning(
            "a quota with %d processes and no REDIS_URL: each reserves for itself, so that uploads "
            "may pass it together; what completes over it is then removed",
            processes,
        )

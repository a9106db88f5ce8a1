"""What a listing of assets is asked for."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from app.domain.errors import ValidationFailed
from app.domain.kinds import Kind


class Filters(NamedTuple):
    """What is to be listed, and how. ``since`` counts in, ``until`` does not."""

    kind: Kind | None = None
    project_id: str | None = None
    prefix: str = ""
    newest: bool = False
    since: datetime | None = None
    until: datetime | None = None
    q: str = ""
    deleted: bool = False
    grouped: bool = False

    @property
    def timed(self) -> bool:
        return self.since is not None or self.until is not None

    def check(self) -> None:
        """``ValidationFailed`` for what makes no sense together."""
        if self.prefix and (self.newest or self.timed):
            raise ValidationFailed.at(
                "/prefix", "order=newest, since and until take kind and project_id, no prefix."
            )
        if self.since is not None and self.until is not None and self.since >= self.until:
            raise ValidationFailed.at("/until", "until must be later than since.")
        if self.deleted and (self.newest or self.timed or self.grouped):
            raise ValidationFailed.at(
                "/deleted", "deleted=true goes with kind, project_id, prefix and q alone."
            )

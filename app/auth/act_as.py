"""Administrators who act for somebody else (T49)."""

from __future__ import annotations

from app.domain.errors import InsufficientScope, ValidationFailed
from app.domain.principal import Principal, is_sub

HEADER = "X-Act-As-Sub"


def act_as(actor: Principal, wanted_sub: str, admin_group: str) -> Principal:
    """The principal of ``wanted_sub``, as which a member of ``admin_group`` goes on.

    Neither groups nor scopes are known of somebody who is not there, so there are none: the
    general quota holds. Raises ``InsufficientScope`` for anybody else, before anything is said
    about the name, and ``ValidationFailed`` for one that cannot be a user's.
    """
    if not admin_group or admin_group not in actor.groups:
        raise InsufficientScope(f"{HEADER} is for administrators")
    if not is_sub(wanted_sub):
        raise ValidationFailed.at("", f"{HEADER} must be a user's sub")
    return Principal(wanted_sub, client_id=actor.client_id)

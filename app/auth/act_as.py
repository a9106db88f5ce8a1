"""Administrators (T49) and back ends (T61) who act for somebody else."""

from __future__ import annotations

from app.domain.errors import InsufficientScope, ValidationFailed
from app.domain.principal import Principal, is_sub

HEADER = "X-Act-As-Sub"


def act_as(actor: Principal, wanted_sub: str | None, admin_group: str) -> Principal:
    """The principal as which ``actor`` goes on: a back end always as another, who it must name.

    Neither groups nor scopes are known of somebody who is not there, so there are none: the
    general quota holds, or that of back ends. Raises ``InsufficientScope`` for anybody who is
    neither a back end nor in ``admin_group``, before anything is said about the name, and
    ``ValidationFailed`` for one that cannot be a user's, or is the back end's own.
    """
    if not actor.is_service and (not admin_group or admin_group not in actor.groups):
        raise InsufficientScope(f"{HEADER} is for administrators and back ends")
    if wanted_sub is None:
        raise InsufficientScope(f"A back end must name the user it acts for in {HEADER}")
    if not is_sub(wanted_sub):
        raise ValidationFailed.at("", f"{HEADER} must be a user's sub, as GET /v1/me shows it")
    if actor.is_service and wanted_sub == actor.sub:
        raise ValidationFailed.at("", f"{HEADER} must name the user, and not itself")
    return Principal(
        wanted_sub,
        client_id=actor.client_id,
        is_service=actor.is_service,
        is_administrator=not actor.is_service,
    )

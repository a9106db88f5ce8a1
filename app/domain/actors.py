"""Who wrote or deleted an object: its user, or somebody who acted for the user."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class ActorType(StrEnum):
    """In what capacity somebody acted."""

    USER = "user"
    SERVICE = "service"
    ADMINISTRATOR = "administrator"
    #: Whoever has the link of an upload request.
    REQUEST = "request"


class Actor(NamedTuple):
    """``client_id`` names the client of somebody who acted for the user, or the upload request;
    None for the user, and where it is too long to be kept."""

    type: ActorType
    client_id: str | None = None


USER = Actor(ActorType.USER)

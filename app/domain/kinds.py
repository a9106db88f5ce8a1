"""The folders of the layout: kinds of asset, and projects."""

from __future__ import annotations

import re
from enum import StrEnum

from app.domain.errors import ValidationFailed

PROJECT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


class Kind(StrEnum):
    """The folder an asset lives in, which decides its types and its size."""

    AUDIO = "audio"
    IMAGE = "image"
    VIDEO = "video"
    BRAND_KIT = "brand_kit"
    FRAME = "frame"


LIBRARY_KINDS = frozenset({Kind.AUDIO, Kind.IMAGE, Kind.VIDEO, Kind.BRAND_KIT})
PROJECT_KINDS = frozenset({Kind.AUDIO, Kind.VIDEO, Kind.FRAME, Kind.IMAGE})


def check_project_id(text: str, *, pointer: str = "/project_id") -> str:
    """``text`` itself, if it is a project id; ValidationFailed if not."""
    if not isinstance(text, str) or PROJECT_ID.fullmatch(text) is None:
        raise ValidationFailed.at(
            pointer,
            "A project id is 1 to 64 letters, digits, _ and -, beginning with a letter or digit.",
        )
    return text

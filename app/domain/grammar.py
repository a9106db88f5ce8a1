"""The grammar of a path: ``[projects/{project_id}/]{kind}/{one or more safe segments}``."""

from __future__ import annotations

import re

from app.domain.errors import ValidationFailed
from app.domain.kinds import LIBRARY_KINDS, PROJECT_ID, PROJECT_KINDS
from app.domain.segments import PLAIN_SEGMENTS, check_key_bytes, fault_in

#: Below it lies all that users have, and nothing else.
USERS = "users/"
UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")

_PLACE = (
    rf"(?:projects/({PROJECT_ID.pattern})/({'|'.join(sorted(PROJECT_KINDS))})"
    rf"|({'|'.join(sorted(LIBRARY_KINDS))}))/"
)
#: Nearly every path needs no closer look than this: 1,000 of them come in one request.
_PLAIN_PATH = re.compile(f"{_PLACE}({PLAIN_SEGMENTS})")
_ANY_PATH = re.compile(f"{_PLACE}(.+)", re.DOTALL)
#: How the names of previews begin, which are the gateway's own: a space, and the character that
#: sorts right behind it, so that a listing meets a preview before what it shows.
PREVIEW_START = " !preview."
_GRAMMAR = (
    "A path is [projects/{project_id}/]{kind}/ and one or more names; the kinds are "
    f"{', '.join(sorted(LIBRARY_KINDS))}, and in a project {', '.join(sorted(PROJECT_KINDS))}."
)


def match_path(text: str, pointer: str, *, reserved: bool = False) -> re.Match[str]:
    """The parts of a path: project id, kind in a project, kind in the library, the segments.

    ``reserved``: the names of previews count, too, which nobody can ask for (T62). Raises
    ``ValidationFailed`` at ``pointer`` for whatever the grammar does not allow.
    """
    if not isinstance(text, str):
        raise ValidationFailed.at(pointer, "A path is a text.")
    check_key_bytes(text, pointer)
    if not reserved and f"/{PREVIEW_START}" in text:
        raise ValidationFailed.at(pointer, f"Names that begin with '{PREVIEW_START}' are reserved.")
    if plain := _PLAIN_PATH.fullmatch(text):
        return plain
    match = _ANY_PATH.fullmatch(text)
    if fault := fault_in(match[4] if match else text):
        raise ValidationFailed.at(pointer, f"The path {fault}.")
    if match is None:
        raise ValidationFailed.at(pointer, _GRAMMAR)
    return match

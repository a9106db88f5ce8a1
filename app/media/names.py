"""What files are called: from a name that somebody gives to a type, to the format that is meant.

The answers are the canonical names of ``types.FORMATS``: what is signed, stored and shown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache

from app.media.types import ALIASES, BY_TYPE, FORMATS, OCTETS, UNTYPED, Format

#: RFC 9110 §8.3.1, type "/" subtype; RFC 6838 §4.2 has them end after 127 characters each.
_NAME = re.compile(r"[a-z0-9!#$&^_.+-]{1,127}/[a-z0-9!#$&^_.+-]{1,127}")
#: A comma may stand in a parameter (``codecs=vp9,opus``), a second type may not.
_QUOTED = re.compile(r'"[^"]*"')
_LIST = re.compile(r",\s*[\w.+-]+/")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_EXTENSION = re.compile(r"[A-Za-z0-9]{1,16}")


def extension_of(filename: str) -> str:
    """The letters behind the last dot, in lower case and without it; empty without any."""
    _, dot, extension = filename.rstrip().rpartition(".")
    return extension.lower() if dot and _EXTENSION.fullmatch(extension) else ""


def bare_name(declared: str) -> str | None:
    """``declared`` in lower case and without parameters; None for what is no single type."""
    if not isinstance(declared, str) or _CONTROL.search(declared):
        return None
    if _LIST.search(_QUOTED.sub("", declared)):
        return None
    name = declared.partition(";")[0].strip(" \t").lower()
    return name if not name or _NAME.fullmatch(name) else None


def known_name(declared: str) -> str:
    """The canonical name of ``declared`` whatever its file is called, or ``declared`` itself."""
    name = bare_name(declared)
    if name is None:
        return declared
    return ALIASES.get(name, name if name in BY_TYPE else declared)


def is_untyped(declared: str) -> bool:
    """Whether ``declared`` says nothing about a file."""
    return bare_name(declared) in UNTYPED


def canonical_name(declared: str, filename: str, kinds: Sequence[str]) -> str | None:
    """The format of these ``kinds`` that ``declared`` means for a file of this name.

    The extension decides where the type says nothing, where several formats are called alike, and
    between kinds that share a container (``.webm``, ``.mp4``). None when there is no such format.
    """
    name = bare_name(declared)
    return None if name is None else _canonical(name, extension_of(filename), tuple(kinds))


@lru_cache(1024)  # a batch brings a thousand files of few types
def _canonical(name: str, extension: str, kinds: tuple[str, ...]) -> str | None:
    def is_own(each: Format) -> bool:
        return name == each.content_type or name in each.aliases

    def has_extension(each: Format) -> bool:
        return extension in each.extensions

    if name in UNTYPED:
        return _first(kinds, has_extension)
    return (
        _first(kinds, lambda each: is_own(each) and has_extension(each))
        or _first(kinds, lambda each: name in each.borrowed and has_extension(each))
        or _first(kinds, is_own)
        or (None if extension else _same_container(name, kinds))
    )


def served_type(filename: str, kind: str | None = None) -> str:
    """The content type to serve a file by its extension; unknown ones as octets.

    With a ``kind``, its own type where several kinds share the extension.
    """
    _, dot, extension = filename.rpartition(".")
    if not dot:
        return OCTETS
    extension = extension.lower()
    return _SERVED.get((kind, extension)) or _SERVED.get((None, extension), OCTETS)


def is_active(content_type: str) -> bool:
    """Whether a browser might run it. Whatever is not known to be harmless counts as active."""
    return content_type not in _INERT


def _first(kinds: Sequence[str], fits: Callable[[Format], bool]) -> str | None:
    for kind in kinds:
        for each in FORMATS:
            if kind in each.kinds and fits(each):
                return each.content_type
    return None


def _same_container(name: str, kinds: Sequence[str]) -> str | None:
    """What a recorder sends that names no file: ``video/webm`` that is to be a sound."""
    meant = BY_TYPE.get(ALIASES.get(name, name))
    if meant is None or not {"audio", "video"} >= set(kinds):
        return None
    return _first(kinds, lambda each: each.starts == meant.starts)


_INERT = {
    name for each in FORMATS if not each.active for name in (each.content_type, *each.aliases)
}
_SERVED: dict[tuple[str | None, str], str] = {}
for _format in FORMATS:
    for _extension in _format.extensions:
        for _kind in (None, *_format.kinds):
            _SERVED.setdefault((_kind, _extension), _format.content_type)

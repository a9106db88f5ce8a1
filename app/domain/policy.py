"""What each kind of asset may be: its content types, its size, how long browsers keep it.

The types are those of ``media.types``, by their canonical names: one string is checked, signed,
stored and shown. ``canonical_type`` makes it of whatever name a client has for the format.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from app.domain.errors import TooLarge, UnsupportedType, ValidationFailed
from app.domain.kinds import LIBRARY_KINDS, PROJECT_KINDS, Kind
from app.domain.limits import GIB, MIB, human_size
from app.media.names import (
    bare_name,
    canonical_name,
    extension_of,
    is_active,
    is_untyped,
    known_name,
    served_type,
)
from app.media.types import FORMATS

__all__ = [
    "RULES",
    "KindRule",
    "cache_control",
    "canonical_type",
    "check_kind_place",
    "check_size",
    "check_type",
    "is_active",
    "kind_for",
    "served_type",
    "stored_type",
]

HOUR = 3600
DAY = 24 * HOUR
#: In which order a kind is looked for where none is named.
_LIBRARY_ORDER = (Kind.IMAGE, Kind.VIDEO, Kind.AUDIO, Kind.BRAND_KIT)
_PROJECT_ORDER = _LIBRARY_ORDER[:3]
#: The formats that a package of video may hold besides: its sound.
_PACKAGE = "package"


@dataclass(frozen=True, slots=True)
class KindRule:
    """The rules of one kind; ``default_max_bytes`` gives way to the ``MAX_BYTES_*`` settings.

    ``plural`` is what to call its files. ``canonical_types`` is a type for each format;
    ``content_types`` are these first, then the other names that are taken for them whatever a file
    is called.
    """

    kind: Kind
    plural: str
    content_types: tuple[str, ...]
    canonical_types: tuple[str, ...]
    default_max_bytes: int
    cache_seconds: int


def _rule(kind: Kind, plural: str, max_bytes: int, cache_seconds: int) -> KindRule:
    taken = [each for each in FORMATS if kind in each.kinds]
    names = tuple(each.content_type for each in taken)
    aliases = sorted({alias for each in taken for alias in each.aliases})
    return KindRule(kind, plural, (*names, *aliases), names, max_bytes, cache_seconds)


RULES: Mapping[Kind, KindRule] = MappingProxyType(
    {
        rule.kind: rule
        for rule in (
            _rule(Kind.AUDIO, "Audio files", 2 * GIB, DAY),
            _rule(Kind.IMAGE, "Images", 50 * MIB, HOUR),
            _rule(Kind.FRAME, "Frames", 50 * MIB, HOUR),
            _rule(Kind.VIDEO, "Videos", 50 * GIB, DAY),
            _rule(Kind.BRAND_KIT, "Brand kit files", 100 * MIB, HOUR),
        )
    }
)


def canonical_type(
    declared: str,
    filename: str,
    *,
    kind: Kind | None,
    project_id: str | None = None,
    in_package: bool = False,
) -> str:
    """The canonical name of what ``declared`` means for a file of this name.

    ``declared`` is what browsers, systems and tools say: letter case and parameters do not matter,
    and where it says nothing the extension does. Without a ``kind`` any of the place will do.
    ``in_package`` lets a package of video hold its sound as well. Raises ``UnsupportedType``.
    """
    found = canonical_name(declared, filename, _candidates(kind, project_id, in_package))
    if found is None:
        raise UnsupportedType(_refusal(declared, filename, kind, project_id))
    return found


def kind_for(content_type: str, *, project_id: str | None) -> Kind:
    """The kind an upload without one belongs to; ``UnsupportedType`` when its place has none."""
    for kind in _LIBRARY_ORDER if project_id is None else _PROJECT_ORDER:
        if content_type in RULES[kind].content_types:
            return kind
    raise UnsupportedType(_refusal(content_type, "", None, project_id))


def stored_type(content_type: str, filename: str, kind: Kind) -> str:
    """The canonical name of an object's type, as whoever wrote it has set it.

    By the extension where it says nothing; the type itself where it is no name of a known format.
    """
    if is_untyped(content_type):
        return served_type(filename, kind)
    kinds = _candidates(kind, None, in_package=True)
    return canonical_name(content_type, filename, kinds) or known_name(content_type)


def check_kind_place(kind: Kind, project_id: str | None) -> None:
    """ValidationFailed unless ``kind`` exists in the library, or in a project if one is named."""
    if kind not in (LIBRARY_KINDS if project_id is None else PROJECT_KINDS):
        place = "the library" if project_id is None else "a project"
        raise ValidationFailed.at("/kind", f"There is no {kind} folder in {place}.")


def check_type(kind: Kind, content_type: str, *, in_package: bool = False) -> None:
    """UnsupportedType unless ``content_type`` is, letter for letter, one that ``kind`` takes."""
    kinds = _candidates(kind, None, in_package)
    named = (each for each in FORMATS if content_type in (each.content_type, *each.aliases))
    if not any(taker in each.kinds for each in named for taker in kinds):
        raise UnsupportedType(_refusal(content_type, "", kind, None))


def check_size(kind: Kind, size: int, max_bytes: Mapping[Kind, int]) -> None:
    """ValidationFailed unless ``size`` is an int of at least 1; TooLarge above the limit."""
    if type(size) is int and size == 0:
        raise ValidationFailed.at("/size", "The file is empty.")
    if type(size) is not int or size < 1:
        raise ValidationFailed.at("/size", "The size is a whole number of bytes, at least 1.")
    rule = RULES[kind]
    limit = max_bytes.get(kind, rule.default_max_bytes)
    if size > limit:
        raise TooLarge(
            f"{rule.plural} can be up to {human_size(limit)}. "
            f"This one is {human_size(size, up=True)}."
        )


def cache_control(kind: Kind) -> str:
    """Cache-Control to store with an object: without ``private``, which CloudFront never keeps."""
    return f"max-age={RULES[kind].cache_seconds}"


def _candidates(kind: Kind | None, project_id: str | None, in_package: bool) -> tuple[str, ...]:
    if kind is None:
        return _LIBRARY_ORDER if project_id is None else _PROJECT_ORDER
    return (kind, _PACKAGE) if in_package and kind is Kind.VIDEO else (kind,)


def _refusal(declared: str, filename: str, kind: Kind | None, project_id: str | None) -> str:
    """Why a file is not taken, for the person who chose it."""
    name, extension = bare_name(declared), extension_of(filename)
    if name is None:
        return "The content type is one type, such as image/png."
    if is_untyped(name) and not extension:
        return "This file's type is unknown. Give its name an extension, such as .png."
    ending = extension and (is_untyped(name) or not _is_known("", filename))
    what = f".{extension} files" if ending else f"{name} files"
    if not _is_known(declared, filename):
        return f"{what} aren't supported here."
    if extension:
        what = f".{extension} files"
    if kind is not None:
        return f"{RULES[kind].plural} can't be {what}."
    place = "the library" if project_id is None else "a project"
    return f"{what} aren't supported in {place}."


def _is_known(declared: str, filename: str) -> bool:
    """Whether any kind would take it."""
    return canonical_name(declared, filename, _LIBRARY_ORDER) is not None

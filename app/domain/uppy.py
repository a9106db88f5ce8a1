"""What Uppy says about a file, and what it is held to.

Uppy sends no size with its requests (@uppy/aws-s3 5 and 6), so an upload's ``size`` here is the
most that it may become: signed into a form's policy, and held against the parts before they become
an object.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from app.domain.declarations import Declaration, PartSizes, declare_upload
from app.domain.errors import Fault, TooLarge, UploadIncomplete, ValidationFailed
from app.domain.filenames import safe_filename
from app.domain.grammar import USERS, UUID
from app.domain.kinds import Kind
from app.domain.limits import MAX_SINGLE_BYTES, human_size
from app.domain.parts import Part
from app.domain.paths import AssetPath, Root
from app.domain.policy import canonical_type, kind_for
from app.domain.segments import fault_in
from app.domain.uploads import Method, Upload

# Uppy's own key for a file is `{crypto.randomUUID()}-{name}`; here the asset id is the folder.
_UPPYS_PREFIX = re.compile(f"{UUID.pattern}-(?=.)", re.DOTALL)
_MAX_FAULTS = 100


@dataclass(frozen=True, slots=True)
class UppyFile:
    """A file as Uppy describes it. ``size`` is there when the page put it into ``file.meta``."""

    filename: str
    content_type: str = ""
    kind: Kind | None = None
    project_id: str | None = None
    size: int | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def at(cls, key: str, root: Root, content_type: str = "") -> UppyFile:
        """The file that ``generateObjectKey`` asks for.

        A plain name lets the content type choose the place. A path names it; below the caller's
        root or relative to it, it must be one of an asset: ``NotFound`` for anybody else's key,
        ``ValidationFailed`` off the grammar (``shares/`` among it). The file's name, after the
        last ``/``, is whatever a person called it, and is cleaned; the folders must be right.
        """
        folders, slash, name = key.rpartition("/")
        name = _UPPYS_PREFIX.sub("", name, count=1)
        if not slash:
            return cls(name, content_type)
        if name in ("", ".", ".."):  # no name, but a way to another folder
            raise ValidationFailed.at("/key", f"The key {fault_in(key)}.")
        cleaned = f"{folders}/{safe_filename(name)}"
        if key.startswith(USERS):
            path = root.path_of(cleaned)
        else:
            path = AssetPath.parse(cleaned, pointer="/key")
        return cls(name, content_type, path.kind, path.project_id)


def declare_for_uppy(
    wanted: UppyFile,
    root: Root,
    *,
    method: Method,
    asset_id: str,
    mark: str,
    max_bytes: Mapping[Kind, int],
    most_bytes: int | None = None,
) -> Upload:
    """The upload for ``wanted``, whose ``size`` is the most bytes that it may have.

    That is the size sent, or else the least of the kind's limit, what one request carries and
    ``most_bytes``. Raises as ``declare_upload`` does; ``TooLarge`` when a size sent is over them.
    """
    content_type = canonical_type(
        wanted.content_type, wanted.filename, kind=wanted.kind, project_id=wanted.project_id
    )
    kind = wanted.kind or kind_for(content_type, project_id=wanted.project_id)
    limits = [max_bytes[kind]]
    if method is not Method.MULTIPART:
        limits.append(MAX_SINGLE_BYTES)
    if most_bytes is not None:
        limits.append(most_bytes)
    upload = declare_upload(
        Declaration(
            wanted.filename,
            content_type,
            min(limits) if wanted.size is None else wanted.size,
            kind,
            wanted.project_id,
            method=method,
            metadata=wanted.metadata,
        ),
        root,
        asset_id=asset_id,
        mark=mark,
        max_bytes=max_bytes,
        part_sizes=PartSizes(MAX_SINGLE_BYTES, MAX_SINGLE_BYTES),
    )
    # Uppy cuts the file as it likes.
    return replace(upload, part_size=None)


def check_parts(
    stored: Sequence[Part], most_bytes: int, *, named: Sequence[int] | None = None
) -> list[Part]:
    """The parts that make the object: those ``named``, or all.

    When Uppy resumes it matches parts by number alone, so that a file cut otherwise before would
    come out wrong: all parts but the last must have one size, and none be missing between. Raises
    ``UploadIncomplete``, or ``TooLarge`` when they have more than ``most_bytes`` together.
    """
    by_number = {part.number: part for part in stored}
    count = max(named if named is not None else by_number, default=0)
    wanted = range(1, count + 1)
    faults = [
        Fault(f"/parts/{n}", "This part hasn't arrived.") for n in wanted if n not in by_number
    ]
    if not count:
        raise UploadIncomplete("No part has arrived yet.")
    if faults:
        raise UploadIncomplete(f"{len(faults)} parts are missing.", errors=faults[:_MAX_FAULTS])
    parts = [by_number[number] for number in wanted]
    if sum(part.size for part in parts) > most_bytes:
        raise TooLarge(
            f"This upload can be up to {human_size(most_bytes)}. Its parts are "
            f"{human_size(sum(part.size for part in parts), up=True)}."
        )
    first = parts[0].size
    if any(part.size != first for part in parts[:-1]) or parts[-1].size > first:
        raise UploadIncomplete("The parts have different sizes. Remove the file and add it again.")
    return parts

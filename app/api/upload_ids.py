"""Upload ids: an upload's own facts, signed, so that no replica has to remember them (T22)."""

from __future__ import annotations

from app.api.context import caller, services
from app.domain.errors import Problem, ValidationFailed
from app.domain.uploads import ListedUpload, Upload, upload_of
from app.operations.audit import concerns


def sign_upload(upload: Upload | ListedUpload) -> str:
    """The id of ``upload``."""
    return services.signing.upload_ids.sign(upload.to_claims())


def find_upload(upload_id: str) -> Upload | ListedUpload:
    """The caller's upload of that id; ``NotFound`` for anything else."""
    claims = services.signing.upload_ids.verify(upload_id)
    upload = upload_of(claims, sub=caller().sub)
    concerns(upload.path.text)
    return upload


def try_open_upload(upload_id: str) -> Upload | Problem:
    """As ``open_upload``, but the problem itself: in a batch it concerns one item."""
    try:
        return open_upload(upload_id)
    except Problem as problem:
        return problem


def open_upload(upload_id: str) -> Upload:
    """As ``find_upload``, of an upload whose declaration is known.

    Raises ``ValidationFailed`` for an id from a listing, which knows nothing that was declared.
    """
    upload = find_upload(upload_id)
    if isinstance(upload, ListedUpload):
        raise ValidationFailed("An id from a listing serves to look and to abort")
    return upload

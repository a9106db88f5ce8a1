"""Many uploads declared in one call.

One item's fault concerns that item alone (T63): each comes out as what it became, or as its own
problem.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from uuid_utils import uuid7

from app.assets.metrics import DECLARED
from app.assets.uploads import Sending, Uploads
from app.domain.declarations import Declaration
from app.domain.errors import AlreadyExists, Problem, TooManyUploads, ValidationFailed
from app.domain.grammar import PREVIEW_START
from app.domain.paths import Root
from app.domain.principal import Principal
from app.domain.uploads import Method, Upload
from app.limits.quota import Quota, Want
from app.s3.in_parallel import each_by_itself
from app.s3.listings import Listings
from app.signing.uploads import UploadSigner

#: Multipart uploads that one call begins, with requests to the store for each.
MAX_MULTIPART = 50
#: Folders of packages that one call may add to, each listed first.
MAX_FOLDERS = 20
MAX_PREVIEWS = 100

Declared = tuple[Upload, Sending]


class UploadBatches:
    """What ``Uploads.declare`` does, by the thousand."""

    def __init__(
        self, uploads: Uploads, signer: UploadSigner, listings: Listings, quota: Quota
    ) -> None:
        self._uploads = uploads
        self._signer = signer
        self._listings = listings
        self._quota = quota

    def declare(
        self,
        principal: Principal,
        declarations: Sequence[Declaration | Problem],
        *,
        package: bool,
    ) -> list[Declared | Problem]:
        """New uploads in order, or what stands in the way of each. Quota is held item by item.

        With ``package`` all files lie under one new asset id, and their names may have folders.
        """
        asset_id = str(uuid7()) if package else None
        taken = set() if package else self._taken(principal, declarations)
        planned: dict[int, Upload] = {}
        results: dict[int, Declared | Problem] = {}
        for number, declaration in enumerate(declarations):
            try:
                upload = self._plan(principal, declaration, asset_id)
                place = upload.path.text
                if upload.preview_for:
                    place = upload.path.folder + PREVIEW_START
                if place in taken:
                    raise AlreadyExists
                taken.add(place)
                planned[number] = upload
            except Problem as problem:
                results[number] = problem
        self._check_previews(planned, results)
        self._reserve(principal, planned, results)
        self._sign(principal, planned, results)
        return [results[number] for number in range(len(declarations))]

    def _plan(
        self, principal: Principal, declaration: Declaration | Problem, asset_id: str | None
    ) -> Upload:
        if isinstance(declaration, Problem):
            raise declaration
        if asset_id is not None:
            if declaration.asset_id is not None:
                raise ValidationFailed.at("/asset_id", "A new package gets an asset id of its own.")
            declaration = replace(declaration, asset_id=asset_id)
        return self._uploads.plan(principal, declaration)

    def _taken(
        self, principal: Principal, declarations: Iterable[Declaration | Problem]
    ) -> set[str]:
        """The paths in the packages that files are added to. Raises ``ValidationFailed`` for more
        than twenty packages."""
        root, taken = Root(principal.sub), set()
        folders = set()
        for declaration in declarations:
            if isinstance(declaration, Declaration) and declaration.asset_id is not None:
                try:
                    path = self._uploads.plan(principal, declaration).path
                except Problem:
                    continue
                folders.add(path.package_folder)
        if len(folders) > MAX_FOLDERS:
            raise ValidationFailed.at(
                "/uploads", f"One call adds files to at most {MAX_FOLDERS} packages."
            )
        for folder in folders:
            for found in self._listings.all(f"{root.prefix}{folder}"):
                taken.add(found.key.removeprefix(root.prefix))
        return taken

    def _check_previews(
        self, planned: dict[int, Upload], results: dict[int, Declared | Problem]
    ) -> None:
        """Each is held against what lies beside it, by a request to the store."""
        previews = [number for number, upload in planned.items() if upload.preview_for]
        for number in previews[MAX_PREVIEWS:]:
            del planned[number]
            results[number] = TooManyUploads(
                f"One call takes at most {MAX_PREVIEWS} previews. Declare this one again"
            )
        some = previews[:MAX_PREVIEWS]
        checked = each_by_itself(lambda number: self._uploads.previews.check(planned[number]), some)
        for number, problem in zip(some, checked, strict=True):
            if problem is not None:
                del planned[number]
                results[number] = problem

    def _reserve(
        self,
        principal: Principal,
        planned: dict[int, Upload],
        results: dict[int, Declared | Problem],
    ) -> None:
        wants = [
            Want(upload.key, upload.size, upload.mark, upload.plan is not None)
            for upload in planned.values()
        ]
        held = self._quota.reserve_all(principal, wants)
        for number, problem in zip([*planned], held, strict=True):
            if problem is not None:
                results[number] = problem
                del planned[number]

    def _sign(
        self,
        principal: Principal,
        planned: dict[int, Upload],
        results: dict[int, Declared | Problem],
    ) -> None:
        puts = [number for number, upload in planned.items() if upload.method is Method.PUT]
        self._uploads.lone_previews.expect(planned[number] for number in puts)
        signed = self._signer.sign_many([planned[number] for number in puts])
        results.update(
            (number, (planned[number], sending))
            for number, sending in zip(puts, signed, strict=True)
        )
        others = [number for number in planned if number not in results]
        parts = [number for number in others if planned[number].plan]
        for number in parts[MAX_MULTIPART:]:
            self._quota.release(principal, planned[number].key, mark=planned[number].mark)
            results[number] = TooManyUploads(
                f"One call begins at most {MAX_MULTIPART} multipart uploads. Declare this one again"
            )
        begun = [number for number in others if number not in results]

        def begin(number: int) -> Declared:
            return self._uploads.begin(principal, planned[number])

        results.update(zip(begun, each_by_itself(begin, begun), strict=True))
        DECLARED.inc(sum(upload.size for upload in planned.values()))

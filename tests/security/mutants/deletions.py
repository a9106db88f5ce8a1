"""What goes, and for whom somebody may act: T44, T49."""

from __future__ import annotations

from tests.security.mutants.catalogue import Code, Mutant, always, mutant, never, without

MUTANTS: tuple[Mutant, ...] = (
    mutant(
        "T44",
        "a whole root may be deleted as a folder",
        never("Deleter.delete_folder", "not re.fullmatch(__SHAPE, prefix)"),
    ),
    mutant(
        "T44",
        "a folder is complete though something stays",
        always("Deleter.delete_folder", "not failures"),
        always("Deletion._delete_folder", "problem is None"),
    ),
    mutant(
        "T44",
        "failures count as deleted",
        Code(
            "delete_assets",
            "dict.fromkeys(__EACH for __PATH in paths if __FAILED)",
            "dict.fromkeys(__EACH for __PATH in paths)",
        ),
    ),
    mutant(
        "T44",
        "any folder is taken for a package",
        never("Deletion.delete_package", "not is_package(path)"),
    ),
    mutant(
        "T44",
        "a project's name may be anything",
        Code("Deletion.delete_project", "check_project_id(project_id)", "project_id"),
    ),
    mutant(
        "T44",
        "an erasure takes everybody's objects",
        Code("Versions.identifiers", "self._list(prefix, ...)", 'self._list("users/", ...)'),
        without("Versions.identifiers", "check_below(...)"),
    ),
    mutant(
        "T44",
        "an erasure leaves delete markers",
        Code(
            "versions:_identifiers",
            'document.each("Version", "DeleteMarker")',
            'document.each("Version")',
        ),
    ),
    mutant(
        "T44",
        "an erasure leaves unfinished uploads",
        without("Erasure._abort", "self._multipart.abort(upload.key, upload.upload_id)"),
    ),
    mutant(
        "T49",
        "anybody acts for anybody",
        never("act_as", "not admin_group or admin_group not in actor.groups"),
    ),
    mutant(
        "T49",
        "without a group everybody in a group of no name may",
        never("act_as", "not admin_group"),
    ),
    mutant(
        "T49",
        "who may not is ignored instead of refused",
        Code(
            "act_as",
            'raise InsufficientScope(f"{HEADER} is for administrators and back ends")',
            "return actor",
        ),
    ),
    mutant("T49", "the name may be anything", never("act_as", "not is_sub(wanted_sub)")),
    mutant(
        "T49",
        "acting for somebody deletes an account",
        never("_account_token", "HEADER in request.headers"),
    ),
    mutant(
        "T49", "the log names the wrong one", Code("audit:_line", "actor or principal", "principal")
    ),
    mutant(
        "T49",
        "the budget is that of who is acted for",
        without("authenticate_requests.authenticate", "count_caller(...)"),
        Code(
            "authenticate_requests.authenticate",
            "if wanted_sub is not None or g.principal.is_service: ...",
            """
            if wanted_sub is not None or g.principal.is_service: ...
            count_caller(services.limits.rates, signing=facts.signing)
        """,
        ),
    ),
)

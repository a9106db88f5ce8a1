"""What goes, and for whom somebody may act: T44, T49."""

from __future__ import annotations

from tests.security.mutants.catalogue import Broken, Edit, Mutant

deleter = Broken("app/s3/deletion.py")
api = Broken("app/api/deletions.py")
erasure = Broken("app/assets/erasure.py")
projects = Broken("app/api/projects.py")
act_as = Broken("app/auth/act_as.py")
me = Broken("app/api/me.py")
audit = Broken("app/operations/audit.py")
factory = Broken("app/__init__.py")

_RIGHT = "if not admin_group or admin_group not in actor.groups:"

MUTANTS: tuple[Mutant, ...] = (
    deleter(
        "T44",
        "a whole root may be deleted as a folder",
        'if not re.fullmatch(r"users/[^/]+/(?:[^/]+/)+", prefix):',
        "if False:",
    ),
    deleter(
        "T44",
        "a folder is complete though something stays",
        "complete=token is None and not failures,",
        "complete=token is None,",
        Edit(
            "app/api/deletions.py",
            "complete = batch.complete and problem is None",
            "complete = batch.complete",
        ),
    ),
    api(
        "T44",
        "failures count as deleted",
        "gone = {key: text for key, text in keys.items() if key not in failures}",
        "gone = keys",
    ),
    api(
        "T44",
        "any folder is taken for a package",
        "if not asset_path.names_package or asset_path.package_folder is None:",
        "if asset_path.package_folder is None:",
    ),
    projects(
        "T44",
        "a project's name may be anything",
        'f"projects/{check_project_id(project_id)}/"',
        'f"projects/{project_id}/"',
    ),
    erasure(
        "T44",
        "an erasure takes everybody's objects",
        '"prefix": root.prefix}',
        '"prefix": "users/"}',
        Edit("app/assets/erasure.py", " if each.key.startswith(root.prefix)]", "]"),
    ),
    erasure(
        "T44",
        "an erasure leaves delete markers",
        'for tag in ("Version", "DeleteMarker"):',
        'for tag in ("Version",):',
    ),
    erasure(
        "T44",
        "an erasure leaves unfinished uploads",
        "self._multipart.abort(upload.key, upload.upload_id)",
        "pass",
    ),
    act_as("T49", "anybody acts for anybody", _RIGHT, "if False:"),
    act_as(
        "T49",
        "without a group everybody in a group of no name may",
        _RIGHT,
        "if admin_group not in actor.groups:",
    ),
    act_as(
        "T49",
        "who may not is ignored instead of refused",
        'raise InsufficientScope(f"{HEADER} is for administrators")',
        "return actor",
    ),
    act_as("T49", "the name may be anything", "if not is_sub(wanted_sub):", "if False:"),
    me(
        "T49",
        "acting for somebody deletes an account",
        "if HEADER in request.headers:",
        "if False:",
    ),
    audit(
        "T49",
        "the log names the wrong one",
        "who = actor or principal",
        "who = principal",
    ),
    factory(
        "T49",
        "the budget is that of who is acted for",
        "        count_caller(services.rates)\n        if (wanted_sub",
        "        if (wanted_sub",
        Edit(
            "app/__init__.py",
            "            g.actor = actor\n",
            "            g.actor = actor\n        count_caller(services.rates)\n",
        ),
    ),
)

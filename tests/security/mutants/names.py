"""What can be named: T09 to T15."""

from __future__ import annotations

from tests.security.mutants.catalogue import Broken, Edit, Mutant

segments = Broken("app/domain/segments.py")
paths = Broken("app/domain/paths.py")
filenames = Broken("app/domain/filenames.py")
addressing = Broken("app/signing/addressing.py")
canonical = Broken("app/signing/canonical.py")
factory = Broken("app/__init__.py")
versions = Broken("app/s3/versions.py")
uploads = Broken("app/domain/uploads.py")
cursors = Broken("app/api/cursors.py")
uppy = Broken("app/api/uppy_uploads.py")
context = Broken("app/api/context.py")
copies = Broken("app/s3/copies.py")
relocation = Broken("app/domain/copies.py")
fields = Broken("app/schemas/fields.py")

_PLACE = "if kind not in (LIBRARY_KINDS if project_id is None else PROJECT_KINDS):"

MUTANTS: tuple[Mutant, ...] = (
    segments("T09", "backslashes pass", '    "a backslash": r"\\\\",\n', ""),
    segments(
        "T09",
        "C1 controls and line separators pass",
        r'"\x00-\x1f\x7f-\x9f\u2028\u2029"',
        r'"\x00-\x1f"',
    ),
    segments("T09", "C0 controls pass", r'"\x00-\x1f\x7f-\x9f', r'"\x7f-\x9f'),
    segments("T09", "text directions pass", r"\u200b-\u200f\u202a-\u202e", r"\u200b-\u200d"),
    segments("T09", "invisible letters pass", r"\u200b-\u200f\u202a-\u202e", r"\u202a-\u202e"),
    segments("T09", "percent escapes pass", '"%(?=[0-9A-Fa-f]{2})"', '"%(?=ZZ)"'),
    segments("T09", "dot segments pass", 'if "." in segments or ".." in segments:', "if False:"),
    segments("T09", "plain dot segments pass", r"(?!\.{1,2}(?:/|\Z))", ""),
    segments("T09", "empty segments pass", 'if "" in segments:', "if False:"),
    addressing(
        "T09",
        "a key that a browser would resolve is signed",
        "and _DOT_SEGMENT.search(key):",
        "and False:",
    ),
    canonical(
        "T09",
        "a key is written as it is",
        '_encoder(_UNRESERVED | frozenset(b"/"))',
        "_encoder(frozenset(range(256)))",
    ),
    factory("T09", "routing tidies slashes", "merge_slashes = False", "merge_slashes = True"),
    segments(
        "T10",
        "decomposed letters pass",
        'if not unicodedata.is_normalized("NFC", text):',
        "if False:",
    ),
    segments(
        "T10",
        "characters are counted",
        'len(key.encode("utf-8", "surrogatepass")) > MAX_KEY_BYTES',
        "False",
    ),
    segments("T10", "keys may be longer than S3's", "MAX_KEY_BYTES = 1024", "MAX_KEY_BYTES = 2048"),
    paths(
        "T10",
        "the path is counted and not the key",
        "check_key_bytes(key, pointer)\n        return key\n",
        "return key\n",
    ),
    paths(
        "T10",
        "an endless path is read",
        "check_key_bytes(text, pointer)\n        match =",
        "match =",
    ),
    paths(
        "T11",
        "a root ends without its slash",
        'return f"users/{self.sub}/"',
        'return f"users/{self.sub}"',
    ),
    paths(
        "T11",
        "a key of a longer sub is below the root",
        "not key.startswith(self.prefix):",
        "not key.startswith(self.prefix[:-1]):",
        Edit(
            "app/domain/paths.py",
            "return AssetPath(key[len(self.prefix) :], pointer=pointer)",
            'return AssetPath(key.split("/", 2)[2], pointer=pointer)',
        ),
    ),
    paths(
        "T11",
        "a listing of everything has no slash",
        "listed = self.prefix + max(folder, prefix, key=len)",
        'listed = (self.prefix + max(folder, prefix, key=len)).rstrip("/")',
    ),
    versions("T11", "longer names have the versions too", "if name == key", "if name"),
    filenames(
        "T12",
        "a file name keeps its slashes",
        'UNSAFE_IN_NAME.sub("_", unicodedata.normalize("NFC", name))',
        'unicodedata.normalize("NFC", name)',
    ),
    filenames(
        "T12", "a package's name is not checked", "if fault := fault_in(name):", "if fault := '':"
    ),
    filenames(
        "T12", "a package may be deep", "MAX_PACKAGE_SEGMENTS = 4", "MAX_PACKAGE_SEGMENTS = 400"
    ),
    paths(
        "T12",
        "an asset id may be anything",
        "if _UUID.fullmatch(asset_id) is None:",
        "if not asset_id:",
    ),
    paths(
        "T12",
        "a project's name may be anything",
        'project = f"projects/{check_project_id(project_id)}/"',
        'project = f"projects/{project_id}/"',
    ),
    context("T13", "everybody has one root", "Root(current_principal.sub)", 'Root("everybody")'),
    uploads(
        "T13",
        "an upload id opens for anybody",
        "*rest = claims\n        if owner != sub:",
        "*rest = claims\n        if False:",
    ),
    uploads(
        "T13",
        "a listed upload id opens for anybody",
        "s3_upload_id = claims\n    if owner != sub:",
        "s3_upload_id = claims\n    if False:",
    ),
    uppy(
        "T13",
        "Uppy's key may be anybody's",
        "path = root.path_of(key)",
        'path = type(root)(key.split("/")[1]).path_of(key)',
    ),
    uppy("T13", "Uppy's key and upload id need not fit", "if upload.path != path:", "if False:"),
    cursors("T13", "a cursor serves anybody", "if sealed_for != listing:", "if False:"),
    copies(
        "T14",
        "a copy source is encoded twice",
        '"Key": copy.source.key}\n    if',
        '"Key": copy.source.key.replace(" ", "%20")}\n    if',
    ),
    relocation(
        "T14",
        "the place of a copy is not checked",
        "kind = kind or path.kind\n    check_kind_place(kind, project_id)",
        "kind = kind or path.kind",
    ),
    paths(
        "T14",
        "a copy's project may be anything",
        'project = f"projects/{check_project_id(project_id)}/"',
        'project = f"projects/{project_id}/"',
    ),
    segments(
        "T14",
        "either end of a copy may hold dot segments",
        'if "." in segments or ".." in segments:',
        "if False:",
    ),
    paths(
        "T15",
        "a prefix is not checked",
        "if fault := fault_in(prefix, partial=True):",
        "if fault := '':",
    ),
    paths(
        "T15",
        "a prefix may lie outside the kind",
        "if not prefix.startswith(folder) and not folder.startswith(prefix):",
        "if False:",
    ),
    paths("T15", "a kind may be another place's", _PLACE, "if False:"),
    paths(
        "T15",
        "a filter's project may be anything",
        'else f"projects/{check_project_id(project_id)}/"\n        if kind',
        'else f"projects/{project_id}/"\n        if kind',
    ),
    fields(
        "T15",
        "a page may be of any size",
        "load_default=default,\n        validate=validate.Range(1, 1000),",
        "load_default=default,",
    ),
    cursors("T15", "a cursor serves any listing", "if sealed_for != listing:", "if False:"),
)

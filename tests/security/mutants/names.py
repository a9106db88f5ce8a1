"""What can be named: T09 to T15."""

from __future__ import annotations

from tests.security.mutants.catalogue import Code, Mutant, Text, always, mutant, never, without

MUTANTS: tuple[Mutant, ...] = (
    mutant("T09", "backslashes pass", without("_UNSAFE", r'"a backslash": r"\\"')),
    mutant(
        "T09", "C1 controls and line separators pass", Text("_UNSAFE", "\x7f-\x9f\u2028\u2029", "")
    ),
    mutant("T09", "C0 controls pass", Text("_UNSAFE", "\x00-\x1f", "")),
    mutant(
        "T09",
        "text directions pass",
        Text("_UNSAFE", "\u200b-\u200f\u202a-\u202e", "\u200b-\u200d"),
    ),
    mutant(
        "T09",
        "invisible letters pass",
        Text("_UNSAFE", "\u200b-\u200f\u202a-\u202e", "\u202a-\u202e"),
    ),
    mutant("T09", "percent escapes pass", Text("_ESCAPE", "%(?=[0-9A-Fa-f]{2})", "%(?=ZZ)")),
    mutant("T09", "dot segments pass", never("fault_in", '"." in segments or ".." in segments')),
    mutant("T09", "plain dot segments pass", Text("_PLAIN_NAME", r"(?!\.{1,2}(?:/|\Z))", "")),
    mutant("T09", "empty segments pass", never("fault_in", '"" in segments')),
    mutant(
        "T09",
        "a key that a browser would resolve is signed",
        never("BucketAddress.path", "_DOT_SEGMENT.search(key)"),
    ),
    mutant(
        "T09",
        "a key is written as it is",
        Code("encode_path", '_UNRESERVED | frozenset(b"/")', "frozenset(range(256))"),
    ),
    mutant(
        "T09",
        "routing tidies slashes",
        Code("create_app", "app.url_map.merge_slashes = False", "app.url_map.merge_slashes = True"),
    ),
    mutant(
        "T10",
        "decomposed letters pass",
        never("fault_in", 'not unicodedata.is_normalized("NFC", text)'),
    ),
    mutant(
        "T10",
        "characters are counted",
        never("check_key_bytes", 'len(key.encode("utf-8", "surrogatepass")) > MAX_KEY_BYTES'),
    ),
    mutant("T10", "keys may be longer than S3's", Code("MAX_KEY_BYTES", "1024", "2048")),
    mutant(
        "T10",
        "the path is counted and not the key",
        without("Root.key", "check_key_bytes(key, pointer)"),
    ),
    mutant(
        "T10",
        "an endless path is read",
        without("match_path", "check_key_bytes(text, pointer)"),
    ),
    mutant(
        "T11",
        "a root ends without its slash",
        Code("Root.prefix", 'f"{USERS}{self.sub}/"', 'f"{USERS}{self.sub}"'),
    ),
    mutant(
        "T11",
        "a key of a longer sub is below the root",
        Code("Root.path_of", "key.startswith(self.prefix)", "key.startswith(self.prefix[:-1])"),
        Code("Root.path_of", "key[len(self.prefix) :]", 'key.split("/", 2)[2]'),
    ),
    mutant(
        "T11",
        "a listing of everything has no slash",
        Code(
            "Root.list_prefix",
            "self.prefix + max(folder, prefix, key=len)",
            '(self.prefix + max(folder, prefix, key=len)).rstrip("/")',
        ),
    ),
    mutant("T11", "longer names have the versions too", always("Versions.of", "name == key")),
    mutant(
        "T12",
        "a file name keeps its slashes",
        Code(
            "safe_filename",
            'UNSAFE_IN_NAME.sub("_", unicodedata.normalize("NFC", name))',
            'unicodedata.normalize("NFC", name)',
        ),
    ),
    mutant(
        "T12", "a package's name is not checked", Code("package_filename", "fault_in(name)", "''")
    ),
    mutant("T12", "a package may be deep", Code("MAX_PACKAGE_SEGMENTS", "4", "400")),
    mutant(
        "T12",
        "an asset id may be anything",
        Code("AssetPath.mint", "UUID.fullmatch(asset_id) is None", "not asset_id"),
    ),
    mutant(
        "T12",
        "a project's name may be anything",
        Code("AssetPath.mint", "check_project_id(project_id)", "project_id"),
    ),
    mutant("T13", "everybody has one root", Code("caller_root", "caller().sub", '"everybody"')),
    mutant(
        "T13", "an upload id opens for anybody", never("Upload.from_claims", 'claims["sub"] != sub')
    ),
    mutant(
        "T13", "a listed upload id opens for anybody", never("upload_of", 'claims["sub"] != sub')
    ),
    mutant(
        "T13",
        "Uppy's key may be anybody's",
        Code(
            "UppyMultipart.find", "root.path_of(key)", 'type(root)(key.split("/")[1]).path_of(key)'
        ),
    ),
    mutant(
        "T13",
        "Uppy's key and upload id need not fit",
        never("UppyMultipart.find", "upload.path != path"),
    ),
    mutant(
        "T13", "a cursor serves anybody", never("open_cursor", 'claims.get("listing") != listing')
    ),
    mutant(
        "T14",
        "a copy source is encoded twice",
        Code("pinned_source", "encode_path(source.key)", "encode_path(encode_path(source.key))"),
    ),
    mutant(
        "T14",
        "the place of a copy is not checked",
        without("relocate", "check_kind_place(kind, project_id)"),
    ),
    mutant(
        "T14",
        "a copy's project may be anything",
        Code("AssetPath.mint", "check_project_id(project_id)", "project_id"),
    ),
    mutant(
        "T14",
        "either end of a copy may hold dot segments",
        never("fault_in", '"." in segments or ".." in segments'),
    ),
    mutant(
        "T15",
        "a prefix is not checked",
        Code("Root.list_prefix", "fault_in(prefix, partial=True)", "''"),
    ),
    mutant(
        "T15",
        "a prefix may lie outside the kind",
        never(
            "Root.list_prefix", "not prefix.startswith(folder) and not folder.startswith(prefix)"
        ),
    ),
    mutant(
        "T15",
        "a kind may be another place's",
        never(
            "Root.list_prefix",
            "kind not in (LIBRARY_KINDS if project_id is None else PROJECT_KINDS)",
        ),
    ),
    mutant(
        "T15",
        "a filter's project may be anything",
        Code("Root.list_prefix", "check_project_id(project_id)", "project_id"),
    ),
    mutant(
        "T15",
        "a page may be of any size",
        without("page_limit", "validate=validate.Range(1, MAX_BATCH)"),
    ),
    mutant(
        "T15",
        "a cursor serves any listing",
        never("open_cursor", 'claims.get("listing") != listing'),
    ),
)

"""What the edge serves, and forgets: T34, T35."""

from __future__ import annotations

from tests.security.mutants.catalogue import Code, Mutant, Text, mutant, never, without

MUTANTS: tuple[Mutant, ...] = (
    mutant(
        "T34",
        "a folder needs no slash",
        Code(
            "CloudFrontSigner.sign_folder",
            'not folder.endswith("/") or folder.count("/") < 2',
            'folder.count("/") < 1',
        ),
    ),
    mutant(
        "T34",
        "a folder may be everybody's",
        never("CloudFrontSigner.sign_folder", 'folder.count("/") < 2'),
    ),
    mutant(
        "T34",
        "the wildcard covers neighbours",
        Code("CloudFrontSigner.sign_folder", "self.url(folder)", "self.url(folder)[:-1]"),
    ),
    mutant(
        "T34",
        "names may hold wildcards",
        without("_UNSAFE", "\"'*' or '?', which are CloudFront's wildcards\": r\"*?\""),
    ),
    mutant("T34", "wildcards are not encoded", Text("encode_path", "/", "/*?")),
    mutant(
        "T34",
        "one policy covers a whole kind",
        Code(
            "AssetPath.asset_folder", 'f"{self.kind_folder}{self.segments[0]}/"', "self.kind_folder"
        ),
    ),
    mutant(
        "T34",
        "the cookies are for every folder",
        Code("LinkSigner.sign_folder", 'cookie_path=f"/{encode_path(folder)}"', 'cookie_path="/"'),
    ),
    mutant(
        "T34",
        "a file without a folder is played",
        never("check_playable", "not path.has_asset_folder"),
        never("LinkSigner.sign_folder", "path.asset_folder is None"),
        Code("LinkSigner.sign_folder", "path.asset_folder", "path.folder"),
    ),
    mutant("T35", "nothing is deleted", without("Deletion.delete", "self._objects.delete(key)")),
    mutant(
        "T35",
        "the edge is not told of deletions",
        without("Deletion._forget", "self._edge.forget(keys)"),
    ),
    mutant(
        "T35",
        "the edge is not told of an erasure",
        without("Erasure.erase", "self._edge.forget([root.prefix])"),
    ),
    mutant(
        "T35",
        "the edge forgets one query alone",
        Code("wildcards", '[f"{path}*" for path in paths]', "[*paths]"),
    ),
)

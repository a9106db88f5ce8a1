"""What the edge serves, and forgets: T34, T35."""

from __future__ import annotations

from tests.security.mutants.catalogue import Broken, Edit, Mutant

links = Broken("app/signing/links.py")
cloudfront = Broken("app/signing/cloudfront.py")
segments = Broken("app/domain/segments.py")
paths = Broken("app/domain/paths.py")
playback = Broken("app/api/playback.py")
canonical = Broken("app/signing/canonical.py")
deletions = Broken("app/api/deletions.py")
erasure = Broken("app/api/me.py")
invalidations = Broken("app/aws/edge_cache.py")

_FOLDER = 'if not folder.endswith("/") or folder.count("/") < 2:'

MUTANTS: tuple[Mutant, ...] = (
    cloudfront("T34", "a folder needs no slash", _FOLDER, 'if folder.count("/") < 1:'),
    cloudfront("T34", "a folder may be everybody's", _FOLDER, 'if not folder.endswith("/"):'),
    cloudfront(
        "T34", "the wildcard covers neighbours", "{self.url(folder)}*", "{self.url(folder)[:-1]}*"
    ),
    segments(
        "T34",
        "names may hold wildcards",
        "    \"'*' or '?', which are CloudFront's wildcards\": r\"*?\",\n",
        "",
    ),
    canonical(
        "T34",
        "wildcards are not encoded",
        '_encoder(_UNRESERVED | frozenset(b"/"))',
        '_encoder(_UNRESERVED | frozenset(b"/*?"))',
    ),
    paths(
        "T34",
        "one policy covers a whole kind",
        'return f"{self.kind_folder}{self.segments[0]}/" if self.has_asset_folder else None',
        "return self.kind_folder if self.has_asset_folder else None",
    ),
    links(
        "T34",
        "the cookies are for every folder",
        'cookie_path=f"/{encode_path(folder)}",',
        'cookie_path="/",',
    ),
    playback(
        "T34",
        "a file without a folder is played",
        "if not path.has_asset_folder:",
        "if False:",
        Edit("app/signing/links.py", "if path.asset_folder is None:", "if False:"),
        Edit(
            "app/signing/links.py",
            'folder = f"{root.prefix}{path.asset_folder}"',
            'folder = f"{root.prefix}{path.folder}"',
        ),
    ),
    deletions(
        "T35",
        "nothing is deleted",
        "services.store.delete(key)\n        forget(root, [key])",
        "forget(root, [key])",
    ),
    deletions("T35", "the edge is not told of deletions", "services.edge.forget(keys)", "pass"),
    erasure(
        "T35", "the edge is not told of an erasure", "services.edge.forget([root.prefix])", "pass"
    ),
    invalidations(
        "T35",
        "the edge forgets one query alone",
        'return [f"{path}*" for path in paths]',
        "return [*paths]",
    ),
)

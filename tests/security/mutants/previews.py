"""Small pictures beside assets, and nothing else under their names: T62."""

from __future__ import annotations

from tests.security.mutants.catalogue import Code, Mutant, mutant, never, without

MUTANTS: tuple[Mutant, ...] = (
    mutant(
        "T62",
        "a preview's name may be asked for",
        never("grammar:match_path", 'not reserved and f"/{PREVIEW_START}" in text'),
    ),
    mutant(
        "T62",
        "a preview may be of any size",
        never("previews:check_preview", "size > MAX_BYTES"),
    ),
    mutant(
        "T62",
        "a preview may be what its name does not say",
        Code("previews:declare_preview", "content_type not in _EXTENSIONS", "False"),
        without("previews:declare_preview", "check_preview(...)"),
    ),
    mutant(
        "T62",
        "a preview may be of nothing",
        Code(
            "Previews.check",
            "root.key(asset) not in keys and self._objects.head(root.key(asset)) is None",
            "False",
        ),
    ),
    mutant(
        "T62",
        "an asset may have two previews",
        never("Previews.check", "any(map(is_preview, keys))"),
    ),
    mutant(
        "T62",
        "a preview of what is gone stays",
        without("Previews.finish", "self._objects.delete_version(found)"),
    ),
    mutant(
        "T62",
        "a preview stays when its asset is deleted",
        Code("Deletion.delete", "self._previews.left_alone(root, [path])", "[]"),
    ),
    mutant(
        "T62",
        "a preview is taken from the files that stay",
        Code("Previews._left_alone", "others or page.next_token", "False"),
    ),
    mutant(
        "T62",
        "temporary credentials write previews",
        without("session_policy", "statements.append(_preview_denial(partition))"),
    ),
    mutant(
        "T62",
        "a preview that nobody completes outlives its asset",
        Code(
            "Handler._preview_came",
            "arrival.is_current and self._lone_previews.remove(root, preview)",
            "False",
        ),
    ),
    mutant(
        "T62",
        "an asset deleted past the API leaves its preview",
        without("Handler._removed", "self._lone_previews.remove(...)"),
    ),
    mutant(
        "T62",
        "late news of a deletion take a newer preview",
        Code("LonePreviews.remove", "until is None or found.last_modified <= until", "True"),
    ),
    mutant(
        "T62",
        "a preview that nobody completes is not judged",
        never("Handler._preview_came", "arrival.reason"),
    ),
    mutant(
        "T62",
        "a copy's preview goes before its asset comes",
        never("Handler._preview_came", "arrival.by_gateway"),
    ),
    mutant(
        "T62",
        "a back end's preview is judged",
        never("Handler._preview_came", "arrival is None or not arrival.from_browser"),
    ),
    mutant(
        "T62",
        "without a queue nobody looks after a preview's URL",
        without("LonePreviews.expect", "self._url_ends.expect(upload.key, self._url_seconds)"),
    ),
    mutant(
        "T62",
        "without a queue nobody looks after a batch's previews",
        without("UploadBatches._sign", "self._uploads.lone_previews.expect(__X)"),
    ),
)

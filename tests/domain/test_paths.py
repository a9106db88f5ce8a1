"""Paths: what the grammar takes, what it refuses, and that no user's path leaves their root."""

from __future__ import annotations

import unicodedata
from urllib.parse import unquote

import ada_url
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import NotFound, ValidationFailed
from app.domain.kinds import LIBRARY_KINDS, PROJECT_KINDS, Kind, check_project_id
from app.domain.paths import AssetPath, Root, split_key
from app.signing.addressing import BucketAddress
from tests.domain.strategies import nasty_text, path_like, places, subs

ASSET_ID = "0199aaaa-bbbb-7ccc-8ddd-eeeeeeeeeeee"
VIRTUAL = BucketAddress.of("media", "eu-west-1")
PATH_STYLE = BucketAddress.of("media", "eu-west-1", endpoint="http://127.0.0.1:9000")


def accepted(text: str) -> AssetPath | None:
    """The path that ``text`` is, or None if it is refused the way a client is told."""
    try:
        return AssetPath.parse(text)
    except ValidationFailed:
        return None


def test_a_library_path_tells_its_parts() -> None:
    """Kind, asset id, folder and file name of a package's file are read off its path."""
    path = AssetPath.parse(f"video/{ASSET_ID}/720p/seg1.ts")
    assert (path.kind, path.project_id, path.asset_id) == (Kind.VIDEO, None, ASSET_ID)
    assert path.segments == (ASSET_ID, "720p", "seg1.ts")
    assert (path.filename, path.folder) == ("seg1.ts", f"video/{ASSET_ID}/720p/")
    assert path.package_folder == path.asset_folder == f"video/{ASSET_ID}/"
    assert str(path) == path.text


def test_a_back_ends_path_has_no_asset_id() -> None:
    """Names other than the gateway's are paths as well: a file below the kind, a named folder."""
    flat = AssetPath.parse("projects/p1/video/final.mp4")
    assert (flat.project_id, flat.asset_id, flat.asset_folder) == ("p1", None, None)
    assert (flat.package_folder, flat.folder) == (None, "projects/p1/video/")
    named = AssetPath.parse("projects/p1/video/trailer/master.m3u8")
    assert (named.asset_id, named.package_folder) == (None, None)
    assert (named.has_asset_folder, named.asset_folder) == (True, "projects/p1/video/trailer/")


def test_an_asset_id_alone_names_its_package() -> None:
    """``…/{kind}/{asset_id}`` stands for the folder, which a recursive delete takes."""
    path = AssetPath.parse(f"projects/p1/video/{ASSET_ID}")
    assert path.names_package
    assert path.asset_id is None
    assert path.package_folder == f"projects/p1/video/{ASSET_ID}/"
    assert not AssetPath.parse("video/final.mp4").names_package


def test_mint_puts_a_name_under_its_own_id() -> None:
    """A minted path is in the project or the library, below the asset id."""
    assert (
        AssetPath.mint(Kind.FRAME, ASSET_ID, ("f.png",), "p1").text
        == f"projects/p1/frame/{ASSET_ID}/f.png"
    )
    assert (
        AssetPath.mint(Kind.VIDEO, ASSET_ID, ("720p", "s.ts")).text == f"video/{ASSET_ID}/720p/s.ts"
    )


@pytest.mark.parametrize(
    ("kind", "asset_id", "names", "project_id"),
    [
        (Kind.VIDEO, "mine", ("a.mp4",), None),
        (Kind.VIDEO, "", ("a.mp4",), None),
        (Kind.VIDEO, f"{ASSET_ID}/..", ("a.mp4",), None),
        (Kind.VIDEO, ASSET_ID, (), None),
        (Kind.VIDEO, ASSET_ID, ("..", "a.mp4"), None),
        (Kind.VIDEO, ASSET_ID, ("a.mp4",), ""),
        (Kind.VIDEO, ASSET_ID, ("a.mp4",), "../p"),
        (Kind.VIDEO, ASSET_ID, ("a.mp4",), "p/video"),
        (Kind.FRAME, ASSET_ID, ("a.png",), None),
        (Kind.BRAND_KIT, ASSET_ID, ("a.png",), "p1"),
    ],
)
def test_t12_mint_refuses_what_would_choose_another_folder(
    kind: Kind, asset_id: str, names: tuple[str, ...], project_id: str | None
) -> None:
    """T12: neither id, names nor project can move a new asset out of its own folder."""
    with pytest.raises(ValidationFailed):
        AssetPath.mint(kind, asset_id, names, project_id)


@given(places, nasty_text)
def test_t12_mint_keeps_the_folder_whatever_the_name(place: str, name: str) -> None:
    """T12: a display name either is one segment below the asset id or is refused."""
    parent = AssetPath.parse(f"{place}x")
    try:
        path = AssetPath.mint(parent.kind, ASSET_ID, (name,), parent.project_id)
    except ValidationFailed as refusal:
        assert refusal.errors[0].pointer == "/filename"
        return
    assert path.text == f"{place}{ASSET_ID}/{name}"
    assert path.asset_id == ASSET_ID


REFUSED = {
    "dot-dot": "video/../a.mp4",
    "dot-dot at the end": "video/a/..",
    "dot": "video/./a.mp4",
    "dot at the end": "video/a/.",
    "empty segment": "video//a.mp4",
    "leading slash": "/video/a.mp4",
    "trailing slash": "video/a/",
    "backslash": "video/a\\b.mp4",
    "encoded slash": "video/a%2Fb.mp4",
    "encoded slash, lower case": "video/a%2fb.mp4",
    "encoded dots": "video/%2e%2e/a.mp4",
    "half encoded dots": "video/.%2E/a.mp4",
    "double encoding": "video/%252e%252e/a.mp4",
    "any other escape": "video/a%20b.mp4",
    "NUL": "video/a\0.mp4",
    "newline": "video/a\n.mp4",
    "newline at the end": "video/a.mp4\n",
    "unit separator": "video/a\x1f.mp4",
    "DEL": "video/a\x7f.mp4",
    "C1": "video/a\x85.mp4",
    "last C1": "video/a\x9f.mp4",
    "line separator": "video/a\u2028.mp4",
    "right-to-left override": "video/a\u202e4pm.exe",
    "isolate": "video/a\u2066.mp4",
    "right-to-left mark": "video/a\u200f.mp4",
    "Arabic letter mark": "video/a\u061c.mp4",
    "zero-width space": "video/a\u200b.mp4",
    "zero-width joiner": "video/a\u200d.mp4",
    "word joiner": "video/a\u2060.mp4",
    "byte order mark": "video/\ufeffa.mp4",
    "soft hyphen": "video/a\u00ad.mp4",
    "tag character": "video/a\U000e0041.mp4",
    "star": "video/*.mp4",
    "question mark": "video/a?.mp4",
    "replacement character": "video/a\ufffd.mp4",
    "lone surrogate": "video/a\ud800.mp4",
    "NFD": "video/e\u0301.mp4",
    "singleton that NFC would change": "video/\u212b.mp4",
    "kind alone": "video",
    "kind and slash": "video/",
    "unknown kind": "films/a.mp4",
    "kind in capitals": "Video/a.mp4",
    "shares": "shares/abc.json",
    "frame in the library": "frame/a.png",
    "brand_kit in a project": "projects/p1/brand_kit/a.png",
    "project without id": "projects/video/a.mp4",
    "empty project id": "projects//video/a.mp4",
    "dotted project id": "projects/../video/a.mp4",
    "project id that begins with a dash": "projects/-p/video/a.mp4",
    "project id of 65": f"projects/{'p' * 65}/video/a.mp4",
    "projects in a project": "projects/p1/projects/p2/video/a.mp4",
    "whole key": "users/abc/video/a.mp4",
    "nothing": "",
}


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED.keys())
def test_t09_refuses_and_never_cleans(text: str) -> None:
    """T09: each clause of the grammar is a 422 at the pointer the caller gave, with a reason."""
    with pytest.raises(ValidationFailed) as refusal:
        AssetPath.parse(text, pointer="/paths/3")
    assert [fault.pointer for fault in refusal.value.errors] == ["/paths/3"]
    assert refusal.value.detail.startswith(("The path ", "A path is "))


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED.keys())
def test_t09_refuses_the_same_after_a_root(text: str) -> None:
    """T09: a full key is held to the grammar below the root, so ``shares/`` cannot be reached."""
    with pytest.raises(ValidationFailed):
        Root("abc").path_of(f"users/abc/{text}")
    assert Root("abc").try_path_of(f"users/abc/{text}") is None


@pytest.mark.parametrize("value", [None, 7, b"video/a.mp4", ["video/a.mp4"], True])
def test_what_is_no_text_is_refused(value: object) -> None:
    """A path of the wrong JSON type is a 422, not a crash."""
    with pytest.raises(ValidationFailed):
        AssetPath.parse(value)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    [
        "video/a b.mp4",
        "audio/100%.mp3",
        "image/50%-off.png",
        "image/日本語 — Ünïcödé.jpg",
        "image/😀❤️.png",
        "brand_kit/..hidden/...",
        "brand_kit/.well-known/a+b&c=d;e,f@g:h#i!j$k'(l)[m]{n}~o^p`q|r<s>t\"u.css",
        "projects/0/frame/f",
        f"projects/{'p' * 64}/video/a/b/c/d/e/f/g.mp4",
    ],
)
def test_odd_but_safe_names_are_taken_verbatim(text: str) -> None:
    """Reserved characters, spaces, emoji and dots inside a name are no reason to refuse."""
    assert AssetPath.parse(text).text == text


@given(path_like)
def test_t09_an_accepted_path_is_exactly_its_text(text: str) -> None:
    """T09: accepted means unchanged, in NFC, and without a segment that anything resolves."""
    path = accepted(text)
    if path is None:
        return
    assert path.text == text == path.kind_folder + "/".join(path.segments)
    assert path.kind in (LIBRARY_KINDS if path.project_id is None else PROJECT_KINDS)
    assert unicodedata.is_normalized("NFC", text)
    assert not {"", ".", ".."} & set(text.split("/"))
    assert unquote(text) == text


@given(subs, path_like)
def test_t09_the_key_signed_is_the_key_in_the_url_after_whatwg_parsing(sub: str, text: str) -> None:
    """T09: a browser that parses the URL asks for the very key that was checked and signed."""
    path = accepted(text)
    if path is None:
        return
    key = Root(sub).key(path)
    for address in (VIRTUAL, PATH_STYLE):
        url = ada_url.URL(address.url(key))
        assert url.href == address.url(key)
        assert (url.search, url.hash) == ("", "")
        assert unquote(url.pathname, errors="strict") == f"{address.base_path}/{key}"


def test_t10_only_nfc_is_a_path() -> None:
    """T10: the composed spelling passes, the decomposed one is refused rather than converted."""
    assert accepted("image/\u00e9.png") is not None
    assert accepted("image/e\u0301.png") is None


@pytest.mark.parametrize(("character", "width"), [("a", 1), ("é", 2), ("日", 3), ("😀", 4)])
def test_t10_length_is_counted_in_bytes_of_the_whole_key(character: str, width: int) -> None:
    """T10: 1,024 bytes of UTF-8 in the full key pass and one more is refused, in any script."""
    root = Root("a" * 36)
    room = 1024 - len(root.prefix) - len("image/")
    name = character * (room // width) + "x" * (room % width)
    path = AssetPath.parse(f"image/{name}")
    assert len(root.key(path).encode()) == 1024
    assert root.path_of(root.key(path)) == path
    with pytest.raises(ValidationFailed) as refusal:
        root.key(AssetPath.parse(f"image/{name}x"), pointer="/paths/1")
    assert refusal.value.errors[0].pointer == "/paths/1"
    with pytest.raises(ValidationFailed):
        root.path_of(f"users/{'a' * 36}/image/{name}x")


def test_t10_an_endless_path_is_refused_before_it_is_read() -> None:
    """T10: a megabyte of path is refused by its length alone."""
    assert accepted("video/" + "a/" * 500_000 + "a") is None


def test_t11_a_sub_that_begins_alike_is_foreign() -> None:
    """T11: ``users/abc`` has no part in ``users/abcdef``, neither as key nor as prefix."""
    short, long = Root("abc"), Root("abcdef")
    key = long.key(AssetPath.parse("video/a.mp4"))
    with pytest.raises(NotFound):
        short.path_of(key)
    assert not key.startswith(short.list_prefix())
    assert short.try_path_of(key) is None


@pytest.mark.parametrize(
    "key", ["", "users/", "users/abc", "users/ABC/video/a.mp4", "video/a.mp4", "/users/abc/video/a"]
)
def test_t11_whatever_is_not_below_the_root_is_not_found(key: str) -> None:
    """T11: a key outside the root is a 404, the same as one that does not exist."""
    with pytest.raises(NotFound):
        Root("abc").path_of(key)


@given(subs, subs, path_like, path_like)
def test_t11_two_users_roots_never_meet(mine: str, theirs: str, text: str, other: str) -> None:
    """T11: no key of one user is found, or listed by any accepted prefix, below another's root."""
    path = accepted(text)
    if path is None or mine == theirs:
        return
    key = Root(mine).key(path)
    with pytest.raises(NotFound):
        Root(theirs).path_of(key)
    try:
        prefix = Root(theirs).list_prefix(prefix=other)
    except ValidationFailed:
        return
    assert not key.startswith(prefix)


@given(subs, path_like)
def test_a_path_and_its_key_are_one(sub: str, text: str) -> None:
    """Key and path lead to each other, for the API and for the event worker alike."""
    path = accepted(text)
    if path is None:
        return
    key = Root(sub).key(path)
    assert Root(sub).path_of(key) == path
    assert split_key(key) == (sub, text)


@pytest.mark.parametrize("sub", ["", ".", "..", "a/b", "a b", "a\0", "a" * 129, "é", None, 7])
def test_a_root_needs_a_usable_sub(sub: object) -> None:
    """A sub that could not be one folder's name makes no root."""
    with pytest.raises(ValidationFailed):
        Root(sub)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "key", ["users/abc", "users//video/a", "users/../video/a", "users/a b/x", "other/abc/x", ""]
)
def test_split_key_knows_only_users(key: str) -> None:
    """A key of an event that is not below a user's root names no user."""
    assert split_key(key) is None


def test_t15_filters_narrow_the_listing() -> None:
    """T15: kind, project and prefix compose into one prefix below the root."""
    root = Root("abc")
    assert root.list_prefix() == "users/abc/"
    assert root.list_prefix(kind=Kind.VIDEO) == "users/abc/video/"
    assert root.list_prefix(project_id="p1") == "users/abc/projects/p1/"
    assert root.list_prefix(kind=Kind.FRAME, project_id="p1") == "users/abc/projects/p1/frame/"
    assert root.list_prefix(prefix="video/0199") == "users/abc/video/0199"
    assert root.list_prefix(kind=Kind.VIDEO, prefix="video/01") == "users/abc/video/01"
    assert root.list_prefix(kind=Kind.VIDEO, prefix="vid") == "users/abc/video/"
    assert root.list_prefix(project_id="p1", prefix="projects/p1/v") == "users/abc/projects/p1/v"
    assert root.list_prefix(prefix="video/日本/") == "users/abc/video/日本/"


@pytest.mark.parametrize(
    "filters",
    [
        {"prefix": ".."},
        {"prefix": "../abcdef/"},
        {"prefix": "video/../../abcdef"},
        {"prefix": "/"},
        {"prefix": "//"},
        {"prefix": "video//"},
        {"prefix": "./"},
        {"prefix": "video/%2e%2e/"},
        {"prefix": "video\\"},
        {"prefix": "video/\0"},
        {"prefix": "video/*"},
        {"prefix": "e\u0301"},
        {"prefix": "a" * 1100},
        {"kind": Kind.VIDEO, "prefix": "audio/"},
        {"project_id": "p1", "prefix": "projects/p12/"},
        {"project_id": "../p1"},
        {"project_id": ""},
        {"kind": Kind.FRAME},
        {"kind": Kind.BRAND_KIT, "project_id": "p1"},
    ],
)
def test_t15_filters_that_leave_their_place_are_refused(filters: dict[str, object]) -> None:
    """T15: a prefix off the rules, or outside the kind and project asked for, is a 422."""
    with pytest.raises(ValidationFailed):
        Root("abc").list_prefix(**filters)  # type: ignore[arg-type]


@given(
    subs,
    nasty_text,
    st.none() | st.sampled_from(Kind),
    st.none() | nasty_text,
)
def test_t15_no_listing_leaves_the_root(
    sub: str, prefix: str, kind: Kind | None, project_id: str | None
) -> None:
    """T15: whatever the filters, the prefix listed begins with the root, slash included."""
    try:
        listed = Root(sub).list_prefix(kind=kind, project_id=project_id, prefix=prefix)
    except ValidationFailed:
        return
    assert listed.startswith(f"users/{sub}/")
    assert not {".", ".."} & set(listed.split("/"))


@pytest.mark.parametrize("text", ["", "-a", "_a", "a/b", "a b", "é", "a\n", "a" * 65, None, 1])
def test_a_project_id_off_the_grammar_is_refused(text: object) -> None:
    """A project id that could be more than one plain folder is a 422."""
    with pytest.raises(ValidationFailed):
        check_project_id(text)  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["a", "0", "A-b_c", "a" * 64])
def test_a_project_id_comes_back_as_it_is(text: str) -> None:
    """A good project id is returned unchanged."""
    assert check_project_id(text) == text

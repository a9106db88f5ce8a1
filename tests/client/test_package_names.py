"""Folders that are packages: what belongs to them, what their files are called, in what order."""

import json
import subprocess
import unicodedata
from typing import Any

import pytest

from tests.client.generate import ROOT

MODULE = (ROOT / "client" / "src" / "package.js").as_uri()
SHOWN = (ROOT / "client" / "src" / "elements" / "packages.js").as_uri()


def ran(program: str, given: Any) -> Any:
    """What the program prints of `given`, with both modules."""
    source = f"""
      import * as made from '{MODULE}';
      import * as shown from '{SHOWN}';
      const given = {json.dumps(given)};
      const files = (paths) => paths.map((path) => (
        {{ name: path.split('/').pop(), webkitRelativePath: path.includes('/') ? path : '' }}));
      console.log(JSON.stringify({program}));
    """
    command = ["node", "--input-type=module", "-e", source]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def names(paths: list[str], title: str | None = None) -> list[str]:
    return list(
        ran(
            "made.inOrderOfNeed(files(given[0]), given[1]).flat().map(([, name]) => name)",
            [paths, title],
        )
    )


def test_what_systems_leave_in_folders_is_no_part_of_a_package() -> None:
    """Hidden files and folders, thumbnails, locks; a name that merely looks like one stays."""
    strays = [".DS_Store", "a/._1.ts", "Thumbs.db", "desktop.ini", "__MACOSX/1.ts", ".git/HEAD"]
    kept = ["a/1.ts", "a/thumbs.db.ts", "master.m3u8"]
    assert names([f"film/{name}" for name in [*strays, *kept]]) == sorted(kept)


@pytest.mark.parametrize(
    ("paths", "title", "expected"),
    [
        (["film/1.ts", "film/index.m3u8"], "film", ["1.ts", "film.m3u8"]),
        (["film/1.ts", "film/index.m3u8"], None, ["1.ts", "index.m3u8"]),
        (
            ["film/master.m3u8", "film/360.m3u8", "film/1.ts"],
            "film",
            ["1.ts", "360.m3u8", "film.master.m3u8"],
        ),
        # Which of them names the others cannot be told: all names stay.
        (["film/a.m3u8", "film/b.m3u8"], "film", ["b.m3u8", "a.m3u8"]),
        (["all/film/x/1.ts", "all/film/manifest.mpd"], "film", ["x/1.ts", "film.mpd"]),
        (["film/1.m4s", "film/main.mpd"], ".a/b?\u200e", ["1.m4s", "_a_b__.mpd"]),
    ],
)
def test_a_package_is_called_by_its_folder(
    paths: list[str], title: str | None, expected: list[str]
) -> None:
    """Its top playlist gets the name where nothing else can name that; pieces keep theirs."""
    assert names(paths, title) == expected


def test_names_of_a_mac_are_composed() -> None:
    """As the gateway takes them: é is one character."""
    decomposed = unicodedata.normalize("NFD", "café/é.m3u8")
    assert names([decomposed]) == ["é.m3u8"]
    assert ran("made.titleOf(files(given))", [decomposed]) == "café"


def test_a_folder_of_packages_is_many() -> None:
    """Each manifest has what lies around and below it; the rest goes up for itself."""
    paths = [
        *("all/notes.png", "all/one/master.m3u8", "all/one/360/i.m3u8", "all/one/360/1.ts"),
        *("all/two/index.m3u8", "all/two/1.ts", "all/lone/list.m3u8"),
    ]
    told = ran(
        "(({ files: rest, packages }) => [rest, ...packages].map((some) => "
        "some.map((file) => file.webkitRelativePath)))(made.grouped(files(given)))",
        paths,
    )
    assert told == [["all/notes.png", "all/lone/list.m3u8"], paths[1:4], paths[4:6]]


def test_people_see_the_name_of_a_package_and_not_of_its_manifest() -> None:
    """Except where that says nothing, as of those that a job put there."""
    paths = ["film.m3u8", "film.master.mpd", "master.m3u8", "notes.txt"]
    told = ran("given.map((name) => shown.nameOf({ path: `video/x/${name}` }))", paths)
    assert told == ["film", "film", "master.m3u8", "notes.txt"]


def test_only_what_lies_right_below_an_asset_id_stands_for_a_package() -> None:
    """As the gateway has it: others are deleted and restored as the files that they are."""
    folder = "video/01993a77-0000-7000-8000-000000000000"
    paths = [
        f"{folder}/film.m3u8",
        f"projects/p/{folder}/a.mpd",
        f"{folder}/x/a.m3u8",
        "video/a.m3u8",
    ]
    told = ran("given.map((path) => [shown.isPackage({ path }), shown.folderOf({ path })])", paths)
    assert told == [
        [True, folder],
        [True, f"projects/p/{folder}"],
        [False, folder],
        [False, "video/a.m3u8"],
    ]

"""The page's main journeys, the same in Chromium, Firefox and WebKit.

Those marked `whole` are left to `make browsers`; the others are in every run.
"""

from base64 import b64encode
from collections import Counter
from pathlib import Path

import pytest
import urllib3

from tests.e2e.conftest import CLIP
from tests.e2e.engines.person import CARD, SIZE_OF_PICTURE, Person
from tests.e2e.site import MIB
from tests.e2e.test_multipart import put_count, sent_parts
from tests.e2e.test_playback import PACKAGE, TYPES
from tests.stores.cors import CorsProxy
from tests.waiting import eventually

pytestmark = pytest.mark.browser

PARTS = Counter([1, 2, 3, 4, 5])


@pytest.fixture
def picture_file(tmp_path: Path, picture: bytes) -> Path:
    file = tmp_path / "logo.png"
    file.write_bytes(picture)
    return file


def film_of(folder: Path, parts: int = 5) -> Path:
    """So many parts, the last one smaller: the clip, and nothing after it."""
    film = folder / "film.mp4"
    clip = CLIP.read_bytes()
    film.write_bytes(clip + bytes(parts * 5 * MIB - 3 * MIB - len(clip)))
    return film


def test_a_film_goes_up_in_one_piece_and_plays(person: Person) -> None:
    """Sign in, one PUT, playback from the edge: byte for byte what was chosen."""
    person.upload(CLIP)
    [key] = person.site.stored_keys()
    assert person.site.stored(key) == CLIP.read_bytes()
    person.open("clip.mp4")
    film = person.play()
    assert film["src"].startswith(person.site.edge)
    assert 4.5 < film["duration"] < 5.5
    assert film["height"] > 0


def test_parts_survive_a_pause_and_a_reload(
    person: Person, line: CorsProxy, tmp_path: Path
) -> None:
    """Paused nothing moves; after a reload the file is chosen again and only the rest is sent."""
    film = film_of(tmp_path, parts=10)
    line.weather.bytes_per_second = 2 * MIB
    person.send(film)
    person.when_loaded(MIB)
    person.tab.click("Pause film.mp4")
    person.tab.see("Paused")
    paused = sent_parts(line)
    assert 0 < paused.total() == put_count(line) < 10
    person.tab.click("Resume film.mp4")
    assert eventually(lambda: put_count(line) > paused.total(), 30)
    person.tab.reload()
    person.tab.see("choose the file again to resume")
    line.weather.bytes_per_second = None
    person.upload(film)
    [key] = person.site.stored_keys()
    assert person.site.stored(key) == film.read_bytes()
    assert person.site.unfinished() == []
    # Beyond them, what was on the wire at the reload may go twice.
    assert all(sent_parts(line)[part] == 1 for part in paused)


@pytest.mark.whole
def test_a_package_goes_up_and_plays(person: Person) -> None:
    """A folder with HLS is one asset, called as the folder, and plays by the page's own player."""
    files = [file for file in PACKAGE.rglob("*") if file.suffix in TYPES]
    person.tab.run(
        """(files) => document.querySelector('#uploader').uploads.addPackage(
          files.map(([path, text]) => {
            const bytes = Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
            const file = new File([bytes], path.split('/').at(-1));
            return Object.defineProperty(file, 'webkitRelativePath', { value: path });
          }))""",
        [
            [f"holiday/{file.relative_to(PACKAGE)}", b64encode(file.read_bytes()).decode()]
            for file in files
        ],
    )
    person.tab.see("1 of 1 finished")
    assert len(person.site.stored_keys()) == len(files)
    person.open("holiday")
    assert person.play()["height"] in (90, 144)


@pytest.mark.whole
def test_links_are_copied(person: Person, picture_file: Path) -> None:
    """A signed link and a share: each is in the clipboard and gives the file without a sign-in."""
    tab = person.tab
    person.upload(picture_file)
    person.open("logo.png")
    tab.until(f"() => ({SIZE_OF_PICTURE})() === 96")
    for buttons, beginning in (
        (["Copy link"], person.site.edge),
        (["Dismiss", "Share", "Create link"], f"{person.site.gateway.url}/s/"),
    ):
        for button in buttons:
            person.press(button)
        tab.see("Link copied. It works until", ".toast")
        link = person.pasted()
        assert link.startswith(beginning)
        assert urllib3.request("GET", link).data == picture_file.read_bytes()


@pytest.mark.whole
def test_what_was_deleted_comes_back(person: Person, picture_file: Path) -> None:
    """Deleted it is gone from the store; undone or restored it is whole, after a reload as well."""
    tab = person.tab
    person.upload(picture_file)
    for undone in (True, False):
        person.open("logo.png")
        person.press("Delete")
        tab.miss("logo.png", CARD)
        tab.see("Undo", "button")
        assert person.site.stored_keys() == set()
        if undone:
            tab.click("Undo")
            tab.see("logo.png", CARD)
    tab.reload()
    tab.click("Deleted")
    tab.click("Restore logo.png")
    tab.see("Nothing was deleted.")
    tab.click("Files")
    tab.see("logo.png", CARD)
    [key] = person.site.stored_keys()
    assert person.site.stored(key) == picture_file.read_bytes()


@pytest.mark.whole
def test_a_refused_type_says_so(person: Person, tmp_path: Path) -> None:
    """In its row, without an offer to try again; nothing is stored."""
    file = tmp_path / "a.exe"
    file.write_bytes(b"MZ")
    person.send(file)
    person.tab.see("supported", "li")
    person.tab.miss("Try again", "button")
    assert person.site.stored_keys() == set()


@pytest.mark.whole
def test_offline_waits_and_goes_on_by_itself(
    person: Person, line: CorsProxy, tmp_path: Path
) -> None:
    """A row says that there is no connection; once there is one the file arrives, unasked."""
    film = film_of(tmp_path)
    line.weather.bytes_per_second = 4 * MIB
    person.send(film)
    person.when_loaded(2 * MIB)
    person.tab.offline(True)
    line.go_offline()
    person.tab.see("No connection")
    line.weather.bytes_per_second = None
    line.go_online()
    person.tab.offline(False)
    person.tab.see("1 of 1 finished")
    [key] = person.site.stored_keys()
    assert person.site.stored(key) == film.read_bytes()
    assert sum((sent_parts(line) - PARTS).values()) <= 1


@pytest.mark.whole
def test_a_session_survives_a_reload_and_ends(person: Person) -> None:
    """Signed out, a reload stays at the door; a wrong password is told in plain words."""
    tab = person.tab
    tab.reload()
    tab.see("Library", "h2")
    tab.click("Sign out")
    tab.see("Sign in", "h1")
    tab.reload()
    tab.type("Email", person.site.email)
    tab.type("Password", "Wrong-passw0rd!")
    tab.click("Sign in")
    tab.see("That email and password do not match.")

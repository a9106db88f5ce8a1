"""Marks that say who wrote."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.domain.actors import USER, Actor, ActorType
from app.domain.metadata import MARK, bare_mark, encode_metadata, marks_package, package_mark
from app.signing.marks import MAX_CLIENT_BYTES, ActorMarks, CopyMarks

KEY = "users/a/image/x/a.png"
MARKS = ActorMarks(["s" * 32])
clients = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)
others = st.sampled_from([ActorType.SERVICE, ActorType.ADMINISTRATOR, ActorType.REQUEST])


@given(others, clients, st.booleans())
def test_t61_what_is_sealed_is_read_again(kind: ActorType, client: str, in_package: bool) -> None:
    """T61: whoever it was, in a package too; a client that is too long is left out."""
    mark = package_mark("m" * 22) if in_package else "m" * 22
    sealed = MARKS.sign(mark, KEY, Actor(kind, client))
    kept = client if len(client.encode()) <= MAX_CLIENT_BYTES else ""
    assert MARKS.read(sealed, KEY) == Actor(kind, kept or None)
    assert (marks_package(sealed), bare_mark(sealed)) == (in_package, "m" * 22)
    assert encode_metadata({}, sealed)[MARK].isascii()
    assert len(sealed) < 300


@given(others, st.data())
def test_t61_no_other_mark_says_so(kind: ActorType, data: st.DataObject) -> None:
    """T61: changed in any character, under another key or secret: the user's."""
    sealed = MARKS.sign("m" * 22, KEY, Actor(kind, "farm"))
    at = data.draw(st.integers(0, len(sealed) - 1))
    changed = data.draw(st.characters(codec="ascii").filter(lambda c: c != sealed[at]))
    assert MARKS.read(sealed[:at] + changed + sealed[at + 1 :], KEY) == USER
    assert MARKS.read(sealed, KEY + "x") == USER
    assert ActorMarks(["f" * 32]).read(sealed, KEY) == USER
    assert ActorMarks(["f" * 32, "s" * 32]).read(sealed, KEY).type is kind


@given(st.text(max_size=60))
def test_any_mark_can_be_read(mark: str) -> None:
    """Whatever somebody stored under the mark's name is the user's, and no fault."""
    assert MARKS.read(mark, KEY) == USER


def test_users_marks_stay_short_and_copies_are_known_whoever_made_them() -> None:
    """S3 counts metadata, and a copy by a back end is one still."""
    marks = CopyMarks(["s" * 32])
    assert MARKS.sign("m" * 22, KEY, USER) == "m" * 22
    assert len(marks.make(KEY, 5, USER)) == 22
    made = marks.make(KEY, 5, Actor(ActorType.SERVICE, "farm"))
    assert marks.fits(made, KEY, 5) and marks.fits(package_mark(made), KEY, 5)
    assert MARKS.read(made, KEY) == Actor(ActorType.SERVICE, "farm")

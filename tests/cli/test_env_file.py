"""The environment's file, however it was written: read as python-dotenv and Docker read it."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from dotenv import dotenv_values
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.cli.env_file import read_env, write_env
from app.cli.files import FileError

KEY = "0123456789abcdef" * 2


@pytest.mark.parametrize(
    "text",
    [
        f"SECRET_KEY={KEY}\n",
        f"SECRET_KEY = {KEY} \n",
        f"export SECRET_KEY={KEY}\n",
        f'SECRET_KEY="{KEY}"\n',
        f"SECRET_KEY='{KEY}'\r\n",
        f"\ufeffSECRET_KEY={KEY}\n",
        f"# SECRET_KEY=another\nSECRET_KEY={KEY}",
        f"SECRET_KEY=another\nSECRET_KEY={KEY}\n",
    ],
)
def test_a_key_is_found_however_it_is_written(text: str, tmp_path: Path) -> None:
    """One that was overlooked would be made anew, and end every share and upload."""
    file = tmp_path / "gateway.env"
    file.write_text(text, newline="")
    assert read_env(file) == {"SECRET_KEY": KEY}
    write_env(file, {"SECRET_KEY": "anew", "PORT": "8000"})
    assert read_env(file) == {"SECRET_KEY": "anew", "PORT": "8000"}
    assert dotenv_values(file, encoding="utf-8-sig") == read_env(file)


NAMES = st.sampled_from(["SECRET_KEY", "PORT", "CORS_ORIGINS"])
TEXT = st.text("abcXYZ019=:/.,_-+", max_size=12)
LINES = st.one_of(
    st.builds("{}={}".format, NAMES, TEXT),
    st.builds("export {}={}".format, NAMES, TEXT),
    st.builds('{}="{}"'.format, NAMES, TEXT),
    st.builds("# {}={}".format, NAMES, TEXT),
    st.sampled_from(["", "# a comment"]),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(lines=st.lists(LINES, max_size=6), values=st.dictionaries(NAMES, TEXT, max_size=3))
def test_what_is_written_is_read_by_all_and_the_rest_stays(
    lines: list[str], values: dict[str, str], tmp_path: Path
) -> None:
    """Ours and python-dotenv agree before and after; what was not set keeps its value."""
    file = tmp_path / "gateway.env"
    file.write_text("\n".join(lines))
    before = read_env(file)
    assert before == dotenv_values(stream=StringIO(file.read_text()))
    write_env(file, values)
    assert read_env(file) == before | values == dotenv_values(stream=StringIO(file.read_text()))
    comments = [line for line in lines if line.startswith("#")]
    assert [line for line in file.read_text().splitlines() if line.startswith("#")] == comments


def test_a_file_that_cannot_be_used_is_a_message(tmp_path: Path) -> None:
    """No folder, no text: what it is, and which file."""
    with pytest.raises(FileError, match="No such file or directory"):
        write_env(tmp_path / "missing" / "gateway.env", {})
    binary = tmp_path / "binary"
    binary.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(FileError, match="binary: is no text"):
        read_env(binary)


def test_nothing_of_a_secret_is_left_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the file cannot be put in its place, its half is removed."""
    (tmp_path / "gateway.env").mkdir()
    with pytest.raises(FileError):
        write_env(tmp_path / "gateway.env", {"SECRET_KEY": KEY})
    assert [each.name for each in tmp_path.iterdir()] == ["gateway.env"]


def test_a_link_to_the_file_stays_one(tmp_path: Path) -> None:
    """Both names have the new values."""
    real, link = tmp_path / "real.env", tmp_path / "link.env"
    real.write_text("PORT=1\n")
    link.symlink_to(real)
    write_env(link, {"PORT": "2"})
    assert link.is_symlink()
    assert read_env(real) == {"PORT": "2"}

"""The installer on machines unlike this one: what it asks for, what it says, what it survives."""

from pathlib import Path

import pytest

from tests.stores import install

ABSENT = install.Program(("absent-program",), "absent-package", "tests")

# Stands for apt-get on a machine whose lists were never fetched, one source of which is broken.
APT_GET = """\
#!/bin/sh
echo "$*" >> {log}
case "$*" in
  *update*) : > {lists}; exit 100;;
  *install*) test -e {lists} || exit 100
    printf '#!/bin/sh\\n' > {bin}/absent-program; /bin/chmod +x {bin}/absent-program;;
esac
"""


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine where nothing is installed but what the test puts into the folder."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("os.geteuid", lambda: 0)
    return tmp_path


def put_apt_get(machine: Path, script: str) -> Path:
    log = machine / "log"
    program = machine / "apt-get"
    program.write_text(script.format(log=log, lists=machine / "lists", bin=machine))
    program.chmod(0o755)
    return log


def test_without_apt_every_missing_program_is_named(machine: Path) -> None:
    """Where nothing can be installed, a person reads what is missing and what it is for."""
    with pytest.raises(install.InstallError, match=r"absent-program \(Debian: absent-package\)"):
        install.install_programs([ABSENT])


def test_ordinary_user_is_told_rather_than_refused(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without root apt-get is not even tried."""
    log = put_apt_get(machine, APT_GET)
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    with pytest.raises(install.InstallError):
        install.install_programs([ABSENT])
    assert not log.exists()


def test_lists_are_fetched_and_a_broken_source_does_no_harm(machine: Path) -> None:
    """The first try fails for want of lists; the update fails in part; the second try decides."""
    log = put_apt_get(machine, APT_GET)
    install.install_programs([ABSENT])
    assert not ABSENT.missing()
    assert [line.split("Timeout=300 ")[1] for line in log.read_text().splitlines()] == [
        "install -y --no-install-recommends absent-package",
        "update",
        "install -y --no-install-recommends absent-package",
    ]


def test_what_apt_said_is_shown(machine: Path) -> None:
    """When apt-get cannot, its words and the missing programs are both there."""
    put_apt_get(machine, "#!/bin/sh\necho no space left\nexit 100\n")
    with pytest.raises(install.InstallError, match=r"(?s)no space left.*absent-program"):
        install.install_programs([ABSENT])


def test_present_programs_are_left_alone(machine: Path) -> None:
    """A program that is there, from wherever, needs no package."""
    log = put_apt_get(machine, APT_GET)
    install.install_programs([install.Program(("other", "apt-get"), "p", "nothing")])
    assert not log.exists()


def test_stamp_changes_with_the_pins(tmp_path: Path) -> None:
    """Other pins make another stamp, so the environment is made anew; the same ones do not."""
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("a==1\n")
    first = install.stamp_of(requirements)
    assert install.stamp_of(requirements) == first
    requirements.write_text("a==2\n")
    assert install.stamp_of(requirements) != first


def test_a_system_without_an_engine_is_told_and_gets_the_others(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each engine is asked for by itself: one that apt-get does not know keeps no other away."""
    log = put_apt_get(machine, APT_GET)
    unheard_of = install.Program(("/nowhere/*/plugin.so",), "unheard-of", "journeys")
    monkeypatch.setattr(install, "ENGINES", (unheard_of, ABSENT))
    with pytest.raises(install.InstallError, match="unheard-of") as told:
        install.install_engines()
    assert "absent-package" not in str(told.value)
    assert not ABSENT.missing()
    assert "unheard-of absent-package" not in log.read_text()

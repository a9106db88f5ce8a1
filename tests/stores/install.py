"""Install what the tests run against, on a fresh machine: `python -m tests.stores.install`.

System programs (Redis, Chromium, Node.js) come from Debian's packages when this runs as root there;
elsewhere they are named and the exit code is 1. So do Firefox and WebKit, but without them only
their journeys are skipped, as WebKit's build for Linux is not to be had everywhere; `--engines`
insists on them. The stores come from PyPI into environments of
their own under `.stores/`, since they pin what the gateway must not be bound to; what browsers, the
type checker and the examples take from npm goes into `.stores/npm` and `.stores/examples`, as lock
files pin it. Done again it does nothing, in a blink. Standard library only: it runs before anything
is installed.
"""

import contextlib
import fcntl
import glob
import hashlib
import os
import shutil
import subprocess
import sys
import time
import venv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

HERE = Path(__file__).parent
STORES = HERE.parents[1] / ".stores"
#: What is installed from npm, by its folder in `.stores`: bundlers bring a binary for each system,
#: which the others can do without.
NPM_PROJECTS = {
    "npm": HERE.parent / "npm",
    "examples": HERE.parent / "e2e" / "examples" / "npm",
}

# What a package without a wheel for this machine is compiled with.
BUILD_PACKAGES = ("gcc", "libc6-dev", "python3-dev", "liberasurecode-dev")


class InstallError(Exception):
    """Something could not be installed; the message is what a person should read."""


@dataclass(frozen=True)
class Program:
    """A program of the system: any of the commands will do; Debian has it in `package`.

    What is no command is given by its path, a glob.
    """

    commands: tuple[str, ...]
    package: str
    purpose: str

    def missing(self) -> bool:
        return not any(shutil.which(name) or glob.glob(name) for name in self.commands)


PROGRAMS = (
    Program(("redis-server",), "redis-server", "rate limits shared by several processes"),
    Program(("chromium", "chromium-browser", "google-chrome"), "chromium", "browser tests"),
    Program(("node", "nodejs"), "nodejs", "browser tests of npm packages"),
    Program(("npm",), "npm", "browser tests of npm packages"),
    Program(("promtool",), "prometheus", "tests of the alert rules"),
    Program(("ffmpeg",), "ffmpeg", "the pipeline example"),
    Program(("curl",), "curl", "the quickstart's examples"),
    Program(("jq",), "jq", "the quickstart's examples"),
)
#: What the journeys in every engine take beside Chromium itself.
ENGINES = (
    Program(("chromedriver",), "chromium-driver", "journeys in Chromium"),
    Program(("firefox-esr", "firefox"), "firefox-esr", "journeys in Firefox"),
    Program(("WebKitWebDriver",), "webkit2gtk-driver", "journeys in WebKit"),
    Program(("Xvfb",), "xvfb", "a screen for WebKit"),
    *(
        Program(
            tuple(f"/usr/lib*/{place}gstreamer-1.0/libgst{plugin}.so" for place in ("", "*/")),
            package,
            "video in WebKit",
        )
        for plugin, package in (
            ("playback", "gstreamer1.0-plugins-base"),
            ("isomp4", "gstreamer1.0-plugins-good"),
            ("mpegtsdemux", "gstreamer1.0-plugins-bad"),
            ("libav", "gstreamer1.0-libav"),
        )
    ),
)


def say(text: str) -> None:
    print(f"stores: {text}", flush=True)


def run(command: Sequence[str], environ: dict[str, str] | None = None) -> str | None:
    """None when the command succeeds, else what it printed."""
    result = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, **(environ or {})},
    )
    return result.stdout if result.returncode else None


def can_apt() -> bool:
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def apt_install(packages: Sequence[str]) -> str | None:
    """None when the packages are there, else what apt-get printed.

    The lists may never have been fetched, or be so old that the packages are gone: then they are
    fetched. Another source that is broken makes that fail, yet may leave all that is needed, so
    only the second installation judges.
    """
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    apt = ["apt-get", "-q", "-o", "DPkg::Lock::Timeout=300"]
    install = [*apt, "install", "-y", "--no-install-recommends", *packages]
    if run(install, quiet) is None:
        return None
    run([*apt, "update"], quiet)
    return run(install, quiet)


def install_programs(programs: Sequence[Program] = PROGRAMS) -> None:
    """Raises InstallError naming each program that is still missing."""
    missing = [program for program in programs if program.missing()]
    if not missing:
        return
    packages = [program.package for program in missing]
    reason = ""
    if can_apt():
        say(f"apt-get install {' '.join(packages)}")
        reason = apt_install(packages) or ""
        missing = [program for program in missing if program.missing()]
    if missing:
        lines = [f"  {p.commands[0]} (Debian: {p.package}), for {p.purpose}" for p in missing]
        raise InstallError("\n".join([reason, "these programs are missing:", *lines]).strip())


def install_engines() -> None:
    """Each apart, so that one that a system lacks keeps no other away; raises InstallError."""
    failures = []
    for program in ENGINES:
        try:
            install_programs([program])
        except InstallError as error:
            failures.append(str(error))
    if failures:
        raise InstallError("\n".join(failures))


def stamp_of(requirements: Path) -> str:
    """Changes with the pins and with the Python that the environment is bound to."""
    text = f"{requirements.read_text()}{sys.version}{os.path.realpath(sys.executable)}"
    return hashlib.sha256(text.encode()).hexdigest()


def pip_install(python: Path, requirements: Path) -> None:
    """Raises InstallError with pip's words."""
    pip = [str(python), "-m", "pip", "install", "-q", "--no-input", "--disable-pip-version-check"]
    wanted = ["-r", str(requirements)]
    if run([*pip, "--only-binary=:all:", *wanted]) is None:
        return
    if can_apt():
        say(f"no wheels for this machine: apt-get install {' '.join(BUILD_PACKAGES)}")
        apt_install(BUILD_PACKAGES)
    failure = run([*pip, *wanted])
    if failure is not None:
        raise InstallError(
            f"{failure}\n{requirements.name} could not be installed; to compile what has no wheel "
            f"it takes (Debian's names): {' '.join(BUILD_PACKAGES)}"
        )


def install_store(name: str) -> None:
    """Make `.stores/NAME` what `requirements-NAME.txt` says; raises InstallError."""
    requirements = HERE / f"requirements-{name}.txt"
    home = STORES / name
    stamp = home / "installed"
    expected = stamp_of(requirements)
    if stamp.exists() and stamp.read_text() == expected:
        return
    say(f"installing {name} into {home.relative_to(STORES.parent)} …")
    started = time.monotonic()
    venv.create(home, clear=True, with_pip=True)
    pip_install(home / "bin" / "python", requirements)
    stamp.write_text(expected)
    say(f"{name} installed in {time.monotonic() - started:.0f} s")


def install_npm(name: str) -> None:
    """Make `.stores/NAME` what the lock file of its project says; raises InstallError.

    No package's own scripts run. The folder is the project's copy, so that `npm ci` writes nothing
    into the checkout.
    """
    project = NPM_PROJECTS[name]
    files = [project / file for file in ("package.json", "package-lock.json", ".npmrc")]
    home = STORES / name
    stamp = home / "installed"
    expected = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
    if stamp.exists() and stamp.read_text() == expected:
        return
    say(f"installing npm packages into {home.relative_to(STORES.parent)} …")
    started = time.monotonic()
    home.mkdir(exist_ok=True)
    stamp.unlink(missing_ok=True)
    for file in files:
        shutil.copy(file, home)
    failure = run(["npm", "ci", "--ignore-scripts", "--prefix", str(home)])
    if failure is not None:
        raise InstallError(failure)
    stamp.write_text(expected)
    say(f"npm packages of {name} installed in {time.monotonic() - started:.0f} s")


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Two runs at once would clear each other's environments."""
    STORES.mkdir(exist_ok=True)
    with (STORES / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def main(*, insist_on_engines: bool = False) -> int:
    steps: list[Callable[[], None]] = [install_programs]
    steps += [partial(install_store, name) for name in ("swift", "juicefs")]
    steps += [partial(install_npm, name) for name in NPM_PROJECTS]
    failures: list[str] = []
    with alone():
        for step in [*steps, install_engines]:
            try:
                step()
            except InstallError as error:
                if step is install_engines and not insist_on_engines:
                    say(f"{error}\nWithout them their journeys are skipped.")
                else:
                    failures.append(str(error))
    for failure in failures:
        say(failure)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(insist_on_engines="--engines" in sys.argv))

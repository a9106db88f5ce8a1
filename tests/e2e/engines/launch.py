"""Starts each engine with a profile of its own in a temporary folder, and ends it whole."""

import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from devstack.process import HOST, free_port, wait_until_answers
from tests.e2e.conftest import CHROMIUM_FLAGS
from tests.e2e.engines.tab import Tab
from tests.e2e.engines.wires import HttpDriver, Marionette
from tests.stores import install
from tests.waiting import eventually

MINI_BROWSERS = "/usr/lib/*/webkit2gtk-4.*/MiniBrowser"
START_SECONDS = 60
#: A store behind TLS has a certificate that nobody signed.
TRUSTING = {"acceptInsecureCerts": True}
FIREFOX_PREFERENCES: dict[str, str | int | bool] = {
    # Nothing is asked of Mozilla, there is no first page, and a page may play by itself.
    "app.update.enabled": False,
    "app.normandy.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.page": 0,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "extensions.update.enabled": False,
    "media.autoplay.default": 0,
    "media.gmp-manager.updateEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "data:,#remote-settings-dummy/v1",
    "toolkit.telemetry.reportingpolicy.firstRun": False,
}


@contextmanager
def process(
    command: list[str], folder: Path, **environment: str
) -> Iterator[subprocess.Popen[Any]]:
    """A process whose children end with it; what it says is in `folder`."""
    homes = {name: str(folder) for name in ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME")}
    with (folder / "log").open("ab") as log:
        started = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=os.environ | homes | {"XDG_DATA_HOME": str(folder)} | environment,
            start_new_session=True,
        )
    try:
        yield started
    finally:
        for sign in (signal.SIGTERM, signal.SIGKILL):
            # The group is this process' own: it was started as its leader.
            try:
                os.killpg(started.pid, sign)
            except ProcessLookupError:
                break
            try:
                started.wait(5)
            except subprocess.TimeoutExpired:
                continue
        started.wait()


def program(name: str, *others: str) -> str:
    found = next(filter(None, map(shutil.which, (name, *others))), None)
    assert found, f"{name} is missing"
    return found


@contextmanager
def chromium(folder: Path) -> Iterator[Tab]:
    port = free_port()
    options = {
        "binary": program("chromium", "chromium-browser", "google-chrome"),
        "args": ["--headless=new", f"--user-data-dir={folder / 'profile'}", *CHROMIUM_FLAGS],
    }
    with _over_http([program("chromedriver"), f"--port={port}"], folder, port) as session:
        driver = session(TRUSTING | {"goog:chromeOptions": options})

        def cut(gone: bool) -> None:
            conditions = {"offline": gone, "latency": 0, "throughput": -1}
            driver.extend("chromium/network_conditions", {"network_conditions": conditions})

        yield Tab(driver, cut)
        driver.end()


@contextmanager
def webkit(folder: Path) -> Iterator[Tab]:
    """MiniBrowser of WebKitGTK, on a screen of its own."""
    port = free_port()
    binary = next(iter(sorted(Path("/").glob(MINI_BROWSERS[1:]))), None)
    assert binary, "MiniBrowser is missing"
    options = {"binary": str(binary), "args": ["--automation", "--autoplay-policy=allow"]}
    driving = [program("WebKitWebDriver"), f"--port={port}", f"--host={HOST}"]
    with _screen(folder) as display, _over_http(driving, folder, port, DISPLAY=display) as session:
        wanted = {"browserName": "MiniBrowser", "webkitgtk:browserOptions": options}
        driver = session(TRUSTING | wanted)
        tab = Tab(driver)
        yield tab
        driver.end()


@contextmanager
def firefox(folder: Path) -> Iterator[Tab]:
    profile = folder / "profile"
    profile.mkdir()
    port = free_port()
    preferences = FIREFOX_PREFERENCES | {"marionette.port": port}
    lines = [f"user_pref({_js(name)}, {_js(value)});" for name, value in preferences.items()]
    (profile / "user.js").write_text("\n".join(lines))
    command = [program("firefox-esr", "firefox"), "--headless", "--no-remote", "--marionette"]
    command += ["--remote-allow-system-access", "--profile", str(profile)]
    with process(command, folder, MOZ_CRASHREPORTER_DISABLE="1") as running:
        driver = _when_it_listens(running, lambda: Marionette(port, TRUSTING))

        def cut(gone: bool) -> None:
            driver.ask("Marionette:SetContext", {"value": "chrome"})
            script = "Services.io.offline = arguments[0];"
            driver.ask("WebDriver:ExecuteScript", {"script": script, "args": [gone]})
            driver.ask("Marionette:SetContext", {"value": "content"})

        yield Tab(driver, cut)
        driver.end()


ENGINES = {"chromium": chromium, "firefox": firefox, "webkit": webkit}


def missing(engine: str) -> list[str]:
    """The programs that the engine takes and this machine lacks."""
    return [
        program.commands[0]
        for program in install.ENGINES
        if engine in program.purpose.lower() and program.missing()
    ]


def _js(value: str | int | bool) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value).lower()


def _when_it_listens(
    running: subprocess.Popen[Any], connect: Callable[[], Marionette]
) -> Marionette:
    found: list[Marionette] = []

    def attempt() -> bool:
        assert running.poll() is None, "Firefox ended before it could be driven"
        try:
            found.append(connect())
        except ConnectionError:
            return False
        return True

    assert eventually(attempt, START_SECONDS), "Firefox cannot be driven"
    return found[0]


@contextmanager
def _over_http(
    command: list[str], folder: Path, port: int, **environment: str
) -> Iterator[Callable[[dict[str, Any]], HttpDriver]]:
    with process(command, folder, **environment) as running:
        address = f"http://{HOST}:{port}"
        wait_until_answers(f"{address}/status", alive=lambda: running.poll() is None)
        yield lambda wanted: HttpDriver(address, wanted)


@contextmanager
def _screen(folder: Path) -> Iterator[str]:
    """A virtual screen; its number is what X itself found free."""
    read, write = os.pipe()
    command = [program("Xvfb"), "-displayfd", str(write), "-screen", "0", "1280x900x24"]
    command += ["-nolisten", "tcp"]
    with os.fdopen(read) as said:
        started = subprocess.Popen(
            command,
            pass_fds=[write],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        os.close(write)
        try:
            number = said.readline().strip()
            assert number, "Xvfb ended before it had a screen"
            yield f":{number}"
        finally:
            started.terminate()
            started.wait()

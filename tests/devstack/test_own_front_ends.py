"""``make dev ORIGIN=…``: whom it lets in, what it prints, what stays from start to start."""

from __future__ import annotations

import json
import stat
import subprocess
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import urllib3

from devstack import run
from devstack.kept import Kept
from devstack.origins import own_origins
from devstack.run import ROOT, Ports, main, table
from tests.devstack.dev import Dev, running_dev
from tests.devstack.test_run import PORTS

VITE, NEXT, STRANGER = "http://localhost:5173", "http://localhost:3001", "https://evil.example.com"


def test_origins_are_separated_by_commas() -> None:
    """Spaces and repetition do not matter; none is none."""
    assert own_origins({"ORIGIN": f" {VITE}, {NEXT},{VITE},"}, []) == [VITE, NEXT]
    assert own_origins({"ORIGIN": "capacitor://localhost"}, []) == ["capacitor://localhost"]
    assert own_origins({"ORIGIN": ""}, []) == own_origins({}, []) == []


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("localhost:5173", "exact origins"),
        ("5173", "exact origins"),
        ("*", "exact origins"),
        ("http://localhost:*", "exact origins"),
        (f"{VITE}/", f"did you mean {VITE}?"),
        (f"{VITE}/app", "paths are refused"),
        ("HTTP://localhost:5173", "exact origins"),
        ("http://localhost:80", "without the default port"),
        ("http://localhost:99999", "exact origins"),
        ("null", "exact origins"),
        (f"{VITE} {NEXT}", "exact origins"),
        (f"{VITE},javascript:alert(1)", "exact origins"),
        (f"{VITE}\r\nX: y", "exact origins"),
        ("localhost:5173", f"did you mean {VITE}?"),
        ("5173", f"did you mean {VITE}?"),
        (":5173", f"did you mean {VITE}?"),
        (f"{VITE}/app?x#y", f"did you mean {VITE}?"),
        ("HTTP://LocalHost:5173/", f"did you mean {VITE}?"),
        (f"'{VITE}'", f"did you mean {VITE}?"),
        ("http:/localhost:5173", f"did you mean {VITE}?"),
        ("http://localhost:05173", f"did you mean {VITE}?"),
        ("http://localhost:80", "did you mean http://localhost?"),
        (f"{VITE} {NEXT}", "separate several by commas"),
        (f"{VITE};{NEXT}", "separate several by commas"),
    ],
)
def test_what_is_no_origin_is_named(value: str, told: str) -> None:
    """The variable, the value at fault, and what is wrong with it."""
    with pytest.raises(ValueError, match="ORIGIN") as caught:
        own_origins({"ORIGIN": value}, [])
    assert told in str(caught.value)


@pytest.mark.parametrize("value", ["*", "null", "http://*:5173", "file://", "http://a:99999", "x"])
def test_nothing_is_guessed_of_what_could_be_anything(value: str) -> None:
    """A suggestion is an origin, and one that was nearly written."""
    with pytest.raises(ValueError, match="exact origins") as caught:
        own_origins({"ORIGIN": value}, [])
    assert "did you mean" not in str(caught.value)


def test_an_address_of_the_stacks_own_is_refused() -> None:
    """Next.js' usual port is the demo page's: said at once, with the way out."""
    taken = Ports.from_env({}).addresses()
    with pytest.raises(ValueError, match=r"http://localhost:3000.* PAGE_PORT"):
        own_origins({"ORIGIN": "http://localhost:3000"}, taken)


def test_a_bad_origin_ends_the_start_at_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is started; the status is that of wrong usage."""
    monkeypatch.setenv("ORIGIN", "localhost:5173")
    assert main() == 2
    assert "ORIGIN 'localhost:5173'" in capsys.readouterr().err


def test_make_passes_the_variable_on() -> None:
    """``make dev ORIGIN=…`` as people type it: the runner says what it does not like."""
    command = ["make", "--no-print-directory", "-o", ".venv/ready", "dev", "ORIGIN=localhost:5173"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "ORIGIN 'localhost:5173'" in done.stderr


def test_secrets_are_kept_for_their_owner_alone(tmp_path: Path) -> None:
    """One file, that nobody else reads, and the same again."""
    path = tmp_path / "run" / "kept.json"
    first = Kept.at(path)
    assert Kept.at(path) == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [child.name for child in path.parent.iterdir()] == ["kept.json"]
    for secret in (first.password, first.secret_key, first.webhook_secret, first.edge.private_key):
        assert secret not in repr(first)


def test_two_first_starts_at_once_agree(tmp_path: Path) -> None:
    """Whoever is first decides for both."""
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(Kept.at, [tmp_path / "kept.json"] * 4))
    assert found.count(found[0]) == 4


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"password": "x"}'])
def test_a_spoilt_file_is_named(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    text: str,
) -> None:
    """What is kept is never guessed: the file is named, and what to do about it."""
    path = tmp_path / "kept.json"
    path.write_text(text)
    monkeypatch.setattr(run, "KEPT", path)
    assert main() == 2
    assert f"{path} cannot be read; remove it" in capsys.readouterr().err


def test_the_file_is_not_of_the_repository() -> None:
    """Git ignores it."""
    done = subprocess.run(["git", "check-ignore", "-q", str(run.KEPT)], cwd=ROOT, check=False)
    assert done.returncode == 0


def test_without_an_origin_only_the_page_is_let_in(tmp_path: Path) -> None:
    """The table gives the store the page's origins, and what was asked for besides."""
    ports = Ports.from_env(PORTS)
    [store] = [row for row in table(ports, tmp_path) if row.name == "store"]
    assert store.env["STORE_ORIGINS"] == ",".join(ports.origins())
    [store] = [row for row in table(ports, tmp_path, [VITE]) if row.name == "store"]
    assert store.env["STORE_ORIGINS"] == ",".join([*ports.origins(), VITE])


@pytest.fixture(scope="module")
def dev() -> Iterator[Dev]:
    with running_dev(ORIGIN=f"{VITE},{NEXT}") as dev:
        yield dev


def preflight(url: str, origin: str, method: str) -> urllib3.BaseHTTPResponse:
    asked = {"Origin": origin, "Access-Control-Request-Method": method}
    asked["Access-Control-Request-Headers"] = "content-type"
    return urllib3.request("OPTIONS", url, headers=asked, retries=False)


@pytest.mark.parametrize("part", ["gateway", "bucket", "cognito", "edge", "events"])
def test_own_front_ends_are_let_in_everywhere(dev: Dev, part: str) -> None:
    """Each origin that was asked for gets its own name back; a stranger gets none."""
    at = {name: f"http://127.0.0.1:{port}" for name, port in vars(dev.ports).items()}
    url, method = {
        "gateway": (f"{at['gateway']}/v1/uploads", "POST"),
        "bucket": (f"{at['store']}/asset-gateway-dev/users/a/image/a.png", "PUT"),
        "cognito": (f"{at['store']}/", "POST"),
        "edge": (f"{at['edge']}/users/a/image/a.png", "GET"),
        "events": (f"{at['receiver']}/events.json", "GET"),
    }[part]
    for origin in (VITE, NEXT, STRANGER):
        if part == "events":
            answer = urllib3.request(method, url, headers={"Origin": origin}, retries=False)
        else:
            answer = preflight(url, origin, method)
        allowed = answer.headers.get("access-control-allow-origin")
        assert allowed == (None if origin == STRANGER else origin)


def env_file(banner: str, prefix: str) -> dict[str, str]:
    pairs = (line.split("|")[-1].strip().partition("=") for line in banner.splitlines())
    return {name: value for name, _, value in pairs if name.startswith(prefix)}


def test_the_front_ends_settings_are_printed(dev: Dev) -> None:
    """Of Next.js and of Vite alike, printed and served: what they say is what the page is told."""
    url = f"http://127.0.0.1:{dev.ports.page}/config.json"
    config = json.loads(urllib3.request("GET", url).data)
    cognito = config["cognito"]
    expected = {
        "API_URL": config["gateway"],
        "AWS_REGION": cognito["region"],
        "COGNITO_USER_POOL_ID": cognito["userPoolId"],
        "COGNITO_CLIENT_ID": cognito["clientId"],
        "COGNITO_ENDPOINT": cognito["endpoint"],
    }
    for prefix, name in (("NEXT_PUBLIC_", "next"), ("VITE_", "vite")):
        assert env_file(dev.banner, prefix) == {prefix + n: v for n, v in expected.items()}
        served = urllib3.request("GET", f"http://127.0.0.1:{dev.ports.page}/{name}.env")
        assert served.headers["Cache-Control"] == "no-store"
        assert env_file(served.data.decode(), prefix) == env_file(dev.banner, prefix)


def test_ids_keys_and_password_stay_from_start_to_start(dev: Dev) -> None:
    """Another start, on other ports: the same pool, client, demo user, keys and password.

    So a token of the one start is good at the next.
    """
    tokens: list[str] = []

    def facts(dev: Dev) -> list[object]:
        config = urllib3.request("GET", f"http://127.0.0.1:{dev.ports.page}/config.json").json()
        cognito = config["cognito"]
        jwks = f"{cognito['endpoint']}/{cognito['userPoolId']}/.well-known/jwks.json"
        stack = json.loads((ROOT / ".run" / str(dev.ports.store) / "stack.json").read_text())
        names = ("CLOUDFRONT_KEY_PAIR_ID", "CLOUDFRONT_PRIVATE_KEY", "SECRET_KEY", "WEBHOOK_SECRET")
        kept = [stack["environment"][name] for name in names]
        key = urllib3.request("GET", jwks).json()
        demo = config["demo"]
        flow = {"AuthFlow": "USER_PASSWORD_AUTH", "ClientId": cognito["clientId"]}
        person = {"USERNAME": demo["username"], "PASSWORD": demo["password"]}
        signed_in = urllib3.request(
            "POST",
            cognito["endpoint"],
            json={**flow, "AuthParameters": person},
            headers={
                "Content-Type": "application/x-amz-json-1.1",
                "X-Amz-Target": "AWSCognitoIdentityProviderService.InitiateAuth",
            },
        ).json()
        token = signed_in["AuthenticationResult"]["AccessToken"]
        tokens.append(token)
        sub = json.loads(urlsafe_b64decode(token.split(".")[1] + "=="))["sub"]
        return [cognito["userPoolId"], cognito["clientId"], demo, sub, key, *kept]

    def caller(dev: Dev, token: str) -> object:
        url = f"http://127.0.0.1:{dev.ports.gateway}/v1/me"
        headers = {"Authorization": f"Bearer {token}"}
        return urllib3.request("GET", url, headers=headers).json()["sub"]

    with running_dev() as again:
        assert facts(again) == facts(dev)
        assert caller(again, tokens[1]) == caller(dev, tokens[0])
        assert "ORIGIN=http://localhost:5173" in again.banner
        assert env_file(again.banner, "VITE_") == {}

"""All ways to deploy are of one mind, or say why not; and `docs/deploy.md` shows it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import pytest

from app.api.documentation import VERSION
from app.cli.stack_changes import Found
from app.cli.stack_environment import gateway_environment, kept_secrets
from app.events.webhooks import MAX_ANSWER_SECONDS, TOTAL_SECONDS
from app.s3 import client
from config import Settings
from tests.docs.pages import DOCS, held
from tests.infra.deployments import (
    PROCFILE,
    REQUIRED,
    ROOT,
    UNITS,
    all_ways,
    machine_commands,
    release_tags,
    unit,
)
from tests.infra.templates import INFRA, load
from tests.infra.terraform import MODULE, blocks

_PORT = Settings.__dataclass_fields__["port"].metadata["default"]
_IMAGE = "the image's own"
_MINOR = (ROOT / ".python-version").read_text().strip()
#: Fact -> what all ways say of it, and who leaves it out, with why.
AGREED: dict[str, tuple[object, dict[str, str]]] = {
    "web: command": (
        PROCFILE["web"],
        dict.fromkeys(("Compose", "Kubernetes", "`docker run`"), _IMAGE),
    ),
    "web: port": (
        _PORT,
        {**dict.fromkeys(("Render", "Railway"), "they set `PORT`"), "systemd": "the default"},
    ),
    "web: `PORT`": (
        _PORT,
        {
            "image": "its port, above",
            **dict.fromkeys(("Render", "Railway"), "they set it"),
            **dict.fromkeys(("`docker run`", "systemd"), "your file's"),
        },
    ),
    "web: listens on": (
        "127.0.0.1",
        {
            **dict.fromkeys(("Render", "Railway", "Kubernetes"), "their own network is before it"),
            "image": "whoever runs it says",
            "systemd": "all addresses, behind your firewall",
        },
    ),
    "web: image": (
        "asset-gateway",
        {
            "image": "it has no name of its own",
            "Render": "without an image",
            "Railway": "builds it",
            "systemd": "without an image",
        },
    ),
    "web: restarts by": (
        "/healthz",
        {
            **dict.fromkeys(("Compose", "`docker run`"), _IMAGE),
            "Railway": "by the process' end",
            "systemd": "by the process' end",
        },
    ),
    "web: opens by": (
        "/readyz",
        {
            **dict.fromkeys(("image", "Compose", "`docker run`"), "Docker has no such gate"),
            "Render": "its one check restarts as well",
            "systemd": "has no such gate",
        },
    ),
    "web: replicas": (
        2,
        dict.fromkeys(("image", "Compose", "`docker run`", "systemd"), "one on one machine"),
    ),
    "web: processes": (
        2,
        {
            **dict.fromkeys(("Railway", "Compose", "`docker run`"), _IMAGE),
            "systemd": "the machine's cores",
        },
    ),
    "web: TRUSTED_PROXIES": (
        1,
        dict.fromkeys(("image", "Compose", "`docker run`"), "0 until you put a proxy before it"),
    ),
    "web: seconds to end": (40, {"image": "whoever runs it says"}),
    "worker: command": (PROCFILE["worker"], {"image": "the web's"}),
    "worker: image": (
        "asset-gateway",
        {
            "image": "it has no name of its own",
            "Render": "without an image",
            "Railway": "builds it",
            "systemd": "without an image",
        },
    ),
    "worker: port": (
        int(PROCFILE["worker"].rpartition(" ")[2]),
        dict.fromkeys(
            ("image", "Render", "Railway", "`docker run`", "systemd"), "in the command alone"
        ),
    ),
    "worker: restarts by": (
        "/healthz",
        {
            "image": "its check asks the web",
            **dict.fromkeys(("Render", "Railway"), "workers have no such check there"),
            **dict.fromkeys(("`docker run`", "systemd"), "by the process' end"),
        },
    ),
    "worker: replicas": (
        1,
        dict.fromkeys(("image", "Compose", "`docker run`", "systemd"), "one on one machine"),
    ),
    "worker: seconds to end": (60, {"image": "whoever runs it says"}),
    "redis: evicts": (
        "noeviction",
        {
            "image": "has none",
            "Railway": "Redis' own default",
            **dict.fromkeys(
                ("Kubernetes", "`docker run`", "systemd"), "yours; `flask doctor` asks"
            ),
        },
    ),
    "python": (
        _MINOR,
        {
            **dict.fromkeys(("Railway", "Compose", "Kubernetes", "`docker run`"), _IMAGE),
            "systemd": "3.11 or newer",
        },
    ),
}
#: What the stack decides, and Render does not ask for.
NOT_ASKED = {
    "S3_REGION": "the bucket is in AWS_REGION",
    **dict.fromkeys(
        ("CLOUDFRONT_DOMAIN", "CLOUDFRONT_KEY_PAIR_ID", "CLOUDFRONT_DISTRIBUTION_ID"),
        "of an edge that may be left out: the page has them added",
    ),
    **dict.fromkeys(
        ("ADMIN_GROUP", "S3_ACCELERATE", "S3_UPLOAD_ROLE_ARN", "SERVICE_SCOPE"),
        "of options that are off by default",
    ),
}
WAYS = all_ways()


@pytest.mark.parametrize("way", WAYS)
def test_each_way_says_what_all_say(way: str) -> None:
    """Commands, ports, probes, replicas, grace periods; what is left out has its reason."""
    said = {fact: value for fact, value in WAYS[way].items() if fact != "settings"}
    agreed = {fact: value for fact, (value, out) in AGREED.items() if way not in out}
    assert said == agreed


def test_every_way_to_deploy_is_compared() -> None:
    """Each heading of the page that is one has its column, and no reason is of a way unknown."""
    page = (DOCS / "deploy.md").read_text()
    headings = re.findall(r"^## (.+)$", page, re.M)
    named = {"Docker Compose": "Compose", "A container anywhere": "`docker run`"}
    named["A machine of your own"] = "systemd"
    before = headings[: headings.index("What all of them share")]
    assert [named.get(heading, heading) for heading in before] == [
        way for way in WAYS if way != "image"
    ]
    for _, left_out in AGREED.values():
        assert left_out.keys() <= WAYS.keys()


def test_shutdown_is_given_the_time_it_takes() -> None:
    """Longer than gunicorn lets requests end, and than one message takes at its worst."""
    conf = (ROOT / "gunicorn.conf.py").read_text()
    [graceful] = map(int, re.findall(r"^graceful_timeout = (\d+)", conf, re.M))
    web, worker = AGREED["web: seconds to end"][0], AGREED["worker: seconds to end"][0]
    assert isinstance(web, int)
    assert isinstance(worker, int)
    assert web > graceful
    # Looked at, read, told, acknowledged.
    assert worker > 2 * client.TOTAL_SECONDS + TOTAL_SECONDS + MAX_ANSWER_SECONDS


def test_the_release_is_the_version_everywhere() -> None:
    """What is pulled is what this is."""
    for place, tag in release_tags():
        assert tag == VERSION, place


def stack_settings() -> set[str]:
    """What `flask provision` writes, with every option of the stack."""
    template = load("template.yaml")
    parameters = dict.fromkeys(template["Parameters"], "true")
    found = Found(parameters, dict.fromkeys(template["Outputs"], "x"))
    return set(gateway_environment(found, "eu-west-1", slot="PublicKeyBlue"))


def test_units_are_systemd_s(tmp_path: Path) -> None:
    """It knows every line of them; they fit the page, and gunicorn alone is told to end."""
    commands = "\n".join(machine_commands())
    for name in UNITS:
        text = (INFRA / "systemd" / name).read_text()
        says = unit(text)
        assert (
            f"useradd --system --no-create-home --shell /usr/sbin/nologin {says['User']}\n"
            in commands
        )
        for place in (says["WorkingDirectory"], says["EnvironmentFile"], "/opt/venv"):
            assert f" {place}\n" in commands or f" {place} " in commands
        program = says["ExecStart"].split()[0]
        (tmp_path / name).write_text(text.replace(program, sys.executable))
    assert unit((INFRA / "systemd" / UNITS[0]).read_text())["KillMode"] == "mixed"
    if (analyze := shutil.which("systemd-analyze")) is None:
        pytest.skip("systemd is not installed")
    done = subprocess.run(
        [analyze, "verify", *(tmp_path / name for name in UNITS)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_every_way_has_what_is_required() -> None:
    """By the file that provision writes, by Terraform and its page, or by Render's form."""
    made = set(kept_secrets({}, None, is_new=True))
    assert made == {"SECRET_KEY", "METRICS_TOKEN"}
    assert stack_settings() | made >= REQUIRED
    readme = (MODULE / "README.md").read_text()
    by_hand = set(re.findall(r"(?<![A-Z_])([A-Z]+_[A-Z_]+)=", readme))
    assert set(blocks(MODULE)["output.gateway_environment"]["value"]) | by_hand >= REQUIRED | made
    assert WAYS["Render"]["settings"] >= REQUIRED | made
    assert stack_settings() - WAYS["Render"]["settings"] == NOT_ASKED.keys()


def test_the_page_shows_the_table() -> None:
    """Each fact, and who leaves it out."""
    rows = ["| fact | everywhere | left out by |", "|---|---|---|"]
    for fact, (value, left_out) in AGREED.items():
        rows.append(f"| {fact} | `{value}` | {'; '.join(_reasons(left_out))} |")
    held(DOCS / "deploy.md", "targets", "\n".join(rows))


def _reasons(left_out: dict[str, str]) -> Iterator[str]:
    by_reason = sorted(left_out.items(), key=lambda each: [*left_out.values()].index(each[1]))
    for reason, found in groupby(by_reason, key=lambda each: each[1]):
        yield f"{', '.join(way for way, _ in found)}: {reason}"

"""What each way to deploy says of the facts that all of them share, read from its own file.

A fact that a way says nothing of is left out. Pages count as well: what `docs/deploy.md` has people
type is a deployment.
"""

from __future__ import annotations

import dataclasses
import json
import re
import shlex
from collections.abc import Iterator
from typing import Any

import yaml

from config import Settings
from tests.infra.templates import INFRA

ROOT = INFRA.parent
DOCKERFILE = (ROOT / "Dockerfile").read_text()
PAGE = (ROOT / "docs/deploy.md").read_text()
PROCFILE = dict(line.split(": ", 1) for line in (ROOT / "Procfile").read_text().splitlines())
REQUIRED = {
    item.name.upper()
    for item in dataclasses.fields(Settings)
    # One of two providers is.
    if item.metadata["default"] is ... or item.name in ("cognito_user_pool_id", "cognito_client_id")
}

#: Of systemd: the web's and the worker's.
UNITS = ("asset-gateway.service", "asset-gateway-events.service")

Facts = dict[str, Any]


def of_dockerfile() -> Facts:
    """The image, which Railway, Compose and Kubernetes run as well."""
    check, web = map(json.loads, re.findall(r"^ *CMD (\[.+)$", DOCKERFILE, re.M))
    variables = dict(re.findall(r"(\w+)=(\S+?)(?: \\)?$", DOCKERFILE, re.M))
    return {
        "web: command": shlex.join(web),
        "web: port": int(variables["PORT"]),
        "web: restarts by": _path(check[-1]),
        "web: processes": int(variables["WEB_CONCURRENCY"]),
        "python": _one(set(re.findall(r"^FROM python:(\S+?)-slim", DOCKERFILE, re.M))),
    }


def of_render() -> Facts:
    document = yaml.safe_load((ROOT / "render.yaml").read_text())
    web, worker, redis = document["services"]
    group = {each["key"] for each in document["envVarGroups"][0]["envVars"]}
    variables = {each["key"]: each for each in web["envVars"] if "key" in each}
    versions = {
        each["value"]
        for service in (web, worker)
        for each in service["envVars"]
        if each.get("key") == "PYTHON_VERSION"
    }
    return {
        "web: command": web["startCommand"],
        "web: restarts by": web["healthCheckPath"],
        "web: replicas": web["numInstances"],
        "web: seconds to end": web["maxShutdownDelaySeconds"],
        "web: processes": int(variables["WEB_CONCURRENCY"]["value"]),
        "web: TRUSTED_PROXIES": int(variables["TRUSTED_PROXIES"]["value"]),
        "worker: command": worker["startCommand"],
        "worker: replicas": worker["numInstances"],
        "worker: seconds to end": worker["maxShutdownDelaySeconds"],
        "redis: evicts": redis["maxmemoryPolicy"],
        "python": _minor(_one(versions)),
        "settings": group | set(variables) - {"PYTHON_VERSION"},
    }


def of_railway() -> Facts:
    web, worker = (
        json.loads((ROOT / name).read_text())["deploy"]
        for name in ("railway.json", "railway.worker.json")
    )
    told = PAGE.partition("## Railway\n")[2].partition("\n## ")[0]
    return {
        "web: command": web["startCommand"],
        "web: opens by": web["healthcheckPath"],
        "web: replicas": web["numReplicas"],
        "web: seconds to end": web["drainingSeconds"],
        "web: TRUSTED_PROXIES": int(_one(set(re.findall(r"TRUSTED_PROXIES=(\d+)", told)))),
        "worker: command": worker["startCommand"],
        "worker: replicas": worker["numReplicas"],
        "worker: seconds to end": worker["drainingSeconds"],
    }


def of_compose() -> Facts:
    services = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    web, worker, redis = services["web"], services["worker"], services["redis"]["command"]
    [published] = web["ports"]
    check = worker["healthcheck"]["test"][-1]
    return {
        "web: port": int(published.rpartition(":")[2]),
        "web: listens on": re.findall(r":-([\d.]+)\}", published)[0],
        "web: image": web["image"].partition(":")[0],
        "web: seconds to end": int(web["stop_grace_period"].removesuffix("s")),
        "web: `PORT`": int(web["environment"]["PORT"]),
        "worker: command": shlex.join(worker["command"]),
        "worker: image": worker["image"].partition(":")[0],
        "worker: restarts by": _path(check),
        "worker: port": int(re.findall(r"127\.0\.0\.1:(\d+)", check)[0]),
        "worker: seconds to end": int(worker["stop_grace_period"].removesuffix("s")),
        "redis: evicts": redis[redis.index("--maxmemory-policy") + 1],
    }


def of_kubernetes() -> Facts:
    objects = {
        (each["kind"], each["metadata"]["name"]): each["spec"]
        for file in ("web.yaml", "worker.yaml")
        for each in yaml.safe_load_all((INFRA / "kubernetes" / file).read_text())
    }
    pods = [
        objects["Deployment", name]["template"]["spec"]
        for name in ("asset-gateway", "asset-gateway-events")
    ]
    (web, worker) = (_one(pod["containers"]) for pod in pods)
    variables = {each["name"]: each["value"] for each in web["env"]}
    before = int(web["lifecycle"]["preStop"]["exec"]["command"][1])
    return {
        "web: port": _one(web["ports"])["containerPort"],
        "web: `PORT`": int(variables["PORT"]),
        "web: image": web["image"],
        "web: restarts by": web["livenessProbe"]["httpGet"]["path"],
        "web: opens by": web["readinessProbe"]["httpGet"]["path"],
        "web: replicas": objects["HorizontalPodAutoscaler", "asset-gateway"]["minReplicas"],
        "web: seconds to end": pods[0]["terminationGracePeriodSeconds"] - before,
        "web: processes": int(variables["WEB_CONCURRENCY"]),
        "web: TRUSTED_PROXIES": int(variables["TRUSTED_PROXIES"]),
        "worker: command": shlex.join(worker["command"]),
        "worker: image": worker["image"],
        "worker: port": _one(worker["ports"])["containerPort"],
        "worker: restarts by": worker["livenessProbe"]["httpGet"]["path"],
        "worker: replicas": objects["Deployment", "asset-gateway-events"]["replicas"],
        "worker: seconds to end": pods[1]["terminationGracePeriodSeconds"],
    }


def of_docker() -> Facts:
    """`docker run`, as the page has it."""
    web, worker = (shlex.split(line) for line in re.findall(r"^docker run (.*)$", PAGE, re.M))
    [published] = (web[index + 1] for index, word in enumerate(web) if word == "-p")
    image = "asset-gateway"
    return {
        "web: port": int(published.rpartition(":")[2]),
        "web: listens on": published.partition(":")[0],
        "web: image": web[-1],
        "web: seconds to end": int(_option(web, "--stop-timeout")),
        "worker: image": image,
        "worker: command": shlex.join(worker[worker.index(image) + 1 :]),
        "worker: seconds to end": int(_option(worker, "--stop-timeout")),
    }


def of_systemd() -> Facts:
    """The units, and what the page says of them."""
    part = PAGE.partition("## A machine of your own\n")[2].partition("\n## ")[0]
    web, worker = (unit((INFRA / "systemd" / name).read_text()) for name in UNITS)
    return {
        "web: command": web["ExecStart"].removeprefix("/opt/venv/bin/"),
        "web: seconds to end": int(web["TimeoutStopSec"]),
        "web: TRUSTED_PROXIES": int(re.findall(r"`TRUSTED_PROXIES` to (\d)", part)[0]),
        "worker: command": worker["ExecStart"].removeprefix("/opt/venv/bin/"),
        "worker: seconds to end": int(worker["TimeoutStopSec"]),
    }


def unit(text: str) -> dict[str, str]:
    """What a unit's lines say, by their names; none stands twice."""
    lines = re.findall(r"^(\w+)=(.*)$", text, re.M)
    assert len(dict(lines)) == len(lines)
    return dict(lines)


def machine_commands() -> list[str]:
    """What the page has people type on a machine of their own."""
    part = PAGE.partition("## A machine of your own\n")[2]
    return part.partition("```sh\n")[2].partition("```")[0].splitlines()


def all_ways() -> dict[str, Facts]:
    """Each way by its name on the page, the image's first."""
    return {
        "image": of_dockerfile(),
        "Render": of_render(),
        "Railway": of_railway(),
        "Compose": of_compose(),
        "Kubernetes": of_kubernetes(),
        "`docker run`": of_docker(),
        "systemd": of_systemd(),
    }


def release_tags() -> Iterator[tuple[str, str]]:
    """Each place that names the version to deploy, and which."""
    kustomization = yaml.safe_load((INFRA / "kubernetes/kustomization.yaml").read_text())
    yield "kustomization.yaml", kustomization["images"][0]["newTag"]
    for tag in re.findall(r"registry\.example\.com/asset-gateway:(\S+)", PAGE):
        yield "docs/deploy.md", tag
    for tag in re.findall(r"^TAG=(\S+) docker compose up", PAGE, re.M):
        yield "docs/deploy.md, Compose", tag


def _option(words: list[str], name: str) -> str:
    return words[words.index(name) + 1]


def _path(code: str) -> str:
    return re.findall(r"(/\w+)['\"]", code)[0]


def _minor(version: str) -> str:
    assert re.fullmatch(r"\d+\.\d+\.\d+", version), "Render takes a full version only"
    return version.rpartition(".")[0]


def _one(found: Any) -> Any:
    [only] = found
    return only

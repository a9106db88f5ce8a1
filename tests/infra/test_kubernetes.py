"""`infra/kubernetes`: valid by Kubernetes' own schemas, and of one mind with image and Procfile."""

from __future__ import annotations

import re
from typing import Any

import kubernetes_validate
import pytest
import yaml

from tests.infra.templates import INFRA

FOLDER = INFRA / "kubernetes"
ROOT = INFRA.parent
DOCKERFILE = (ROOT / "Dockerfile").read_text()
KUSTOMIZATION = yaml.safe_load((FOLDER / "kustomization.yaml").read_text())
OBJECTS: dict[tuple[str, str], dict[str, Any]] = {
    (each["kind"], each["metadata"]["name"]): each
    for file in KUSTOMIZATION["resources"]
    for each in yaml.safe_load_all((FOLDER / file).read_text())
}
DEPLOYMENTS = [each for (kind, _), each in OBJECTS.items() if kind == "Deployment"]


def pod(name: str) -> dict[str, Any]:
    spec: dict[str, Any] = OBJECTS["Deployment", name]["spec"]["template"]["spec"]
    return spec


def container(name: str) -> dict[str, Any]:
    [one] = pod(name)["containers"]
    return dict(one)


@pytest.mark.parametrize("version", ["1.29", "1.34"])
@pytest.mark.parametrize("key", OBJECTS, ids="-".join)
def test_manifests_are_valid(key: tuple[str, str], version: str) -> None:
    """By the schemas of an old and of a new Kubernetes, unknown fields refused."""
    kubernetes_validate.validate(OBJECTS[key], version, strict=True)


def test_every_file_is_applied() -> None:
    """kustomization.yaml names all of them."""
    files = {each.name for each in FOLDER.glob("*.yaml")} - {"kustomization.yaml"}
    assert files == set(KUSTOMIZATION["resources"])


def test_they_run_the_image_that_is_named() -> None:
    """The web by the image's own command; each waits for its route; the worker has no readiness."""
    assert "command" not in container("asset-gateway")
    for deployment in DEPLOYMENTS:
        one = container(deployment["metadata"]["name"])
        assert one["image"] == KUSTOMIZATION["images"][0]["name"]
        assert one["startupProbe"]["httpGet"] == one["livenessProbe"]["httpGet"]
    assert "readinessProbe" not in container("asset-gateway-events")


def test_pods_may_do_as_little_as_possible() -> None:
    """The image's user, no root, no capabilities, a file system that cannot be written to."""
    [user] = map(int, re.findall(r"^USER (\d+)$", DOCKERFILE, re.M))
    for deployment in DEPLOYMENTS:
        name = deployment["metadata"]["name"]
        assert pod(name)["securityContext"]["runAsUser"] == user
        assert pod(name)["securityContext"]["runAsNonRoot"] is True
        assert pod(name)["automountServiceAccountToken"] is False
        allowed = container(name)["securityContext"]
        assert allowed["readOnlyRootFilesystem"] is True
        assert allowed["allowPrivilegeEscalation"] is False
        assert allowed["capabilities"] == {"drop": ["ALL"]}
        assert container(name)["resources"]["limits"]["memory"]


def test_what_selects_the_web_selects_it() -> None:
    """Service, budget and autoscaler mean the deployment; the policy means both."""
    web = OBJECTS["Deployment", "asset-gateway"]["spec"]["template"]["metadata"]["labels"]
    worker = OBJECTS["Deployment", "asset-gateway-events"]["spec"]["template"]["metadata"]["labels"]
    service = OBJECTS["Service", "asset-gateway"]["spec"]["selector"]
    budget = OBJECTS["PodDisruptionBudget", "asset-gateway"]["spec"]["selector"]["matchLabels"]
    for selector in (service, budget):
        assert selector.items() <= web.items()
        assert not selector.items() <= worker.items()
    policy = OBJECTS["NetworkPolicy", "asset-gateway"]["spec"]["podSelector"]["matchLabels"]
    assert policy.items() <= web.items()
    assert policy.items() <= worker.items()
    scaled = OBJECTS["HorizontalPodAutoscaler", "asset-gateway"]["spec"]
    assert (scaled["scaleTargetRef"]["kind"], scaled["scaleTargetRef"]["name"]) == (
        "Deployment",
        "asset-gateway",
    )
    # A budget of one needs a second; and the autoscaler's number is not fought over.
    assert scaled["minReplicas"] >= 2
    assert "replicas" not in OBJECTS["Deployment", "asset-gateway"]["spec"]
    for deployment in DEPLOYMENTS:
        labels = deployment["spec"]["template"]["metadata"]["labels"]
        assert deployment["spec"]["selector"]["matchLabels"].items() <= labels.items()


def test_no_secret_is_in_the_files() -> None:
    """Settings come from one Secret, made of the environment's file."""
    for deployment in DEPLOYMENTS:
        name = deployment["metadata"]["name"]
        assert container(name)["envFrom"] == [{"secretRef": {"name": "asset-gateway"}}]
    assert not [kind for kind, _ in OBJECTS if kind == "Secret"]


def test_the_network_lets_through_what_settings_can_name() -> None:
    """Out: each protocol's own port. In: what the containers listen on, and no more."""
    [policy] = [each for (kind, _), each in OBJECTS.items() if kind == "NetworkPolicy"]
    out = {each["port"] for rule in policy["spec"]["egress"] for each in rule["ports"]}
    sentinels = (ROOT / "app/limits/redis_address.py").read_text()
    redis = {int(port) for port in re.findall(r"port or (\d+)\)", sentinels)}
    assert redis == {6379, 26379}
    watch = (ROOT / "docs/watch.md").read_text()
    [collector] = {int(port) for port in re.findall(r"collector\S*:(\d+)", watch)}
    assert out == {53, 80, 443, collector} | redis
    incoming = {each["port"] for rule in policy["spec"]["ingress"] for each in rule["ports"]}
    assert incoming == {
        port["containerPort"]
        for deployment in DEPLOYMENTS
        for port in container(deployment["metadata"]["name"])["ports"]
    }

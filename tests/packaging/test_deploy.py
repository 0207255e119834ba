"""What `deploy/` and the Dockerfile say is what Docker, Kubernetes, systemd and relais itself understand.

Manifests are checked against Kubernetes' own schemas; a tool that this machine lacks is skipped by name.
"""

from __future__ import annotations

import copy
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from core.config.environment import parse_dotenv
from core.config.settings import known_names, load_settings
from core.metrics import Metrics
from core.policy.file import read_policy

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
BASE, OVERLAY = DEPLOY / "kubernetes/base", DEPLOY / "kubernetes/overlays/exemple"
KUBERNETES = ("1.31", "1.37")


def documents(path: Path) -> list[dict[str, Any]]:
    return [each for each in yaml.safe_load_all(path.read_text()) if each]


def manifests() -> Iterator[dict[str, Any]]:
    """What the overlay gives to the cluster, its patches applied."""
    overlay = documents(OVERLAY / "kustomization.yaml")[0]
    for path in [*sorted(BASE.glob("*.yaml")), OVERLAY / "egress.yaml"]:
        for found in documents(path):
            if found["kind"] != "Kustomization":
                yield patched(found, overlay["patches"])


def patched(manifest: dict[str, Any], patches: list[dict[str, Any]]) -> dict[str, Any]:
    """The manifest with what is appended to its lists (RFC 6902, `add` at the end)."""
    made = copy.deepcopy(manifest)
    for patch in patches:
        target = patch["target"]
        if (target["kind"], target["name"]) != (made["kind"], made["metadata"]["name"]):
            continue
        for step in yaml.safe_load(patch["patch"]):
            assert (step["op"], step["path"][-2:]) == ("add", "/-")
            place: Any = made
            for key in step["path"].split("/")[1:-1]:
                place = place[int(key) if isinstance(place, list) else key]
            place.append(step["value"])
    return made


def pod() -> dict[str, Any]:
    (replica,) = (each for each in manifests() if each["kind"] == "StatefulSet")
    return replica["spec"]["template"]["spec"]


@pytest.mark.parametrize("version", KUBERNETES)
def test_manifests_are_valid(version: str) -> None:
    """Each, for the oldest and the newest Kubernetes that is meant, without an unknown field."""
    found = list(manifests())
    for manifest in found:
        kubernetes_validate.validate(manifest, version, strict=True)
    kinds = {each["kind"] for each in found}
    assert {"StatefulSet", "Service", "NetworkPolicy", "PodDisruptionBudget", "ServiceAccount"} <= kinds


@pytest.mark.parametrize("folder", [BASE, OVERLAY])
def test_kustomizations_name_what_is_there(folder: Path) -> None:
    """No manifest is forgotten, none is named that is not there."""
    (made,) = documents(folder / "kustomization.yaml")
    named = {name for name in made["resources"] if name.endswith(".yaml")}
    assert named == {path.name for path in folder.glob("*.yaml")} - {"kustomization.yaml"}
    for generator in made.get("configMapGenerator", []):
        for name in (*generator.get("envs", []), *generator.get("files", [])):
            assert (folder / name).is_file()


def test_the_pod_may_do_nothing_more_than_it_needs() -> None:
    """As Kubernetes' « restricted » standard asks, and with a root that cannot be written."""
    spec = pod()
    (container,) = spec["containers"]
    security = container["securityContext"]
    assert spec["automountServiceAccountToken"] is False
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert security == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert {probe for probe in container if probe.endswith("Probe")} == {
        "startupProbe", "livenessProbe", "readinessProbe",
    }  # fmt: skip


def test_egress_is_an_allow_list() -> None:
    """A policy without rules selects the replicas, and each other rule names where to and which port."""
    rules = [each["spec"] for each in manifests() if each["kind"] == "NetworkPolicy"]
    assert {"podSelector", "policyTypes"} in [set(each) for each in rules]
    for rule in (rule for each in rules for rule in each.get("egress", [])):
        assert rule["to"]
        assert rule["ports"]
        assert not [to for to in rule["to"] if to.get("ipBlock", {}).get("cidr", "").endswith("/0")]


def test_the_overlay_gives_settings_that_relais_takes(tmp_path: Path) -> None:
    """With its secrets as files, and its policy."""
    policy = OVERLAY / "policy.toml"
    given = parse_dotenv((OVERLAY / "settings.env").read_text()) | {"RELAIS_POLICY": str(policy)}
    (container,) = pod()["containers"]
    for variable in container["env"]:
        name, value = variable["name"], variable.get("value", "relais-0")
        if name.endswith("_FILE"):
            file = tmp_path / Path(value).name
            url = "redis://:mot-de-passe@valkey:6379" if file.name == "store_url" else "s" * 40
            file.write_text(url)
            value = str(file)
        given.setdefault(name, value)
    settings = load_settings(given, tmp_path)
    assert (settings.tchap, settings.store.url) != (None, None)
    assert read_policy(policy).models


def test_compose_names_settings_of_relais() -> None:
    """A setting that is renamed is so here too; each replica has a folder of its own."""
    (made,) = documents(DEPLOY / "compose.yaml")
    replicas = [each for name, each in made["services"].items() if name.startswith("relais-")]
    names = {name for each in replicas for name in each["environment"]}
    assert names <= known_names()
    folders = [each["volumes"] for each in replicas]
    assert len(folders) == 2
    assert folders[0] != folders[1]
    for name, service in made["services"].items():
        assert service["cap_drop"] == ["ALL"], name
        assert service["healthcheck"] if not name.startswith("relais-") else service["read_only"], name


@pytest.mark.skipif(not shutil.which("docker-compose"), reason="docker-compose is not installed")
def test_compose_reads_its_file() -> None:
    """Docker's own program finds nothing wrong, with no settings given."""
    command = ["docker-compose", "--file", DEPLOY / "compose.yaml", "config", "--quiet"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed")
def test_the_unit_is_valid_and_closed(tmp_path: Path) -> None:
    """systemd finds nothing wrong but that relais is not installed here, and rates it as well closed."""
    unit = tmp_path / "relais.service"
    unit.write_text(
        (DEPLOY / "systemd/relais.service").read_text().replace("/opt/relais/bin/relais", "/bin/true")
    )
    environment = os.environ | {"SYSTEMD_UNIT_PATH": f"{tmp_path}:"}
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", unit], env=environment, capture_output=True, text=True
    )
    assert [line for line in done.stderr.splitlines() if "relais.service" in line] == []
    rated = subprocess.run(
        ["systemd-analyze", "security", "--offline=yes", "--threshold=20", unit],
        capture_output=True,
        text=True,
    )
    assert rated.returncode == 0, rated.stdout[-500:]


def test_the_unit_is_told_of_by_relais() -> None:
    """It waits for the word that `bots.running` says, more seldom than it is said."""
    from bots.running import LOOK_EVERY

    unit = (DEPLOY / "systemd/relais.service").read_text()
    assert "Type=notify\n" in unit
    assert int(re.search(r"^WatchdogSec=(\d+)$", unit, re.MULTILINE)[1]) > 3 * LOOK_EVERY  # type: ignore[index]


def test_the_dockerfile_is_sound() -> None:
    """hadolint finds nothing but versions of Debian's packages, which the base image's release holds."""
    hadolint = shutil.which("hadolint", path=f"{ROOT / '.venv/bin'}:{os.environ['PATH']}")
    assert hadolint, "hadolint is missing: run the tests through make"
    command = [hadolint, "--ignore", "DL3008", "--ignore", "DL3042", ROOT / "Dockerfile"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert done.stdout == ""


@pytest.mark.skipif(not shutil.which("promtool"), reason="promtool is not installed")
@pytest.mark.parametrize(
    "command",
    [("check", "config", "--syntax-only", "prometheus.yaml"), ("test", "rules", "tests/relais.yaml")],
    ids=" ".join,
)
def test_prometheus_reads_its_files(command: tuple[str, ...]) -> None:
    """The configuration is one, and each alert fires on its cause and not in quiet times."""
    done = subprocess.run(
        ["promtool", *command], cwd=DEPLOY / "prometheus", capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr


def alerts() -> list[dict[str, Any]]:
    (made,) = documents(DEPLOY / "prometheus/rules/relais.yaml")
    return [rule for group in made["groups"] for rule in group["rules"]]


def test_alerts_rest_on_numbers_that_there_are() -> None:
    """A metric that is renamed is so in the alerts too."""
    metrics = {family.name for family in Metrics().registry.collect()}
    for alert in alerts():
        for name in re.findall(r"\brelais_\w+", alert["expr"]):
            assert re.sub(r"_(total|bucket|sum|count)$", "", name) in metrics, alert["alert"]


def test_each_alert_has_a_chapter_of_the_runbook() -> None:
    """Under its own anchor, and is proved by promtool's test."""
    runbook = (ROOT / "docs/exploitation/alertes.md").read_text()
    proofs = (DEPLOY / "prometheus/tests/relais.yaml").read_text()
    for alert in alerts():
        page, _, anchor = alert["annotations"]["runbook"].partition("#")
        assert page == "exploitation/alertes.md"
        assert f"{{#{anchor}}}" in runbook, alert["alert"]
        assert f'alertname="{alert["alert"]}"' in proofs


@pytest.mark.parametrize("path", sorted(DEPLOY.rglob("*.sh")), ids=lambda path: path.name)
def test_scripts_parse(path: Path) -> None:
    """And may be started."""
    assert os.access(path, os.X_OK)
    subprocess.run(["sh", "-n", path], check=True)

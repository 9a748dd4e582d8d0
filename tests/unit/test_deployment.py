"""What compose/ says agrees with the code, and holds for every service."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from broker_config.settings import Settings
from tasks.ledger.session import Ledger
from tasks.runtimes.instance import instance_id
from web.live.slots import Slots
from web.metrics import Metrics

HOME = Path(__file__).parents[2] / "compose"
COMPOSE: dict[str, Any] = yaml.safe_load((HOME / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
EXAMPLE = (HOME / ".env.example").read_text()
NAMED = dict(re.findall(r"^#?([A-Z0-9_]+)=(.*)$", EXAMPLE, re.MULTILINE))

# Of the embedded stack's own servers, or of networks that the compose file makes.
EMBEDDED = {"redis_port", "s3_port", "weed_port", "flower_port", "internet_subnet", "isolated_subnet"}
ROOT = {"minio", "engine"}
"""Whose user is root, without any capability, as the owner of a volume or a socket."""


def given() -> set[str]:
    """Settings that the compose file itself gives a value, and those that come as secrets."""
    told = {
        name
        for service in SERVICES.values()
        for name, value in service.get("environment", {}).items()
        if value
    }
    files = {name.upper() for name in COMPOSE["secrets"]}
    return {name.removeprefix("HUSK_").lower() for name in told | files if name.startswith("HUSK_")}


@pytest.mark.parametrize("name", sorted(set(Settings.model_fields) - EMBEDDED))
def test_a_deployer_finds_every_setting_and_the_control_plane_gets_it(name: str) -> None:
    variable = f"HUSK_{name.upper()}"
    if name in given() and variable not in NAMED:
        return
    default = Settings.model_fields[name].default
    if variable not in {"HUSK_WEB_URL", "HUSK_S3_ENDPOINT"}:  # their lines show what one may look like
        assert NAMED[variable] == str(default)
    assert variable in SERVICES["lifecycle"]["environment"]


def test_no_line_of_the_example_names_a_setting_that_is_not_there() -> None:
    known = {f"HUSK_{name.upper()}" for name in Settings.model_fields}
    assert {name for name in NAMED if name.startswith("HUSK_")} <= known
    everywhere = {name for service in SERVICES.values() for name in service.get("environment", {})}
    assert {name for name in everywhere if name.startswith("HUSK_")} <= known


def test_every_variable_of_the_compose_file_stands_in_the_example_with_its_default() -> None:
    text = "".join((HOME / name).read_text() for name in ("docker-compose.yml",))
    for name, default in re.findall(r"\$\{([A-Z0-9_]+):-([^}]*)\}", text):
        assert name in NAMED, name
        assert NAMED[name] == default or name == "INSTANCE", name


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_every_service_is_walled_in(name: str) -> None:
    service = SERVICES[name]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["read_only"] is True
    unwanted = {"privileged", "network_mode", "pid", "ipc", "cap_add", "devices"} & service.keys()
    assert unwanted == ({"network_mode"} if name == "isolated-way" else set())
    assert service["mem_limit"] == service["memswap_limit"]
    assert service["cpus"] > 0
    assert service["pids_limit"] > 0
    assert service["logging"]["options"]["max-size"]
    if name != "store-user":
        assert service["restart"] == "unless-stopped"
        assert "test" in service["healthcheck"]
    ours = "husk" in service["image"]  # its image has a user of its own
    assert ours or (service["user"] == "0:0") is (name in ROOT)


def test_only_the_proxy_has_the_engines_socket_and_only_lifecycle_reaches_the_proxy() -> None:
    assert [n for n, s in SERVICES.items() if "docker.sock" in str(s.get("volumes"))] == ["engine"]
    assert {n for n, s in SERVICES.items() if "engine" in s.get("networks", ())} == {"engine", "lifecycle"}
    assert SERVICES["engine"]["networks"] == ["engine"]
    assert COMPOSE["networks"]["engine"]["internal"] is True


def test_of_ours_kernels_meet_redis_and_the_store_only() -> None:
    kernels = {"internet", "isolated"}
    assert {n for n, s in SERVICES.items() if kernels & set(s.get("networks", ()))} == {"kernels-way"}
    gateways = {n for n, s in SERVICES.items() if "GATEWAY" in str(s.get("ports"))}
    assert gateways == {"redis", "minio"}
    listening = (HOME / "isolated/haproxy.cfg").read_text()
    assert re.findall(r"bind (\S+)", listening) == [
        f'"${{ISOLATED_GATEWAY}}:{port}"' for port in (6379, 9000)
    ]
    for kind in kernels:
        network = COMPOSE["networks"][kind]
        assert network["driver_opts"] == {"com.docker.network.bridge.enable_icc": "false"}
        assert network.get("internal", False) is (kind == "isolated")


@pytest.mark.parametrize("name", ["docker-compose.yml", "ci.yml"])
def test_the_file_is_as_composes_schema_wants_it(name: str) -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", name]
    done = subprocess.run(command, cwd=HOME, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_people_reach_is_published_on_loopback_unless_they_say_otherwise() -> None:
    ports = [port for name in ("web", "prometheus", "grafana") for port in SERVICES[name]["ports"]]
    assert all(":-127.0.0.1:" in port for port in ports)


def test_no_secret_stands_in_an_environment() -> None:
    for service in SERVICES.values():
        for name, value in service.get("environment", {}).items():
            if re.search("PASSWORD|SECRET|TOKEN|ROOT_USER", name):
                assert str(value).startswith("/run/secrets/")


def test_the_script_draws_secrets_once_and_knows_the_installations_name(tmp_path: Path) -> None:
    for name in ("secrets.sh", ".env.example"):
        shutil.copy(HOME / name, tmp_path)
    texts = []
    for _ in range(2):
        subprocess.run(["sh", "secrets.sh"], cwd=tmp_path, check=True, capture_output=True, timeout=30)
        texts.append({path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()})
    assert texts[0] == texts[1]
    assert set(texts[0]) == set(COMPOSE["secrets"])
    assert (tmp_path / "secrets").stat().st_mode & 0o077 == 0
    secret = SecretStr(texts[0]["husk_secret_key"])
    assert f"INSTANCE={instance_id(Settings(secret_key=secret))}\n" in (tmp_path / ".env").read_text()


def test_the_kernels_networks_have_the_names_and_labels_that_lifecycle_looks_for() -> None:
    from tasks.runtimes import instance

    for kind in ("internet", "isolated"):
        network = COMPOSE["networks"][kind]
        assert network["name"] == instance.network_name("${INSTANCE:-none}", kind)
        assert network["labels"] == {instance.INSTANCE: "${INSTANCE:-none}", instance.NETWORK: kind}


def test_panels_and_alerts_ask_for_figures_that_there_are(tmp_path: Path) -> None:
    ledger = Ledger(f"sqlite:///{tmp_path / 'husk.db'}")
    ledger.migrate()
    metrics = Metrics(ledger, Slots(4))
    metrics.request("GET", "health.health", 200, 0.01)
    families = text_string_to_metric_families(metrics.text().decode())
    there = {sample.name for family in families for sample in family.samples}
    ledger.dispose()
    dashboard = json.loads((HOME / "grafana/dashboards/husk.json").read_text())
    asked = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    rules = yaml.safe_load((HOME / "prometheus/rules.yml").read_text())
    asked += [rule["expr"] for group in rules["groups"] for rule in group["rules"]]
    assert len(asked) > 10
    for expression in asked:
        assert set(re.findall(r"husk_[a-z_]+", expression)) <= there, expression


def test_figures_come_from_the_source_that_is_provisioned() -> None:
    sources = yaml.safe_load((HOME / "grafana/provisioning/datasources/prometheus.yml").read_text())
    dashboard = (HOME / "grafana/dashboards/husk.json").read_text()
    assert set(re.findall(r'"uid": "(husk-[a-z]+)"', dashboard)) == {sources["datasources"][0]["uid"]}

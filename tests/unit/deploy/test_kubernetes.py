"""The manifests in deploy/kubernetes, as Kustomize renders them, against the published schemas."""

import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from kubernetes_validate import utils as published

from deploy.compose import new_secrets
from tests.support import dashboards
from tests.support.worker_process import GONE_WITHIN
from worker import settings
from worker.broker import topology
from worker.policy import loading
from worker.settings import Settings

KUBERNETES = Path(__file__).parents[3] / "deploy" / "kubernetes"
KUBECTL = Path(sys.executable).with_name("kubectl")
RENDERED = ("base", "migration", "example", "example/migration")
#: The oldest that knows all fields, and the newest that there is a schema of.
VERSIONS = ("1.27", published.latest_version())
#: The kinds of these versions a cluster knows by its operators.
OPERATORS = ("keda.sh/v1alpha1", "monitoring.coreos.com/v1")
THEIR_SCHEMAS = Path(__file__).parents[2] / "data" / "kubernetes"
Manifest = dict[str, Any]


@cache
def rendered(folder: str) -> list[Manifest]:
    """All manifests of a folder, as `kubectl apply -k` would send them."""
    done = subprocess.run(
        [str(KUBECTL), "kustomize", str(KUBERNETES / folder)], capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    return [*yaml.safe_load_all(done.stdout)]


def one(kind: str, folder: str = "base") -> Manifest:
    (found,) = (manifest for manifest in rendered(folder) if manifest["kind"] == kind)
    return found


def their_schema(kind: str) -> Any:
    return json.loads((THEIR_SCHEMAS / f"{kind}.json").read_text("utf-8"))


def pods() -> list[Manifest]:
    workloads = (one("Deployment"), one("Job", "migration"))
    return [workload["spec"]["template"]["spec"] for workload in workloads]


@pytest.mark.parametrize("folder", RENDERED)
@pytest.mark.parametrize("version", VERSIONS)
def test_every_manifest_is_as_kubernetes_wants_it(folder: str, version: str) -> None:
    ours = [found for found in rendered(folder) if found["apiVersion"] not in OPERATORS]
    assert ours
    for manifest in ours:
        published.validate(manifest, version, strict=True)


@pytest.mark.parametrize("folder", ["base", "example"])
def test_every_manifest_is_as_the_operators_want_it(folder: str) -> None:
    theirs = [found for found in rendered(folder) if found["apiVersion"] in OPERATORS]
    assert len(theirs) == 3
    for manifest in theirs:
        jsonschema.validate(manifest, their_schema(manifest["kind"]))


def test_every_pod_is_restricted_and_none_has_an_account() -> None:
    for pod in pods():
        assert pod["automountServiceAccountToken"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        (container,) = pod["containers"]
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
        }


def test_pods_run_as_the_image_s_user_who_may_read_the_secrets_and_others_may_not() -> None:
    for pod in pods():
        user = {pod["securityContext"][name] for name in ("runAsUser", "runAsGroup", "fsGroup")}
        assert user == {new_secrets.WORKER}
        (secret,) = (volume["secret"] for volume in pod["volumes"] if "secret" in volume)
        assert secret["defaultMode"] == 0o440


@pytest.mark.parametrize("folder", RENDERED)
def test_every_setting_is_one(folder: str) -> None:
    given = dict(_variables(folder))
    assert given
    assert list(settings.unknown(given)) == []


def test_no_pod_is_killed_while_it_may_still_drain() -> None:
    pod = one("Deployment")["spec"]["template"]["spec"]
    assert pod["terminationGracePeriodSeconds"] >= GONE_WITHIN


def test_probes_and_prometheus_ask_where_the_worker_listens() -> None:
    (container,) = one("Deployment")["spec"]["template"]["spec"]["containers"]
    (port,) = container["ports"]
    assert port["containerPort"] == Settings().http_port
    paths = [container[f"{kind}Probe"]["httpGet"] for kind in ("startup", "liveness", "readiness")]
    assert [path["path"] for path in paths] == ["/healthz", "/healthz", "/readyz"]
    (service,) = one("Service")["spec"]["ports"]
    (endpoint,) = one("ServiceMonitor")["spec"]["endpoints"]
    assert {path["port"] for path in paths} == {service["targetPort"], port["name"]}
    assert endpoint["port"] == service["name"]


def test_selectors_find_the_workers_and_not_the_migration() -> None:
    worker = one("Deployment")["spec"]["template"]["metadata"]["labels"].items()
    migration = one("Job", "migration")["spec"]["template"]["metadata"]["labels"].items()
    for selector in (
        one("Deployment")["spec"]["selector"]["matchLabels"],
        one("PodDisruptionBudget")["spec"]["selector"]["matchLabels"],
        one("Service")["spec"]["selector"],
    ):
        assert selector.items() <= worker
        assert not selector.items() <= migration
    policed = one("NetworkPolicy")["spec"]["podSelector"]["matchLabels"]
    assert policed.items() <= worker & migration
    monitored = one("ServiceMonitor")["spec"]["selector"]["matchLabels"]
    assert monitored.items() <= one("Service")["metadata"]["labels"].items()


def test_the_operator_s_prometheus_gets_all_rules_as_they_are() -> None:
    done = subprocess.run(
        [KUBERNETES / "rules", "release=prometheus"], capture_output=True, check=True, timeout=10
    )
    objects = [*yaml.safe_load_all(done.stdout)]
    for rule in objects:
        jsonschema.validate(rule, their_schema("PrometheusRule"))
    assert len({rule["metadata"]["name"] for rule in objects}) == len(objects)
    assert {rule["metadata"]["labels"]["release"] for rule in objects} == {"prometheus"}
    given = [
        alert for rule in objects for group in rule["spec"]["groups"] for alert in group["rules"]
    ]
    assert sorted(given, key=str) == sorted(dashboards.rules(), key=str)


def test_workers_follow_the_inbox_and_are_never_none() -> None:
    scaled = one("ScaledObject")["spec"]
    (trigger,) = scaled["triggers"]
    assert trigger["metadata"]["queueName"] == topology.INBOX
    assert scaled["scaleTargetRef"]["name"] == one("Deployment")["metadata"]["name"]
    assert trigger["authenticationRef"]["name"] == one("TriggerAuthentication")["metadata"]["name"]
    assert scaled["minReplicaCount"] > one("PodDisruptionBudget")["spec"]["minAvailable"] >= 1


def test_keda_trusts_the_authority_that_the_workers_trust() -> None:
    given = one("TriggerAuthentication", "example")["spec"]
    (authority,) = (ref for ref in given["secretTargetRef"] if ref["parameter"] == "ca")
    assert dict(_variables("example"))["RESPONDBY_TLS_CA"] == f"/run/respondby/{authority['key']}"
    (tls,) = given["configMapTargetRef"]
    (found,) = (map_ for map_ in rendered("example") if map_["metadata"]["name"] == tls["name"])
    assert (tls["parameter"], found["data"][tls["key"]]) == ("tls", "enable")


def test_each_installation_is_a_job_of_its_own_that_the_rules_know() -> None:
    (endpoint,) = one("ServiceMonitor")["spec"]["endpoints"]
    (relabeling,) = endpoint["relabelings"]
    assert relabeling["targetLabel"] == "job"
    assert relabeling["sourceLabels"][0] == "__meta_kubernetes_namespace"
    assert "respondby" in one("Service", "example")["metadata"]["name"]


def test_the_example_s_policy_is_good_and_the_workers_find_it() -> None:
    policies = [found for found in rendered("example") if "policy.yaml" in found.get("data", {})]
    (policy,) = policies
    loading.parse(policy["data"]["policy.yaml"], "policy.yaml")
    pod = one("Deployment", "example")["spec"]["template"]["spec"]
    (volume,) = (volume for volume in pod["volumes"] if volume["name"] == "policy")
    assert volume["configMap"]["name"] == policy["metadata"]["name"]
    (mounted,) = (m for m in pod["containers"][0]["volumeMounts"] if m["name"] == "policy")
    given = dict(_variables("example"))["RESPONDBY_POLICY"]
    assert given == f"{mounted['mountPath']}/policy.yaml"


def _variables(folder: str) -> list[tuple[str, str]]:
    settings_, pods_ = [], []
    for manifest in rendered(folder):
        data = manifest.get("data", {}) if manifest["kind"] == "ConfigMap" else {}
        settings_ += [pair for pair in data.items() if pair[0] != "policy.yaml"]
        spec = manifest.get("spec", {}).get("template", {}).get("spec", {})
        pods_ += [entry for each in spec.get("containers", []) for entry in each["env"]]
    return [*settings_, *((entry["name"], entry["value"]) for entry in pods_)]

"""KEDA's protocol in front of a running cluster, the embedded one, in which objects change; and the
files of examples/keda as a user runs them.

  keda_cluster.py --hpaplus BINARY [unittest's arguments]
"""

import json
import os
import re
import tempfile
import unittest
import urllib.request

import grpc

from keda_client import KedaClient, problem, ref
from keda_interop import Received
from offline_rig import Hpaplus, Monitor, run_tests, until

EXAMPLES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../examples/keda")
OURS = "/apis/autoscaling.hpaplus.io/v1alpha1/namespaces/shop"


class Cluster(unittest.TestCase):
    def setUp(self):
        self.monitor = Monitor()
        self.addCleanup(self.monitor.close)
        self.monitor.figures = {"depth": 40}
        directory = tempfile.TemporaryDirectory(prefix="hpaplus-cluster-")
        self.addCleanup(directory.cleanup)
        kubeconfig = os.path.join(directory.name, "kubeconfig")
        self.server = Hpaplus(
            [], 'sources: {egress: {allow: ["127.0.0.0/8"]}}\n',
            flags=["--cluster", "embedded", "--write-kubeconfig", kubeconfig,
                   "--grpc-listen", "127.0.0.1:0"])
        self.addCleanup(self.server.close)
        with open(kubeconfig, encoding="utf-8") as config:
            self.api = re.search(r'server: "([^"]+)"', config.read()).group(1)
        self.client = KedaClient(self.server.address)
        self.addCleanup(self.client.close)
        self.send("POST", "/api/v1/namespaces", {
            "apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}})
        self.send("POST", OURS + "/metricsources", {
            "apiVersion": "autoscaling.hpaplus.io/v1alpha1", "kind": "MetricSource",
            "metadata": {"name": "orders"},
            "spec": {"type": "HTTP", "endpoint": f"http://127.0.0.1:{self.monitor.port}/"}})
        pod = {"metadata": {"labels": {"app": "worker"}},
               "spec": {"containers": [{"name": "main", "image": "worker:1"}]}}
        self.send("POST", "/apis/apps/v1/namespaces/shop/deployments", {
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "worker"},
            "spec": {"replicas": 3, "selector": {"matchLabels": {"app": "worker"}},
                     "template": pod}})
        self.send("POST", OURS + "/hpapluses", self.worker("10"))

    def worker(self, target):
        return {"apiVersion": "autoscaling.hpaplus.io/v1alpha1", "kind": "HPAPlus",
                "metadata": {"name": "worker"},
                "spec": {
                    "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment",
                                       "name": "worker"},
                    "mode": "DryRun", "minReplicas": 1, "maxReplicas": 40,
                    "evaluation": {"period": "1s"},
                    "metrics": [{"name": "depth", "type": "Source", "source": {
                        "ref": {"name": "orders"}, "query": "depth",
                        "target": {"type": "AverageValue", "averageValue": target}}}]}}

    def send(self, method, path, body):
        kind = "application/merge-patch+json" if method == "PATCH" else "application/json"
        request = urllib.request.Request(self.api + path, json.dumps(body).encode(),
                                         {"Content-Type": kind}, method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read())

    def served(self, request, metric):
        return until(lambda: problem(self.client.values, request, metric) is None, 20)

    def test_t14_a_changed_target_is_told(self):
        request = ref(hpaplus="worker")
        self.assertTrue(self.served(request, "depth"))
        stream = Received(self.client.watch_spec(request))
        self.assertTrue(until(lambda: len(stream.messages) == 1, 1))
        self.send("PATCH", OURS + "/hpapluses/worker", {"spec": self.worker("20")["spec"]})
        self.assertTrue(until(lambda: len(stream.messages) == 2))
        for message, target in zip(stream.messages, (10, 20)):
            self.assertEqual([spec.targetSize for spec in message.metricSpecs], [target])
        self.assertEqual(list(stream.messages[1].metricSpecs), self.client.spec(request))
        self.assertIsNone(stream.status)
        stream.call.cancel()

    def test_all_three_ways_are_served(self):
        self.assertTrue(self.served(ref(hpaplus="worker"), "depth"))
        itself = ref(source="orders", query="depth", threshold="10", period="1s")
        self.assertTrue(self.served(itself, "orders"))
        self.assertEqual(self.client.value(itself, "orders"), 40)
        driven = ref(hpaplus="worker", drive="true")
        self.assertTrue(until(lambda: self.client.value(driven, "replicas") >= 4))
        scale = "/apis/apps/v1/namespaces/shop/deployments/worker/scale"
        with urllib.request.urlopen(self.api + scale, timeout=10) as answer:
            self.assertEqual(json.loads(answer.read())["spec"]["replicas"], 3)  # Not ours to write.

    def test_an_object_that_goes_is_missed_and_its_streams_stay(self):
        request = ref(hpaplus="worker")
        self.assertTrue(self.served(request, "depth"))
        stream = Received(self.client.watch_spec(request))
        self.assertTrue(until(lambda: stream.messages))
        self.send("DELETE", OURS + "/hpapluses/worker", {})
        self.assertTrue(until(lambda: problem(self.client.spec, request) is not None))
        self.assertEqual(problem(self.client.spec, request)[0], grpc.StatusCode.NOT_FOUND)
        self.send("POST", OURS + "/hpapluses", self.worker("30"))
        self.assertTrue(until(lambda: len(stream.messages) == 2))
        self.assertEqual(stream.messages[1].metricSpecs[0].targetSize, 30)
        stream.call.cancel()


def trigger_of(text):
    """The metadata of a ScaledObject's only trigger, without a YAML reader."""
    block = text[text.index("    metadata:\n") + len("    metadata:\n"):]
    metadata = {}
    for line in block.splitlines():
        if not line.startswith("      "):
            break
        key, value = line.strip().split(": ", 1)
        metadata[key] = value.strip('"')
    return metadata


class Example(unittest.TestCase):
    def read(self, name):
        with open(os.path.join(EXAMPLES, name), encoding="utf-8") as text:
            return text.read()

    def test_each_way_works_as_it_is_written_down(self):
        monitor = Monitor()
        self.addCleanup(monitor.close)
        monitor.figures = {"queue": {"depth": 120}}
        endpoint = f"http://127.0.0.1:{monitor.port}/"
        sources = self.read("sources.yaml").replace("http://127.0.0.1:8000/stats.json", endpoint)
        self.assertIn(endpoint, sources)
        server = Hpaplus([sources, "\n" + self.read("object.yaml")])
        self.addCleanup(server.close)
        client = KedaClient(server.address)
        self.addCleanup(client.close)
        for name, metric, target, value in (("a", "depth", 30, 120), ("b", "orders", 30, 120),
                                            ("c", "replicas", 1, 4)):
            metadata = trigger_of(self.read(f"scaledobject-{name}.yaml"))
            request = ref(**metadata)
            self.assertEqual([(s.metricName, s.targetSize) for s in client.spec(request)],
                             [(metric, target)])
            self.assertTrue(until(lambda: problem(client.values, request, metric) is None
                                  and client.value(request, metric) == value), name)
            self.assertTrue(client.active(request))
        monitor.figures = {"queue": {"depth": 3}}  # Not above activationThreshold.
        for name in ("a", "b"):
            request = ref(**trigger_of(self.read(f"scaledobject-{name}.yaml")))
            self.assertTrue(until(lambda: not client.active(request)), name)


if __name__ == "__main__":
    run_tests()

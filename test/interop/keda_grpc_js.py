"""The essential interop cases once more with grpc-js as the client: what one implementation of gRPC
forgives, another one may not. The packages come from npm, once, into a directory of the build.

  keda_grpc_js.py --hpaplus BINARY --packages DIRECTORY [unittest's arguments]

Exit code 77 where there is no node, or npm cannot install the packages.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

from keda_tls import Authority
from line_client import LineClient
from offline_rig import Hpaplus, Monitor, run_tests, source, until, workload

PACKAGES = None
HERE = os.path.dirname(os.path.abspath(__file__))
PROTO = os.path.join(HERE, "../../proto/externalscaler.proto")


class JsClient(LineClient):
    """keda_client.js."""

    def __init__(self, address, *files):
        super().__init__(["node", os.path.join(PACKAGES, "keda_client.js"), address, PROTO, *files])

    def call(self, method, request):
        return self.ask(call=method, request=request)

    def open(self, method, number, request):
        self.ask(stream=method, id=number, request=request)


def ref(**metadata):
    return {"name": "worker", "namespace": "shop",
            "scalerMetadata": {"scalerAddress": "hpaplus:9443", **metadata}}


def value_of(metric, **metadata):
    return {"scaledObjectRef": ref(**metadata), "metricName": metric}


ITSELF = {"source": "orders", "query": "depth", "threshold": "6.111", "period": "1s"}


class GrpcJs(unittest.TestCase):
    def start(self, config=None, files=()):
        self.monitor = Monitor()
        self.addCleanup(self.monitor.close)
        self.monitor.figures = {"depth": 22.222}
        self.server = Hpaplus([source(self.monitor.port), workload()], config)
        self.addCleanup(self.server.close)
        self.client = JsClient(self.server.address, *files)
        self.addCleanup(self.client.close)

    def settle(self, metric, value, **metadata):
        def served():
            answer = self.client.call("GetMetrics", value_of(metric, **metadata))
            values = answer.get("response", {}).get("metricValues", [])
            return len(values) == 1 and abs(values[0]["metricValueFloat"] - value) < 0.0005
        self.assertTrue(until(served, 20))

    def test_calls_of_all_three_ways(self):
        self.start()
        spec = self.client.call("GetMetricSpec", ref(**ITSELF))["response"]["metricSpecs"]
        self.assertEqual(spec, [{"metricName": "orders", "targetSize": "6",
                                 "targetSizeFloat": 6.111}])
        self.settle("orders", 22.222, **ITSELF)
        answer = self.client.call("GetMetrics", value_of("orders", **ITSELF))
        self.assertEqual(answer["response"]["metricValues"][0]["metricValue"], "22")
        self.assertTrue(self.client.call("IsActive", ref(**ITSELF))["response"]["result"])
        self.settle("depth", 22.222, hpaplus="worker")
        self.settle("replicas", 3, hpaplus="worker", drive="true")

    def test_error_codes(self):
        self.start()
        for metadata, code, text in (({"hpaplus": "nobody"}, 5, "shop/nobody"),
                                     ({}, 3, "scalerMetadata.hpaplus"),
                                     ({"hpaplus": "worker", "metric": "x"}, 5, "x"),
                                     ({"source": "orders", "threshold": "1"}, 3, "query")):
            answer = self.client.call("GetMetricSpec", ref(**metadata))
            self.assertEqual(answer["code"], code)
            self.assertIn(text, answer["details"])
        self.settle("depth", 22.222, hpaplus="worker")
        self.monitor.down = True
        self.assertTrue(until(lambda: self.client.call(
            "GetMetrics", value_of("depth", hpaplus="worker")).get("code") == 14))

    def test_streams_push_once_and_end_with_ok(self):
        self.start()
        self.monitor.figures["depth"] = 0
        self.settle("orders", 0, **ITSELF)
        self.client.open("StreamIsActive", 1, ref(**ITSELF))
        self.client.open("StreamMetricSpec", 2, ref(**ITSELF))
        self.client.open("StreamIsActive", 3, ref(**ITSELF))
        self.assertTrue(until(lambda: 2 in self.client.messages))
        self.assertEqual(self.client.messages[2][0]["metricSpecs"][0]["targetSizeFloat"], 6.111)
        time.sleep(1.5)
        self.assertNotIn(1, self.client.messages)
        self.monitor.figures["depth"] = 40
        self.assertTrue(until(lambda: self.client.messages.get(1) == [{"result": True}]))
        time.sleep(2)
        self.assertEqual(self.client.messages[1], [{"result": True}])
        self.client.ask(cancel=3)
        self.assertTrue(until(lambda: self.client.codes.get(3) == 1))
        self.assertEqual(self.server.stop(), 0)
        self.assertTrue(until(lambda: {1, 2} <= set(self.client.codes)))
        self.assertEqual([self.client.codes[1], self.client.codes[2]], [0, 0])

    def test_it_comes_back_after_a_kill(self):
        self.start()
        self.settle("orders", 22.222, **ITSELF)
        port = self.server.grpc_port
        self.server.stop(signal.SIGKILL)
        again = Hpaplus([source(self.monitor.port), workload()], grpc_port=port)
        self.addCleanup(again.close)
        began = time.monotonic()
        self.settle("orders", 22.222, **ITSELF)
        self.assertLess(time.monotonic() - began, 3)

    def test_mutual_tls(self):
        directory = tempfile.TemporaryDirectory(prefix="hpaplus-tls-")
        self.addCleanup(directory.cleanup)
        authority = Authority(directory.name, "ours")
        certificate, key = authority.issue("server")
        own, own_key = authority.issue("keda")
        self.start(f"grpc: {{tls: {{certFile: {certificate}, keyFile: {key}, "
                   f"clientCAFile: {authority.certificate}}}, clients: [keda]}}\n",
                   (authority.certificate, own, own_key))
        self.settle("orders", 22.222, **ITSELF)
        nameless = JsClient(self.server.address, authority.certificate)
        self.addCleanup(nameless.close)
        self.assertEqual(nameless.call("GetMetricSpec", ref(**ITSELF))["code"], 14)


def install(options):
    """Puts the packages there, with the client beside them."""
    global PACKAGES
    PACKAGES = os.path.abspath(options.packages)
    problem = npm_problem()
    if problem:
        print(f"SKIPPED: {problem}", file=sys.stderr)
        sys.exit(77)


def npm_problem():
    if not shutil.which("node") or not shutil.which("npm"):
        return "no node, or no npm"
    os.makedirs(PACKAGES, exist_ok=True)
    for name in ("package.json", "keda_client.js"):
        shutil.copy(os.path.join(HERE, "js", name), PACKAGES)
    if os.path.isdir(os.path.join(PACKAGES, "node_modules", "@grpc", "proto-loader")):
        return None
    done = subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--no-package-lock"],
                          cwd=PACKAGES, capture_output=True, check=False, timeout=180)
    return None if done.returncode == 0 else "npm cannot install grpc-js"


if __name__ == "__main__":
    run_tests(install, "--packages")

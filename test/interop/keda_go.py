"""KEDA's own client code, the files of its published Go module, against the built program.

  keda_go.py --hpaplus BINARY --client FILE [unittest's arguments]

FILE is built from keda_go/ when it is older than that, which takes minutes the first time. Exit code 77
where there is no Go, or KEDA's module cannot be had.
"""

import math
import os
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

from keda_tls import Authority, read
from line_client import LineClient
from offline_rig import Hpaplus, Monitor, run_tests, source, until, workload

CLIENT = None
HERE = os.path.dirname(os.path.abspath(__file__))
BUILD_SECONDS = 900
ITSELF = {"source": "orders", "query": "depth", "threshold": "6.111", "period": "1s"}


class KedaGo(unittest.TestCase):
    def start(self, config=None):
        self.monitor = Monitor()
        self.addCleanup(self.monitor.close)
        self.monitor.figures = {"depth": 22.222}
        self.server = Hpaplus([source(self.monitor.port), workload()], config)
        self.addCleanup(self.server.close)
        self.client = LineClient([CLIENT])
        self.addCleanup(self.client.close)

    def ask(self, do, metadata, auth=None, **more):
        return self.client.ask(do=do, auth=auth or {}, metadata={
            "scalerAddress": self.server.address, **metadata}, **more)

    def metrics(self, metric, metadata, auth=None):
        """One value and whether it is active, or why there is none."""
        answer = self.ask("metrics", metadata, auth, metric=metric)
        if "error" in answer:
            return answer["error"]
        (value,) = answer["values"]
        self.assertEqual(value["name"], metric)
        return value["milli"], answer["active"]

    def comes_to(self, expected, metric, metadata, auth=None):
        self.assertTrue(until(lambda: self.metrics(metric, metadata, auth) == expected, 20),
                        f"{self.metrics(metric, metadata, auth)}")

    def test_specs_values_and_activity_of_all_three_ways(self):
        self.start()
        ways = ((ITSELF, "s0-orders", 6111, 22222), ({"hpaplus": "worker"}, "s0-depth", 10000, 22222),
                ({"hpaplus": "worker", "drive": "true"}, "s0-replicas", 1000, 3000))
        for metadata, name, target, value in ways:
            self.assertEqual(self.ask("specs", metadata)["specs"],
                             [{"name": name, "targetMilli": target}])
            self.comes_to((value, True), name, metadata)
        self.assertEqual(self.server.decision()["desiredReplicas"], math.ceil(22.222 / 10))
        self.monitor.figures["depth"] = 0
        for metadata, name, _, _ in ways[:2]:
            self.comes_to((0, False), name, metadata)

    def test_what_is_unknown_is_an_error(self):
        self.start()
        self.comes_to((22222, True), "s0-orders", ITSELF)
        self.assertIn("NotFound", self.metrics("s0-depth", {"hpaplus": "nobody"}))
        self.assertIn("scalerMetadata.query",
                      self.metrics("s0-depth", {"source": "orders", "threshold": "1"}))
        self.assertEqual(self.ask("specs", {"hpaplus": "nobody"})["specs"], [])
        self.monitor.down = True
        self.assertTrue(until(lambda: "Unavailable" in str(self.metrics("s0-orders", ITSELF))))

    def test_a_push_comes_once_and_streams_are_opened_again_after_a_restart(self):
        self.start()
        self.monitor.figures["depth"] = 0
        self.comes_to((0, False), "s0-orders", ITSELF)
        self.ask("push", ITSELF, id=1)
        specs = {"specs": [{"name": "s0-orders", "targetMilli": 6111}]}
        self.assertTrue(until(lambda: self.client.messages.get(1) == [specs]))
        self.monitor.figures["depth"] = 40
        self.assertTrue(until(lambda: self.client.messages[1] == [specs, True]))
        time.sleep(2)
        self.assertEqual(self.client.messages[1], [specs, True])
        self.assertEqual(self.server.stop(), 0)  # Ends both streams with OK: 2 s until the next try.
        again = Hpaplus([source(self.monitor.port), workload()], grpc_port=self.server.grpc_port)
        self.addCleanup(again.close)
        self.assertTrue(until(lambda: sorted(map(str, self.client.messages[1][2:]))
                              == sorted(map(str, [specs, True])), 15))
        self.ask("stop", {}, id=1)
        self.assertTrue(until(lambda: self.client.codes.get(1) == 0))
        self.assertTrue(until(lambda: again.metric("hpaplus_scaler_streams") == 0))

    def test_mutual_tls(self):
        directory = tempfile.TemporaryDirectory(prefix="hpaplus-tls-")
        self.addCleanup(directory.cleanup)
        authority = Authority(directory.name, "ours")
        certificate, key = authority.issue("server")
        own, own_key = authority.issue("keda")
        self.start(f"grpc: {{tls: {{certFile: {certificate}, keyFile: {key}, "
                   f"clientCAFile: {authority.certificate}}}, clients: [keda]}}\n")
        roots = {"caCert": read(authority.certificate).decode()}
        auth = {**roots, "tlsClientCert": read(own).decode(), "tlsClientKey": read(own_key).decode()}
        self.comes_to((22222, True), "s0-orders", ITSELF, auth)
        self.assertIn("Unavailable", self.metrics("s0-orders", ITSELF, roots))


def build(options):
    """Makes the client, or leaves with 77."""
    global CLIENT
    CLIENT = os.path.abspath(options.client)
    sources = os.path.join(HERE, "keda_go")
    newest = max(os.path.getmtime(os.path.join(sources, name)) for name in os.listdir(sources))
    if os.path.exists(CLIENT) and os.path.getmtime(CLIENT) > newest:
        return
    problem = "no go in PATH"
    if shutil.which("go"):
        problem = "KEDA's module cannot be built"
        try:
            done = subprocess.run([os.path.join(sources, "build.sh"), CLIENT], check=False,
                                  timeout=BUILD_SECONDS)
            if done.returncode == 0:
                return
        except subprocess.TimeoutExpired:
            problem = "building KEDA's module takes too long"
    print(f"SKIPPED: {problem}", file=sys.stderr)
    sys.exit(77)


if __name__ == "__main__":
    run_tests(build, "--client")

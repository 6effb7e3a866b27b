"""What the interop tests stand on: a business monitor whose figures a test sets, and `hpaplus run`
beside it. Everything listens on free ports of 127.0.0.1 and ends with its owner."""

import argparse
import contextlib
import http.server
import json
import os
import re
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.request


def until(condition, seconds=15.0, every=0.02):
    """Waits for the condition; says whether it came."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(every)
    return True


class Monitor:
    """GET / answers {"NAME": figure, ...}; a delay and an outage on demand."""

    def __init__(self):
        self.figures = {}
        self.text = None  # Instead of the figures.
        self.delay = 0.0
        self.down = False
        self.asked = 0
        monitor = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                monitor.asked += 1
                if monitor.delay:
                    time.sleep(monitor.delay)
                text = monitor.text or json.dumps(monitor.figures)
                with contextlib.suppress(OSError):
                    self.send_response(503 if monitor.down else 200)
                    self.send_header("Content-Type", "application/json")
                    self.send_header("Content-Length", str(len(text)))
                    self.end_headers()
                    self.wfile.write(text.encode())

            def log_message(self, *arguments):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


SOURCE = """
apiVersion: autoscaling.hpaplus.io/v1alpha1
kind: MetricSource
metadata: {{name: {name}, namespace: shop}}
spec: {{type: HTTP, endpoint: "http://127.0.0.1:{port}/", limits: {{timeout: {timeout}}}}}
"""
OBJECT = """
apiVersion: autoscaling.hpaplus.io/v1alpha1
kind: HPAPlus
metadata: {{name: {name}, namespace: shop}}
spec:
  scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: {name}}}
  minReplicas: {least}
  maxReplicas: {most}
  mode: DryRun
  evaluation: {{period: 1s}}
  behavior:
    scaleDown: {{stabilizationWindowSeconds: 0, tolerance: "0"}}
    scaleUp:
      stabilizationWindowSeconds: 0
      tolerance: "0"
      policies: [{{type: Pods, value: 1000, periodSeconds: 1}}]
  metrics:
  - name: {metric}
    type: Source
    source:
      ref: {{name: orders}}
      query: {metric}
      target: {{type: AverageValue, averageValue: "{target}"}}
"""


def source(port, name="orders", timeout="500ms"):
    return SOURCE.format(port=port, name=name, timeout=timeout)


def workload(name="worker", metric="depth", target="10", least=1, most=50):
    return OBJECT.format(name=name, metric=metric, target=target, least=least, most=most)


class Hpaplus:
    """`hpaplus run` with these documents, without a cluster."""

    program = None  # What run_tests() was told.

    def __init__(self, documents, config=None, grpc_port=0, descriptors=None, flags=None):
        self.directory = tempfile.TemporaryDirectory(prefix="hpaplus-interop-")
        self.log_file = os.path.join(self.directory.name, "log")
        arguments = [self.program, "run", "--http-listen", "127.0.0.1:0"]
        arguments += flags or ["--grpc-listen", f"127.0.0.1:{grpc_port}",
                               "--offline", self.write("objects.yaml", "---".join(documents))]
        if config is not None:
            head = "apiVersion: autoscaling.hpaplus.io/v1alpha1\nkind: ControllerConfiguration\n"
            arguments += ["--config", self.write("config.yaml", head + config)]

        def limit():
            if descriptors:
                resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))

        with open(self.log_file, "wb") as log:
            self.process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=log,
                                            preexec_fn=limit)
        started = until(lambda: '"started"' in self.log() or self.process.poll() is not None, 30)
        if not started or self.process.poll() is not None:
            self.process.kill()
            self.process.wait()
            log = self.log()
            self.directory.cleanup()
            raise RuntimeError("hpaplus has not started: " + log)
        self.grpc_port = int(re.search(r'"scaler listens","port":(\d+)', self.log()).group(1))
        self.http_port = int(re.search(r'"http_port":(\d+)', self.log()).group(1))
        self.address = f"127.0.0.1:{self.grpc_port}"

    def write(self, name, text):
        path = os.path.join(self.directory.name, name)
        with open(path, "w", encoding="utf-8") as out:
            out.write(text)
        return path

    def log(self):
        with open(self.log_file, encoding="utf-8", errors="replace") as log:
            return log.read()

    def get(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.http_port}{path}", timeout=10) as page:
            return page.read().decode()

    def metric(self, name):
        found = re.search("^" + re.escape(name) + r" (\S+)$", self.get("/metrics"), re.MULTILINE)
        return float(found.group(1)) if found else None

    def decision(self, name="worker"):
        return json.loads(self.get(f"/v1/decisions/shop/{name}"))

    def resident_bytes(self):
        with open(f"/proc/{self.process.pid}/statm", encoding="ascii") as statm:
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def stop(self, how=signal.SIGTERM):
        """The exit code."""
        self.process.send_signal(how)
        try:
            return self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()

    def close(self):
        if self.process.poll() is None:
            self.stop()
        self.directory.cleanup()


def run_tests(prepare=None, *options):
    """A file's tests as a program of its own: --hpaplus is the binary, `options` are wanted too, and
    the rest is unittest's. `prepare` is given them all before."""
    parser = argparse.ArgumentParser()
    for option in ("--hpaplus", *options):
        parser.add_argument(option, required=True)
    known, rest = parser.parse_known_args()
    Hpaplus.program = known.hpaplus
    if prepare:
        prepare(known)
    unittest.main(argv=[sys.argv[0], *rest], verbosity=2)

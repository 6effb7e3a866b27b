"""The load of a large cluster (T18), as much of it as clients in Python can make: 10,000 ScaledObjects
from several processes with a connection each, and 20,000 open streams. They get to some thousand
calls a second; what the server can do is measured by test/bench/run grpc.

  keda_load.py --hpaplus BINARY [unittest's arguments]
"""

import json
import subprocess
import sys
import time
import unittest

from keda_client import KedaClient, problem
from offline_rig import Hpaplus, Monitor, run_tests, source, until
from proto import externalscaler_pb2 as pb

OBJECTS = 10_000
STREAMS = 20_000
CLIENTS = 4
POLL_SECONDS = 15
PATIENCE = 120


def ref_of(number):
    request = pb.ScaledObjectRef(name=f"worker-{number}", namespace="shop")
    request.scalerMetadata.update({"scalerAddress": "hpaplus:9443", "source": "orders",
                                   "query": "depth", "threshold": "10", "period": "1s"})
    return request


def poll(client, mine):
    """Asks what a poll asks, of one object after the other; how long the calls took, and what they
    ended with."""
    for number in mine:  # Each trigger's first evaluation.
        client.spec(ref_of(number))
    until(lambda: all(problem(client.values, ref_of(n), "orders") is None for n in mine[::100]), 60)
    took, errors, wrong = [], [], 0
    end = time.monotonic() + POLL_SECONDS
    while time.monotonic() < end:
        for number in mine:
            request = ref_of(number)
            for call, expected in ((lambda r: client.spec(r)[0].targetSize, 10),
                                   (lambda r: client.value(r, "orders"), 40),
                                   (client.active, True)):
                began = time.monotonic()
                try:
                    wrong += call(request) != expected
                except Exception as error:  # pylint: disable=broad-except
                    errors.append(str(error)[:200])
                took.append(time.monotonic() - began)
            if time.monotonic() > end:
                break
    return {"calls": len(took), "errors": errors[:3], "wrong": wrong,
            "p50": sorted(took)[len(took) // 2], "p99": sorted(took)[int(len(took) * 0.99)]}


def watch(client, mine):
    """Opens two streams for each object, and says when all have brought something. They stay open
    until somebody says something."""
    calls = [open_stream(ref_of(n)) for n in mine
             for open_stream in (client.watch_active, client.watch_spec)]
    first = [next(call) for call in calls]
    print(json.dumps({"open": len(first)}), flush=True)
    sys.stdin.readline()
    for call in calls:
        call.cancel()
    return {"ended": len(calls)}


def work(what, address, first, count):
    client = KedaClient(address)
    mine = range(int(first), int(first) + int(count))
    print(json.dumps({"poll": poll, "watch": watch}[what](client, mine)), flush=True)
    client.close()


class Load(unittest.TestCase):
    def setUp(self):
        monitor = Monitor()
        self.addCleanup(monitor.close)
        monitor.figures = {"depth": 40}
        self.server = Hpaplus([source(monitor.port)])
        self.addCleanup(self.server.close)

    def employ(self, what, objects):
        share = objects // CLIENTS
        workers = [subprocess.Popen(
            [sys.executable, "-B", __file__, "worker", what, self.server.address, str(i * share),
             str(share)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for i in range(CLIENTS)]
        for worker in workers:
            self.addCleanup(worker.communicate, timeout=PATIENCE)
        return workers

    def test_t18_ten_thousand_objects_are_polled_without_an_error(self):
        tallies = [json.loads(worker.stdout.readline()) for worker in self.employ("poll", OBJECTS)]
        print("\n".join(map(json.dumps, tallies)), file=sys.stderr)
        self.assertEqual(self.server.metric("hpaplus_scaler_triggers"), OBJECTS)
        for tally in tallies:
            self.assertEqual((tally["errors"], tally["wrong"]), ([], 0))
            self.assertLess(tally["p99"], 0.5)  # Four of them and the server share two cores.

    def test_t18_twenty_thousand_streams_bring_their_first_messages_and_leave_nothing(self):
        workers = self.employ("watch", STREAMS // 2)
        for worker in workers:
            self.assertEqual(json.loads(worker.stdout.readline()), {"open": STREAMS // CLIENTS})
        self.assertEqual(self.server.metric("hpaplus_scaler_streams"), STREAMS)
        client = KedaClient(self.server.address)
        self.addCleanup(client.close)
        self.assertEqual(client.value(ref_of(0), "orders"), 40)
        for worker in workers:
            worker.stdin.write("\n")
            worker.stdin.flush()
            self.assertEqual(json.loads(worker.stdout.readline()), {"ended": STREAMS // CLIENTS})
        self.assertTrue(until(lambda: self.server.metric("hpaplus_scaler_streams") == 0, 60))


if __name__ == "__main__":
    if sys.argv[1:2] == ["worker"]:
        work(*sys.argv[2:])
    else:
        run_tests()

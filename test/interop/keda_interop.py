"""The interop cases of KEDA's external scaler protocol against the built program, with Python's
gRPC as the client: one test per case of docs/keda.md.

  keda_interop.py --hpaplus BINARY [unittest's arguments]

Needs the Python stubs of proto/ on PYTHONPATH.
"""

import signal
import socket
import threading
import time
import unittest

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from keda_client import KedaClient, problem, ref
from offline_rig import Hpaplus, Monitor, run_tests, source, until, workload
from proto import externalscaler_pb2 as pb

PERIOD = 1.0
SLACK = 0.2  # On top of a period: what a push may take.

UNAVAILABLE = grpc.StatusCode.UNAVAILABLE
NOT_FOUND = grpc.StatusCode.NOT_FOUND
INVALID = grpc.StatusCode.INVALID_ARGUMENT


def of_source(query="depth", threshold="10", **more):
    return ref(source="orders", query=query, threshold=threshold, period="1s", **more)


def of_object(**more):
    return ref(hpaplus="worker", **more)


class Received:
    """What a stream has brought, with the times; read by a thread."""

    def __init__(self, call):
        self.call = call
        self.messages = []
        self.times = []
        self.status = None
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self):
        try:
            for message in self.call:
                self.messages.append(message)
                self.times.append(time.monotonic())
            self.status = self.call.code()
        except grpc.RpcError as error:
            self.status = error.code()


class Case(unittest.TestCase):
    config = None

    def setUp(self):
        self.monitor = Monitor()
        self.addCleanup(self.monitor.close)
        self.monitor.figures = {"depth": 40}
        self.server = Hpaplus([source(self.monitor.port), workload()], self.config)
        self.addCleanup(self.server.close)
        self.client = KedaClient(self.server.address)
        self.addCleanup(self.client.close)

    def settle(self, request, metric, value):
        """Waits until a value is served."""
        def served():
            return (problem(self.client.values, request, metric) is None
                    and abs(self.client.value(request, metric) - value) < 0.0005)
        self.assertTrue(until(served), f"{metric} does not come to {value}")

    def set_depth(self, value, *requests):
        self.monitor.figures["depth"] = value
        for request in requests:
            self.settle(request, "depth" if "hpaplus" in request.scalerMetadata else "orders", value)


class Answers(Case):
    def test_t01_specs_have_safe_names_and_targets(self):
        for request in (of_source(), of_object(), of_object(drive="true")):
            specs = self.client.spec(request)
            self.assertEqual(len(specs), 1)
            self.assertRegex(specs[0].metricName, r"^[a-z0-9_.-]+$")
            self.assertNotRegex(specs[0].metricName, r"^s[0-9]+-")
            self.assertGreaterEqual(specs[0].targetSize, 1)
            self.assertGreaterEqual(specs[0].targetSizeFloat, 0.001)
            self.assertEqual(self.client.spec(request), specs)

    def test_t02_values_are_the_monitors_and_agree_with_activity(self):
        for request, name in ((of_source(), "orders"), (of_object(), "depth")):
            for value in (40, 12.345, 0):
                self.monitor.figures["depth"] = value
                self.settle(request, name, value)
                self.assertEqual(self.client.active(request), value > 0)

    def test_t03_activation_is_strict(self):
        request = of_source(activationThreshold="5")
        self.set_depth(5, request)
        self.assertFalse(self.client.active(request))
        self.set_depth(5.001, request)
        self.assertTrue(self.client.active(request))

    def test_t04_both_fields_are_filled(self):
        request = of_source(threshold="6.111")
        self.set_depth(22.222, request)
        (value,) = self.client.values(request, "orders")
        self.assertAlmostEqual(value.metricValueFloat, 22.222, places=3)
        self.assertEqual(value.metricValue, 22)
        (spec,) = self.client.spec(request)
        self.assertAlmostEqual(spec.targetSizeFloat, 6.111, places=3)
        self.assertEqual(spec.targetSize, 6)
        (small,) = self.client.spec(of_source(threshold="0.2"))
        self.assertEqual(small.targetSize, 1)

    def test_t05_extremes(self):
        request = of_source()
        self.set_depth(0, request)
        (zero,) = self.client.values(request, "orders")
        self.assertEqual((zero.metricValue, zero.metricValueFloat), (0, 0))
        self.set_depth(1e18, request)
        (large,) = self.client.values(request, "orders")
        self.assertEqual((large.metricValue, large.metricValueFloat), (10**18, 1e18))
        self.set_depth(1e30, request)
        (larger,) = self.client.values(request, "orders")
        self.assertEqual(larger.metricValue, 2**63 - 1)
        for text in ('{"depth": -5}', '{"depth": NaN}', '{"depth": null}', "{}"):
            self.monitor.text = text
            self.assertTrue(until(lambda: problem(self.client.values, request, "orders")), text)
            self.assertEqual(problem(self.client.values, request, "orders")[0], UNAVAILABLE)
            self.monitor.text = None
            self.set_depth(3, request)

    def test_t06_an_outage_is_an_error_and_never_zero(self):
        requests = ((of_source(), "orders"), (of_object(), "depth"))
        for request, name in requests:
            self.settle(request, name, 40)
        self.monitor.down = True
        for request, name in requests:
            self.assertTrue(until(lambda: problem(self.client.values, request, name)))
            began = time.monotonic()
            codes = [problem(self.client.values, request, name),
                     problem(self.client.active, request)] * 2
            took = (time.monotonic() - began) / len(codes)
            self.assertEqual({code for code, _ in codes}, {UNAVAILABLE})
            self.assertEqual(codes[0], codes[2])
            self.assertLess(took, 0.05)  # Of a client in Python on a busy machine.
            self.assertIsNone(problem(self.client.spec, request))
        self.monitor.down = False
        for request, name in requests:
            self.assertTrue(until(lambda: problem(self.client.values, request, name) is None, 12))

    def test_t07_error_codes(self):
        cases = ((ref(hpaplus="nobody"), NOT_FOUND, "shop/nobody"),
                 (of_object(metric="rate"), NOT_FOUND, "rate"),
                 (ref(source="nobody", query="a", threshold="1"), NOT_FOUND, "source"),
                 (ref(), INVALID, "scalerMetadata.hpaplus"),
                 (ref(source="orders", threshold="1"), INVALID, "scalerMetadata.query"),
                 (ref(source="orders", query="depth"), INVALID, "scalerMetadata.threshold"),
                 (of_source(treshold="1"), INVALID, "scalerMetadata.treshold"),
                 (of_object(drive="yes"), INVALID, "scalerMetadata.drive"))
        for request, code, text in cases:
            for call in (self.client.spec, self.client.active,
                         lambda one: self.client.values(one, "depth"),
                         lambda one: next(self.client.watch_active(one)),
                         lambda one: next(self.client.watch_spec(one))):
                self.assertEqual(problem(call, request)[0], code, request)
                self.assertIn(text, problem(call, request)[1])
        self.settle(of_object(), "depth", 40)
        self.assertEqual(problem(self.client.values, of_object(), "nothing")[0], NOT_FOUND)
        self.assertEqual(self.client.values(of_object(), "DEPTH")[0].metricName, "depth")
        other = pb.ScaledObjectRef(name="worker", namespace="elsewhere")
        other.scalerMetadata["hpaplus"] = "worker"
        self.assertEqual(problem(self.client.spec, other)[0], NOT_FOUND)

    def test_t08_two_triggers_of_one_object_are_independent(self):
        self.monitor.figures["rate"] = 7
        first, second = of_source("depth", "10"), of_source("rate", "20")
        self.settle(first, "orders", 40)
        self.settle(second, "orders", 7)
        self.assertEqual([self.client.spec(r)[0].targetSize for r in (first, second)], [10, 20])

    def test_t10_a_client_without_doubles_works_on_integers(self):
        file = descriptor_pb2.FileDescriptorProto(name="old.proto", package="old", syntax="proto3")
        inner = file.message_type.add(name="MetricValue")
        inner.field.add(name="metricName", number=1, type=9, label=1)
        inner.field.add(name="metricValue", number=2, type=3, label=1)
        outer = file.message_type.add(name="GetMetricsResponse")
        outer.field.add(name="metricValues", number=1, type=11, label=3,
                        type_name=".old.MetricValue")
        pool = descriptor_pool.DescriptorPool()
        pool.Add(file)
        old = message_factory.MessageFactory(pool).GetPrototype(
            pool.FindMessageTypeByName("old.GetMetricsResponse"))
        request = of_source()
        self.set_depth(22.222, request)
        answer = self.client.raw("GetMetrics")(
            pb.GetMetricsRequest(scaledObjectRef=request, metricName="orders").SerializeToString())
        self.assertEqual(old.FromString(answer).metricValues[0].metricValue, 22)

    def test_t11_unknown_fields_are_ignored(self):
        request = of_object().SerializeToString() + bytes([15 << 3 | 2, 3]) + b"new"
        answer = self.client.raw("GetMetricSpec")(request)
        self.assertEqual(pb.GetMetricSpecResponse.FromString(answer).metricSpecs[0].targetSize, 10)

    def test_t19_activity_never_contradicts_the_value_before_it(self):
        request = of_source()
        self.settle(request, "orders", 40)
        stop = time.monotonic() + 6
        streams = [Received(self.client.watch_active(request)) for _ in range(5)]
        contradictions, longest = 0, 0.0
        since = None
        while time.monotonic() < stop:
            self.monitor.figures["depth"] = 40 if int(time.monotonic() * 2) % 2 else 0
            value = self.client.value(request, "orders")
            if self.client.active(request) == (value > 0):
                since = None
                continue
            contradictions += 1
            since = since or time.monotonic()
            longest = max(longest, time.monotonic() - since)
        self.assertLess(longest, PERIOD)
        for stream in streams:
            stream.call.cancel()

    def test_t22_replicas_answer_alike(self):
        second = Hpaplus([source(self.monitor.port), workload()])
        self.addCleanup(second.close)
        clients = [self.client, KedaClient(second.address)]
        self.addCleanup(clients[1].close)
        for request, name in ((of_source(), "orders"), (of_object(), "depth"),
                              (of_object(drive="true"), "replicas")):
            self.assertEqual(*(client.spec(request) for client in clients))
            for client in clients:
                self.assertTrue(until(lambda: problem(client.values, request, name) is None))
            self.assertEqual(*(client.values(request, name) for client in clients))

    def test_t23_a_slow_source_slows_no_call_down(self):
        request = of_source()
        self.settle(request, "orders", 40)
        self.monitor.delay = 5
        worst = 0.0
        for _ in range(300):
            began = time.monotonic()
            problem(self.client.values, request, "orders")
            worst = max(worst, time.monotonic() - began)
            time.sleep(0.01)
        self.assertLess(worst, 0.5)  # A call that waited for the source would take seconds.

    def test_t24_the_hpa_comes_to_the_size_that_was_decided(self):
        plain, driven = of_object(), of_object(drive="true")
        for value in (5, 22.222, 95, 130.5, 20):
            self.set_depth(value, plain)
            (spec,) = self.client.spec(plain)
            wanted = max(1, -(-self.client.value(plain, "depth") // spec.targetSizeFloat))
            self.assertTrue(until(lambda: self.client.value(driven, "replicas") == wanted),
                            f"{value}: {wanted}, {self.server.decision()}")
            self.assertEqual(self.server.decision()["desiredReplicas"], wanted)

    def test_compressed_messages_are_refused(self):
        code, text = problem(lambda: self.client.spec_call(
            of_source(query="depth" * 1000), timeout=20, compression=grpc.Compression.Gzip))
        self.assertEqual(code, grpc.StatusCode.UNIMPLEMENTED, text)

    def test_health_and_reflection_are_served(self):
        check = self.client.channel.unary_unary("/grpc.health.v1.Health/Check")
        self.assertEqual(check(b"", timeout=5), b"\x08\x01")
        listing = self.client.channel.stream_stream(
            "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo")
        answer = next(listing(iter([bytes([7 << 3 | 2, 1]) + b"*"]), timeout=5))
        self.assertIn(b"externalscaler.ExternalScaler", answer)


class Expiry(Case):
    config = "grpc: {expireAfter: 1s}\n"

    def test_t09_a_changed_key_is_a_new_trigger_and_the_old_one_expires(self):
        self.assertEqual(self.client.spec(of_source(threshold="10"))[0].targetSize, 10)
        self.assertEqual(self.client.spec(of_source(threshold="11"))[0].targetSize, 11)
        self.assertEqual(self.server.metric("hpaplus_scaler_triggers"), 2)
        self.assertTrue(until(lambda: self.server.metric("hpaplus_scaler_triggers") == 0, 30, 0.5))


class Streams(Case):
    def test_t12_t13_true_once_when_it_becomes_active_and_never_false(self):
        request = of_source()
        self.set_depth(0, request)
        stream = Received(self.client.watch_active(request))
        time.sleep(2 * PERIOD)
        self.assertEqual(stream.messages, [])
        for count in (1, 2):
            changed = time.monotonic()
            self.monitor.figures["depth"] = 40
            self.assertTrue(until(lambda: len(stream.messages) == count, 5, 0.002))
            # The monitor's own answer and a busy machine come on top.
            self.assertLess(stream.times[-1] - changed, PERIOD + SLACK + 0.3)
            time.sleep(2.5 * PERIOD)
            self.assertEqual(len(stream.messages), count)
            self.set_depth(0, request)
        self.assertTrue(all(message.result for message in stream.messages))
        self.assertIsNone(stream.status)

    def test_an_active_object_is_told_at_once(self):
        request = of_object()
        self.settle(request, "depth", 40)
        stream = Received(self.client.watch_active(request))
        self.assertTrue(until(lambda: len(stream.messages) == 1, 2))

    def test_t14_specs_come_at_once(self):
        began = time.monotonic()
        stream = Received(self.client.watch_spec(of_object()))
        self.assertTrue(until(lambda: stream.messages, 5))
        self.assertLess(stream.times[0] - began, 1)
        self.assertEqual(list(stream.messages[0].metricSpecs), self.client.spec(of_object()))
        time.sleep(2 * PERIOD)
        self.assertEqual(len(stream.messages), 1)

    def test_t15_cancelled_streams_leave_nothing_behind(self):
        request = of_object()
        self.settle(request, "depth", 40)

        def thousand():
            for _ in range(10):
                calls = [self.client.watch_active(request) for _ in range(100)]
                for call in calls:
                    call.cancel()
            self.assertTrue(until(lambda: self.server.metric("hpaplus_scaler_streams") == 0, 20))

        thousand()
        before = self.server.resident_bytes()
        thousand()
        self.assertLess(self.server.resident_bytes() - before, 16 << 20)

    def test_t16_streams_end_with_ok_when_the_server_stops(self):
        streams = [Received(self.client.watch_active(of_object())),
                   Received(self.client.watch_spec(of_object())),
                   Received(self.client.watch_active(of_source()))]
        self.assertTrue(until(lambda: self.server.metric("hpaplus_scaler_streams") == 3))
        self.assertEqual(self.server.stop(), 0)
        for stream in streams:
            self.assertTrue(until(lambda: stream.status is not None))
            self.assertEqual(stream.status, grpc.StatusCode.OK)

    def test_t17_thousands_of_streams_do_not_starve_calls(self):
        request = of_object()
        self.settle(request, "depth", 40)
        calls = [self.client.watch_active(request) for _ in range(2000)]
        calls += [self.client.watch_spec(request) for _ in range(2000)]
        self.assertTrue(until(lambda: self.server.metric("hpaplus_scaler_streams") == 4000, 60))
        took = []
        for _ in range(500):
            began = time.monotonic()
            self.client.value(request, "depth")
            took.append(time.monotonic() - began)
        self.assertLess(sorted(took)[int(len(took) * 0.99)], 0.1)
        for call in calls:
            call.cancel()


class BlackHole:
    """A relay that stops passing anything on, and closes nothing: a host that has vanished."""

    def __init__(self, port):
        self.swallow = False
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port = self.listening.getsockname()[1]
        self.target = port
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listening.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self.target))
            for pair in ((client, server), (server, client)):
                threading.Thread(target=self.relay, args=pair, daemon=True).start()

    def relay(self, source_socket, sink):
        while True:
            try:
                data = source_socket.recv(65536)
            except OSError:
                return
            if not data:
                return
            if not self.swallow:
                sink.sendall(data)


class Losses(Case):
    config = "grpc: {keepalive: 1s}\n"

    def test_t21_streams_of_a_vanished_client_are_given_up(self):
        hole = BlackHole(self.server.grpc_port)
        lost = KedaClient(f"127.0.0.1:{hole.port}")
        self.settle(of_object(), "depth", 40)
        streams = [lost.watch_active(of_object()) for _ in range(20)]
        self.assertTrue(until(lambda: self.server.metric("hpaplus_scaler_streams") == 20))
        hole.swallow = True
        self.assertTrue(until(lambda: self.server.metric("hpaplus_scaler_streams") == 0, 30, 0.2))
        self.assertIsNone(problem(self.client.spec, of_object()))
        for stream in streams:
            stream.cancel()
        hole.listening.close()

    def test_clients_resume_after_a_kill_under_load(self):
        request = of_object()
        self.settle(request, "depth", 40)
        stop = threading.Event()

        def poll():
            while not stop.is_set():
                problem(self.client.values, request, "depth")

        pollers = [threading.Thread(target=poll, daemon=True) for _ in range(4)]
        for poller in pollers:
            poller.start()
        port = self.server.grpc_port
        self.server.stop(signal.SIGKILL)
        again = Hpaplus([source(self.monitor.port), workload()], grpc_port=port)
        self.addCleanup(again.close)
        back = time.monotonic()
        resumed = until(lambda: problem(self.client.values, request, "depth") is None, 10)
        took = time.monotonic() - back
        stop.set()
        for poller in pollers:
            poller.join()
        self.assertTrue(resumed)
        self.assertLess(took, 3)


class Peers(Case):
    config = "grpc: {maxConnectionsPerPeer: 2}\n"

    def test_one_address_has_so_many_connections(self):
        second, third = (KedaClient(self.server.address) for _ in range(2))
        self.addCleanup(third.close)
        self.assertIsNone(problem(self.client.spec, of_object()))
        self.assertIsNone(problem(second.spec, of_object()))
        self.assertEqual(problem(third.spec, of_object())[0], UNAVAILABLE)
        self.assertGreaterEqual(self.server.metric("hpaplus_scaler_refused_connections_total"), 1)
        second.close()
        self.assertTrue(until(lambda: problem(third.spec, of_object()) is None))
        self.assertEqual(self.server.metric("hpaplus_scaler_listener_reopened_total"), 0)
        self.assertEqual(self.server.get("/healthz").strip(), "ok")


class Flood(unittest.TestCase):
    def test_a_flood_of_silent_connections_locks_nobody_out(self):
        monitor = Monitor()
        self.addCleanup(monitor.close)
        monitor.figures = {"depth": 40}
        server = Hpaplus([source(monitor.port), workload()], descriptors=64)
        self.addCleanup(server.close)
        first = KedaClient(server.address)
        self.addCleanup(first.close)
        self.assertTrue(until(lambda: problem(first.values, of_object(), "depth") is None))
        silent = []
        for _ in range(400):
            one = socket.socket()
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", server.grpc_port))
            silent.append(one)
        began = time.monotonic()
        fresh = KedaClient(server.address)  # While they all stay.
        self.addCleanup(fresh.close)
        self.assertTrue(until(lambda: problem(fresh.values, of_object(), "depth") is None, 10))
        self.assertLess(time.monotonic() - began, 2)
        self.assertIsNone(problem(first.values, of_object(), "depth"))
        for one in silent:
            one.close()
        newest = KedaClient(server.address)
        self.addCleanup(newest.close)
        self.assertIsNone(problem(newest.values, of_object(), "depth"))
        self.assertIsNone(server.process.poll())


if __name__ == "__main__":
    run_tests()

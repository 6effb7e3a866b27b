"""The TLS cases of KEDA's external scaler protocol (T20), the list of clients, and the change of
certificates under a running server. Certificates are made with openssl.

  keda_tls.py --hpaplus BINARY [unittest's arguments]
"""

import os
import subprocess
import tempfile
import unittest

import grpc

from keda_client import KedaClient, problem, ref
from offline_rig import Hpaplus, Monitor, run_tests, source, until, workload

UNAVAILABLE = grpc.StatusCode.UNAVAILABLE


class Authority:
    """A certificate authority, and what it issues: files of PEM."""

    def __init__(self, directory, name):
        self.directory = directory
        self.name = name
        self.certificate = self.path(name + ".crt")
        self.key = self.path(name + ".key")
        self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                     "-nodes", "-days", "2", "-subj", "/CN=" + name, "-keyout", self.key,
                     "-out", self.certificate)

    def path(self, name):
        return os.path.join(self.directory, name)

    def openssl(self, *arguments):
        subprocess.run(["openssl", *arguments], check=True, capture_output=True)

    def issue(self, name, alternatives="IP:127.0.0.1,DNS:localhost", common_name=None):
        """Its certificate's file and its key's."""
        request, certificate, key = (self.path(name + end) for end in (".csr", ".crt", ".key"))
        extensions = self.path(name + ".ext")
        with open(extensions, "w", encoding="ascii") as out:
            out.write("subjectAltName=" + alternatives + "\n")
        self.openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                     "-subj", "/CN=" + (common_name or name), "-keyout", key, "-out", request)
        self.openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.key,
                     "-CAcreateserial", "-days", "1", "-extfile", extensions, "-out", certificate)
        return certificate, key


def read(path):
    with open(path, "rb") as data:
        return data.read()


class Tls(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="hpaplus-tls-")
        self.addCleanup(directory.cleanup)
        self.authority = Authority(directory.name, "ours")
        self.strangers = Authority(directory.name, "theirs")
        self.certificate, self.key = self.authority.issue("server")
        self.monitor = Monitor()
        self.addCleanup(self.monitor.close)
        self.monitor.figures = {"depth": 40}

    def start(self, client_ca=False, clients=()):
        tls = f"certFile: {self.certificate}, keyFile: {self.key}"
        if client_ca:
            tls += f", clientCAFile: {self.authority.certificate}"
        names = ", ".join(f'"{name}"' for name in clients)
        self.server = Hpaplus([source(self.monitor.port), workload()],
                              f"grpc: {{tls: {{{tls}}}, clients: [{names}]}}\n")
        self.addCleanup(self.server.close)

    def call(self, credentials):
        """What a new client's first call ends with; None: with an answer."""
        client = KedaClient(self.server.address, credentials)
        try:
            return problem(client.spec, ref(hpaplus="worker"))
        finally:
            client.close()

    def trusting(self, pair=None, roots=None):
        certificate, key = pair or (None, None)
        return grpc.ssl_channel_credentials(
            read(roots or self.authority.certificate), key and read(key),
            certificate and read(certificate))

    def handshake(self, *arguments):
        """What openssl says about a connection."""
        done = subprocess.run(
            ["openssl", "s_client", "-connect", self.server.address, "-alpn", "h2",
             "-CAfile", self.authority.certificate, *arguments],
            input=b"", capture_output=True, timeout=20, check=False)
        return (done.stdout + done.stderr).decode(errors="replace")

    def test_t20_plaintext_and_tls(self):
        self.start()
        self.assertIsNone(self.call(self.trusting()))
        self.assertEqual(self.call(None)[0], UNAVAILABLE)
        self.assertEqual(self.call(self.trusting(roots=self.strangers.certificate))[0],
                         UNAVAILABLE)
        self.assertIn("ALPN protocol: h2", self.handshake("-tls1_2"))
        self.assertIn("ALPN protocol: h2", self.handshake("-tls1_3"))
        self.assertNotIn("ALPN protocol: h2",
                         self.handshake("-tls1_1", "-cipher", "ALL:@SECLEVEL=0"))

    def test_t20_mutual_tls_refuses_strangers_and_the_nameless(self):
        self.start(client_ca=True)
        self.assertIsNone(self.call(self.trusting(self.authority.issue("keda"))))
        self.assertEqual(self.call(self.trusting())[0], UNAVAILABLE)
        self.assertEqual(self.call(self.trusting(self.strangers.issue("keda2")))[0], UNAVAILABLE)

    def test_only_listed_clients_are_served(self):
        self.start(client_ca=True, clients=["keda-operator", "spiffe://cluster/keda",
                                            "keda.keda.svc"])
        cases = (("a", "keda-operator", "DNS:other", True),
                 ("b", "other", "URI:spiffe://cluster/keda", True),
                 ("c", "other", "DNS:x,DNS:keda.keda.svc", True),
                 ("d", "other", "DNS:x", False),
                 ("e", "keda-operator2", "URI:spiffe://cluster/keda/x", False))
        for name, common_name, alternatives, listed in cases:
            pair = self.authority.issue(name, alternatives, common_name)
            answer = self.call(self.trusting(pair))
            self.assertEqual(answer is None, listed, f"{name}: {answer}")

    def test_certificates_are_changed_under_a_running_server(self):
        self.start()
        self.assertIsNone(self.call(self.trusting()))
        certificate, key = self.strangers.issue("renewed")
        for fresh, place in ((key, self.key), (certificate, self.certificate)):
            os.replace(fresh, place)
        renewed = self.trusting(roots=self.strangers.certificate)
        self.assertTrue(until(lambda: self.call(renewed) is None, 30, 0.5))
        self.assertEqual(self.call(self.trusting())[0], UNAVAILABLE)


class Settings(unittest.TestCase):
    def refused(self, listen, config):
        """Why the program does not start."""
        with self.assertRaises(RuntimeError) as caught:
            Hpaplus([workload()], config, flags=["--cluster", "embedded",
                                                          "--grpc-listen", listen])
        return str(caught.exception)

    def test_beyond_this_host_certificates_of_both_sides_are_wanted(self):
        self.assertIn("grpc.insecure: true", self.refused("0.0.0.0:0", "grpc: {}\n"))
        self.assertIn("needs certFile and keyFile",
                      self.refused("127.0.0.1:0", "grpc: {tls: {keyFile: /k}}\n"))
        self.assertIn("needs clientCAFile",
                      self.refused("127.0.0.1:0", "grpc: {clients: [keda]}\n"))
        self.assertIn("cannot read /k",
                      self.refused("127.0.0.1:0", "grpc: {tls: {keyFile: /k, certFile: /k}}\n"))


if __name__ == "__main__":
    run_tests()

#!/usr/bin/env python3
"""A collector plug-in: how much work waits in spool directories.

It speaks proto/collector.proto. Many systems hand work over as files in a directory, one directory
per queue. The queries:

    orders            how many files wait in the directory "orders"
    orders/oldest     how many seconds the oldest of them has waited; nothing when none waits

The directory that holds them all comes from the source object (spec.grpc.parameters.root) or, when
that says nothing, from --root.
"""

import argparse
import os
import re
import time
from concurrent import futures

import grpc
from proto import collector_pb2 as pb
from proto import collector_pb2_grpc as rpc

PUSH_EVERY_SECONDS = 1.0
QUERY = re.compile(r"([A-Za-z0-9_-]+)(/oldest)?")


class Refused(Exception):
    """What a query cannot be answered with, and why."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


def read(root, expression):
    """The samples for one query: a list of (value, when it was measured)."""
    match = QUERY.fullmatch(expression)
    if match is None:
        raise Refused(pb.QueryError.INVALID_ARGUMENT, "a query is NAME or NAME/oldest")
    now = time.time()
    try:
        with os.scandir(os.path.join(root, match[1])) as entries:
            waiting = [entry.stat().st_mtime for entry in entries if entry.is_file()]
    except FileNotFoundError:
        raise Refused(pb.QueryError.NOT_FOUND, f"there is no queue {match[1]}") from None
    except PermissionError:
        raise Refused(pb.QueryError.PERMISSION_DENIED, f"queue {match[1]} cannot be read") from None
    except OSError as error:
        raise Refused(pb.QueryError.UNAVAILABLE, error.strerror) from None
    if match[2] is None:
        return [(len(waiting), now)]
    return [(now - min(waiting), now)] if waiting else []  # No samples: nothing there, not zero.


def answer(root, query):
    try:
        samples = read(root, query.expression)
    except Refused as refusal:
        return pb.QueryResult(error=pb.QueryError(code=refusal.code, message=str(refusal)))
    return pb.QueryResult(
        samples=[pb.Sample(value=value, timestamp_ms=int(at * 1000)) for value, at in samples]
    )


class Spool(rpc.CollectorServicer):
    def __init__(self, root):
        self.root = root

    def Describe(self, request, context):
        return pb.DescribeResponse(
            name="spool",
            version="1.0.0",
            capabilities=pb.Capabilities(collect=True, stream=True),
            limits=pb.Limits(max_queries=100),
        )

    def Collect(self, request, context):
        root = request.parameters.get("root", self.root)
        return pb.CollectResponse(results=[answer(root, query) for query in request.queries])

    def Stream(self, request, context):
        root = request.parameters.get("root", self.root)
        while context.is_active():
            yield pb.StreamResponse(
                updates=[
                    pb.StreamUpdate(query_index=index, result=answer(root, query))
                    for index, query in enumerate(request.queries)
                ]
            )
            time.sleep(PUSH_EVERY_SECONDS)


class OnlyWithToken(grpc.ServerInterceptor):
    """Refuses whoever does not send the bearer token. Use it with TLS only."""

    def __init__(self, token):
        self.expected = ("authorization", f"Bearer {token}")

        def refuse(request, context):
            context.abort(grpc.StatusCode.UNAUTHENTICATED, "wrong or missing token")

        self.refusal = grpc.unary_unary_rpc_method_handler(refuse)

    def intercept_service(self, continuation, details):
        if self.expected in details.invocation_metadata:
            return continuation(details)
        return self.refusal


def credentials(options):
    if options.tls_cert is None:
        return None

    def content(path):
        with open(path, "rb") as file:
            return file.read()

    client_ca = content(options.client_ca) if options.client_ca else None
    return grpc.ssl_server_credentials(
        [(content(options.tls_key), content(options.tls_cert))],
        root_certificates=client_ca,
        require_client_auth=client_ca is not None,
    )


def main():
    parser = argparse.ArgumentParser(description="counts files in spool directories")
    parser.add_argument("--root", default=".", help="where the queues' directories are")
    parser.add_argument("--listen", default="127.0.0.1:0", help="address and port; 0: a free one")
    parser.add_argument("--tls-cert", help="PEM file; with it TLS is on")
    parser.add_argument("--tls-key", help="PEM file")
    parser.add_argument("--client-ca", help="PEM file; with it clients need a certificate")
    parser.add_argument("--token-file", help="clients need this bearer token")
    options = parser.parse_args()

    interceptors = []
    if options.token_file:
        with open(options.token_file, encoding="utf-8") as file:
            interceptors.append(OnlyWithToken(file.read().strip()))
    # A stream holds a worker for as long as it is open.
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=16), interceptors=interceptors)
    rpc.add_CollectorServicer_to_server(Spool(options.root), server)
    tls = credentials(options)
    if tls is None:
        port = server.add_insecure_port(options.listen)
    else:
        port = server.add_secure_port(options.listen, tls)
    server.start()
    print(f"listening on port {port}", flush=True)
    server.wait_for_termination()


if __name__ == "__main__":
    main()

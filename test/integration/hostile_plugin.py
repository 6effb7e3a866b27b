"""A plug-in that does what the query says, which is never what a plug-in should do.

It is a program of its own, so that it can hang and die in the middle of a call.
"""

import math
import os
import sys
import threading
import time
from concurrent import futures

import grpc
from proto import collector_pb2 as pb
from proto import collector_pb2_grpc as rpc


def result(value, at=None):
    at = time.time() if at is None else at
    return pb.QueryResult(samples=[pb.Sample(value=value, timestamp_ms=int(at * 1000))])


class Hostile(rpc.CollectorServicer):
    def Describe(self, request, context):
        return pb.DescribeResponse(
            name="hostile\n\x1b[31m" + "x" * 1000,
            version=str(os.getpid()),
            capabilities=pb.Capabilities(collect=True, stream="stream" in request.parameters),
        )

    def Collect(self, request, context):
        asked = [query.expression for query in request.queries]
        if "hang" in asked:
            threading.Event().wait(60)
        if "die" in asked:
            os._exit(1)
        if "huge" in asked:
            error = pb.QueryError(message="x" * (100 << 20))
            return pb.CollectResponse(results=[pb.QueryResult(error=error)])
        if "too few" in asked:
            return pb.CollectResponse()
        if "too many" in asked:
            return pb.CollectResponse(results=[result(1)] * (len(asked) + 1))
        if "raise" in asked:
            raise RuntimeError("a mistake in the plug-in")
        answers = {
            "nan": result(math.nan),
            "infinite": result(math.inf),
            "negative": result(-1),
            "future": result(1, time.time() + 3600),
            "year 3000": result(1, 32503680000),
            "nothing": pb.QueryResult(),
            "many": pb.QueryResult(samples=[pb.Sample(value=1)] * 1001),
            "pid": result(os.getpid()),
        }
        return pb.CollectResponse(results=[answers[expression] for expression in asked])

    def Stream(self, request, context):
        yield pb.StreamResponse(
            updates=[
                pb.StreamUpdate(query_index=index, result=result(os.getpid()))
                for index in range(len(request.queries))
            ]
        )
        if request.parameters["stream"] == "dies":
            os._exit(1)
        threading.Event().wait(60)


def main():
    # The default is 4 MiB for what a server sends, too.
    server = grpc.server(
        futures.ThreadPoolExecutor(max_workers=16), options=[("grpc.max_send_message_length", -1)]
    )
    rpc.add_CollectorServicer_to_server(Hostile(), server)
    port = server.add_insecure_port(sys.argv[1])
    server.start()
    print(f"listening on port {port}", flush=True)
    server.wait_for_termination()


if __name__ == "__main__":
    main()

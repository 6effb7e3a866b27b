"""Sends metrics by OTLP over gRPC, as an application's SDK does.

  send_otlp.py ADDRESS SOURCE TOKEN VALUE [CA_FILE]

Prints the name of the call's status, and what was rejected.
"""

import sys
import time

import grpc

from proto import otlp_metrics_pb2 as otlp
from proto import otlp_metrics_pb2_grpc as otlp_grpc


def main():
    address, source, token, value = sys.argv[1:5]
    if len(sys.argv) > 5:
        with open(sys.argv[5], "rb") as ca:
            channel = grpc.secure_channel(address, grpc.ssl_channel_credentials(ca.read()))
    else:
        channel = grpc.insecure_channel(address)
    request = otlp.ExportMetricsServiceRequest()
    resource = request.resource_metrics.add()
    name = resource.resource.attributes.add(key="service.name")
    name.value.string_value = "checkout"
    scope = resource.scope_metrics.add()
    gauge = scope.metrics.add(name="queue.depth").gauge
    gauge.data_points.add(time_unix_nano=time.time_ns(), as_double=float(value))
    gauge.data_points.add(time_unix_nano=time.time_ns() + 10**12, as_int=1)  # Refused.
    metadata = [("hpaplus-source", source), ("authorization", "Bearer " + token)]
    try:
        answer = otlp_grpc.MetricsServiceStub(channel).Export(
            request, metadata=metadata, timeout=10)
        print("OK", answer.partial_success.rejected_data_points)
    except grpc.RpcError as error:
        print(error.code().name, 0)


main()

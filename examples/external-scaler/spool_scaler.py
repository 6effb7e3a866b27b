#!/usr/bin/env python3
"""An external scaler as KEDA knows them: how many files wait in a directory.

It speaks proto/externalscaler.proto. Its whole configuration comes with each call, as the metadata:

    directory    the directory; needed
    target       how many files a replica works on; 5 by default
"""

import argparse
import os
import time
from concurrent import futures

import grpc
from proto import externalscaler_pb2 as pb
from proto import externalscaler_pb2_grpc as rpc

METRIC = "waiting-files"
LOOK_EVERY_SECONDS = 0.2


def waiting(ref, context):
    directory = ref.scalerMetadata.get("directory")
    if not directory:
        context.abort(grpc.StatusCode.INVALID_ARGUMENT, "metadata has no directory")
    try:
        with os.scandir(directory) as entries:
            return sum(entry.is_file() for entry in entries)
    except OSError as error:
        context.abort(grpc.StatusCode.UNAVAILABLE, f"{directory}: {error.strerror}")


class SpoolScaler(rpc.ExternalScalerServicer):
    def GetMetricSpec(self, request, context):
        try:
            target = float(request.scalerMetadata.get("target", "5"))
        except ValueError:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "target is no number")
        spec = pb.MetricSpec(metricName=METRIC, targetSize=max(1, round(target)))
        spec.targetSizeFloat = target
        return pb.GetMetricSpecResponse(metricSpecs=[spec])

    def GetMetrics(self, request, context):
        if request.metricName != METRIC:
            context.abort(grpc.StatusCode.NOT_FOUND, f"there is no metric {request.metricName}")
        count = waiting(request.scaledObjectRef, context)
        value = pb.MetricValue(metricName=METRIC, metricValue=count, metricValueFloat=count)
        return pb.GetMetricsResponse(metricValues=[value])

    def IsActive(self, request, context):
        return pb.IsActiveResponse(result=waiting(request, context) > 0)

    def StreamIsActive(self, request, context):
        was_active = False
        while context.is_active():
            active = waiting(request, context) > 0
            if active and not was_active:
                yield pb.IsActiveResponse(result=True)
            was_active = active
            time.sleep(LOOK_EVERY_SECONDS)


def main():
    parser = argparse.ArgumentParser(description="scales by the files in a directory")
    parser.add_argument("--listen", default="127.0.0.1:0", help="address and port; 0: a free one")
    options = parser.parse_args()
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=16))
    rpc.add_ExternalScalerServicer_to_server(SpoolScaler(), server)
    port = server.add_insecure_port(options.listen)
    server.start()
    print(f"listening on port {port}", flush=True)
    server.wait_for_termination()


if __name__ == "__main__":
    main()

"""A client of KEDA's external scaler protocol, as KEDA calls it: no deadline but the tests' own, no
metadata, one channel for all objects."""

import grpc

from proto import externalscaler_pb2 as pb

SERVICE = "/externalscaler.ExternalScaler/"
DEADLINE = 20


def ref(name="worker", **metadata):
    request = pb.ScaledObjectRef(name=name, namespace="shop")
    request.scalerMetadata["scalerAddress"] = "hpaplus:9443"
    for key, text in metadata.items():
        request.scalerMetadata[key] = text
    return request


class KedaClient:
    def __init__(self, address, credentials=None, options=()):
        # grpc-go waits a second before it dials again, and does not look a name up anew before.
        options = [("grpc.enable_retries", 0), ("grpc.max_reconnect_backoff_ms", 1000),
                   ("grpc.dns_min_time_between_resolutions_ms", 100),
                   ("grpc.use_local_subchannel_pool", 1), *options]
        self.channel = (grpc.secure_channel(address, credentials, options) if credentials else
                        grpc.insecure_channel(address, options))
        self.spec_call = self.unary("GetMetricSpec", pb.GetMetricSpecResponse)
        self.active_call = self.unary("IsActive", pb.IsActiveResponse)
        self.metrics_call = self.unary("GetMetrics", pb.GetMetricsResponse)

    def unary(self, method, response):
        return self.channel.unary_unary(
            SERVICE + method, request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=response.FromString)

    def stream(self, method, response, request):
        return self.channel.unary_stream(
            SERVICE + method, request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=response.FromString)(request)

    def raw(self, method):
        """Bytes in, bytes out."""
        return self.channel.unary_unary(SERVICE + method)

    def spec(self, request):
        return list(self.spec_call(request, timeout=DEADLINE).metricSpecs)

    def active(self, request):
        return self.active_call(request, timeout=DEADLINE).result

    def values(self, request, metric):
        return list(self.metrics_call(
            pb.GetMetricsRequest(scaledObjectRef=request, metricName=metric),
            timeout=DEADLINE).metricValues)

    def value(self, request, metric):
        """As KEDA reads it: the double when it is above 0, otherwise the integer."""
        (one,) = self.values(request, metric)
        return one.metricValueFloat if one.metricValueFloat > 0 else float(one.metricValue)

    def watch_active(self, request):
        return self.stream("StreamIsActive", pb.IsActiveResponse, request)

    def watch_spec(self, request):
        return self.stream("StreamMetricSpec", pb.GetMetricSpecResponse, request)

    def close(self):
        self.channel.close()


def problem(call, *arguments):
    """The status code that a call ends with, and its text; None when it succeeds."""
    try:
        call(*arguments)
    except grpc.RpcError as error:
        return error.code(), error.details()
    return None

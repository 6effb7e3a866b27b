#pragma once

#include <map>
#include <string>

namespace hpaplus {

/// spec.grpc of a source of type GRPC: a collector that runs as a program of its own and speaks
/// proto/collector.proto.
struct GrpcSource {
  bool stream = false;  // spec.grpc.mode: Stream. It pushes, and is asked only for what it has not.
  std::map<std::string, std::string> parameters;  // The program's own options.
  bool operator==(const GrpcSource&) const = default;
};

}  // namespace hpaplus

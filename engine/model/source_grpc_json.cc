#include "engine/model/source_grpc_json.h"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "engine/model/json_fields.h"

namespace hpaplus {
namespace {

// What one call carries has to stay small. The CRDs have the same numbers.
constexpr std::size_t kParametersMost = 64;
constexpr std::size_t kKeyLongest = 253;
constexpr std::size_t kValueLongest = 4096;

std::map<std::string, std::string> ReadParameters(const JsonField& field) {
  std::map<std::string, std::string> parameters;
  field.EachField([&](std::string_view key, const JsonField& value) {
    if (key.empty() || key.size() > kKeyLongest) field.Fail("has a key without a usable length");
    std::string text = value.Text();
    if (text.size() > kValueLongest) value.Fail(fmt::format("is longer than {}", kValueLongest));
    parameters.insert_or_assign(std::string(key), std::move(text));
  });
  if (parameters.size() > kParametersMost) {
    field.Fail(fmt::format("has more than {} entries", kParametersMost));
  }
  return parameters;
}

GrpcSource ReadGrpc(const JsonField& field) {
  GrpcSource source;
  const std::string mode = field.Field("mode").Text("Collect");
  source.stream = mode == "Stream";
  if (!source.stream && mode != "Collect")
    field.Field("mode").Fail("is neither Collect nor Stream");
  source.parameters = ReadParameters(field.Field("parameters"));
  return source;
}

KedaScalerSource ReadKeda(const JsonField& field) {
  KedaScalerSource source;
  source.scaled_object = field.Field("scaledObjectName").Text();
  source.metadata = ReadParameters(field.Field("scalerMetadata"));
  const JsonField keys = field.Field("queryKeys");
  keys.Each([&](const JsonField& key) {
    std::string name = key.Required();
    if (source.metadata.contains(name)) key.Fail("is in scalerMetadata, which no query can change");
    source.query_keys.push_back(std::move(name));
  });
  if (source.query_keys.size() > kParametersMost) {
    keys.Fail(fmt::format("has more than {} entries", kParametersMost));
  }
  std::ranges::sort(source.query_keys);
  return source;
}

}  // namespace

void ReadGrpcSources(const JsonField& spec, SourceSpec& source) {
  const JsonField grpc = spec.Field("grpc");
  if (source.type == "GRPC") {
    source.grpc = ReadGrpc(grpc);
  } else if (grpc.present()) {
    grpc.Fail("goes with type GRPC only");
  }
  const JsonField keda = spec.Field("kedaExternalScaler");
  if (source.type == "KedaExternalScaler") {
    source.keda = ReadKeda(keda);
  } else if (keda.present()) {
    keda.Fail("goes with type KedaExternalScaler only");
  }
}

}  // namespace hpaplus

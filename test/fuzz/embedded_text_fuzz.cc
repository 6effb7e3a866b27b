// The small languages that the embedded cluster reads; the first byte chooses one.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "engine/base/check.h"
#include "engine/embedded/continue_token.h"
#include "engine/embedded/json_path.h"
#include "engine/embedded/patch.h"
#include "engine/embedded/protobuf.h"
#include "engine/embedded/request.h"
#include "engine/embedded/selector.h"
#include "engine/embedded/type_table.h"

namespace {

using namespace hpaplus;            // NOLINT
using namespace hpaplus::embedded;  // NOLINT

constexpr char kSample[] = R"({"metadata":{"name":"x","labels":{"a":"1"},"finalizers":["f"]},
  "spec":{"replicas":2,"template":{"spec":{"containers":[{"name":"a","image":"a:1"}]}}}})";

void ReadSelectors(std::string_view text, const Json& sample) {
  if (const auto labels = LabelSelector::Parse(text)) {
    const auto again = LabelSelector::Parse(labels->ToString());
    const Json* of_sample = Find(sample, "metadata.labels");
    HPAPLUS_CHECK(!again || again->Matches(of_sample) == labels->Matches(of_sample));
  }
  if (const auto fields = FieldSelector::Parse(text, {"metadata.name", "spec.replicas"})) {
    (void)fields->Matches(sample);
  }
}

void Patch(std::string_view text, const Json& sample) {
  const auto patch = ParseJson(text);
  if (!patch) return;
  Json strategic = sample;
  (void)ApplyStrategicPatch(strategic, *patch->value, "Deployment");
  (void)Dump(strategic);
  Json merged = sample;
  ApplyMergePatch(merged, *patch->value);
  Json patched = sample;
  (void)ApplyJsonPatch(patched, *patch->value);
  Json decoded = *patch->value;
  if (decoded.is_object()) (void)TypeTable::Builtin().Decode("Deployment", decoded);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  static const Json sample = *ParseJson(kSample)->value;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0]) {
    case 'p':
      if (const auto path = JsonPath::Parse(text)) (void)path->Find(sample);
      break;
    case 's':
      ReadSelectors(text, sample);
      break;
    case 'c':
      (void)ContinueToken::Parse(text);
      break;
    case 'b':
      if (const auto pod = DecodeProtobuf(text, "Pod")) (void)Dump(**pod);
      break;
    case 'u':
      (void)ParseResourcePath(text);
      (void)NegotiateRepresentation(text);
      (void)AcceptsAggregatedDiscovery(text);
      break;
    default:
      Patch(text, sample);
  }
  return 0;
}

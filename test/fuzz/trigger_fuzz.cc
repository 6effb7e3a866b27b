// Any scalerMetadata, a line "key=value" each: no crash, what is refused names its reason on one
// line, and what is accepted is a workload that can be evaluated.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "engine/api/trigger_config.h"
#include "engine/base/check.h"

namespace {

hpaplus::api::TriggerMetadata ReadLines(std::string_view text) {
  hpaplus::api::TriggerMetadata metadata;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t equals = std::min(line.find('='), line.size());
    const std::size_t value = std::min(equals + 1, line.size());
    metadata[std::string(line.substr(0, equals))] = line.substr(value);
  }
  return metadata;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hpaplus;
  const auto trigger = api::ReadTrigger(ReadLines({reinterpret_cast<const char*>(data), size}));
  if (!trigger) {
    HPAPLUS_CHECK(!trigger.error().message.empty());
    HPAPLUS_CHECK(trigger.error().message.find('\n') == std::string::npos);
    return 0;
  }
  if (const auto* object = std::get_if<api::ObjectTrigger>(&*trigger)) {
    HPAPLUS_CHECK(!object->object.empty());
    return 0;
  }
  const auto& source = std::get<api::SourceTrigger>(*trigger);
  HPAPLUS_CHECK(!source.source.empty() && source.period >= std::chrono::seconds(1));
  HPAPLUS_CHECK(source.threshold.Sign() > 0);
  const WorkloadSpec spec = api::WorkloadOf(source, {"MetricSource", source.source}, "shop", "web");
  HPAPLUS_CHECK(spec.metrics.size() == 1 && spec.timeout <= spec.period);
  return 0;
}

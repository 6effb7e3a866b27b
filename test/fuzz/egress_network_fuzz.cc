#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engine/base/check.h"
#include "engine/model/egress_policy.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  static const hpaplus::EgressPolicy policy;
  static_cast<void>(policy.Check(text));
  const auto network = hpaplus::ParseNetwork(text);
  if (!network) return 0;
  // What parses contains its own first address and is written so that it parses again, and a denied
  // network denies it.
  HPAPLUS_CHECK(network->Contains(network->first));
  HPAPLUS_CHECK(*hpaplus::ParseNetwork(network->ToString()) == *network);
  const auto strict = hpaplus::EgressPolicy::Create({{}, {*network}});
  HPAPLUS_CHECK(strict.has_value());
  if (network->bits == 128) HPAPLUS_CHECK(!strict->Check(network->first));
  return 0;
}

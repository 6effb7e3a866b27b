#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engine/base/check.h"
#include "engine/kube/source_status.h"
#include "engine/kube/status_json.h"
#include "engine/kube/status_reply.h"

// Whatever status an object has stored, writing it and reading it again changes nothing more.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view json(reinterpret_cast<const char*>(data), size);
  const auto source = hpaplus::kube::ParseSourceStatus(json);
  (void)hpaplus::kube::ParseSourceStatus(hpaplus::kube::SourceStatusPatch(source, "uid"));
  const auto status = hpaplus::kube::ParseObjectStatus(json);
  if (!status) return 0;
  const auto again = hpaplus::kube::ParseObjectStatus(hpaplus::kube::StatusPatch(*status));
  HPAPLUS_CHECK(again);
  HPAPLUS_CHECK(again->conditions.size() == status->conditions.size());
  HPAPLUS_CHECK(hpaplus::kube::SameMeaning(*again, *again));
  return 0;
}

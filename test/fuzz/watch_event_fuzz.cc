#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engine/base/check.h"
#include "engine/kube/watch_event.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto event = hpaplus::kube::ParseWatchEvent(text)) {
    HPAPLUS_CHECK(event->object.data() >= text.data());
    HPAPLUS_CHECK(event->object.data() + event->object.size() <= text.data() + text.size());
  }
  if (const auto page = hpaplus::kube::ParseListPage(text)) {
    for (const auto& item : page->items)
      HPAPLUS_CHECK(!item.object.empty() && !item.head.name.empty());
  }
  static_cast<void>(hpaplus::kube::ParseApiStatus(text));
  static_cast<void>(hpaplus::kube::ToError("fuzz", 500, text));
  HPAPLUS_CHECK(hpaplus::kube::WithoutManagedFields(text).size() <= text.size());
  return 0;
}

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engine/base/check.h"
#include "engine/shell/http_head.h"

// A head that is taken ends where the first empty line does, whatever follows it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto parsed = hpaplus::ParseHttpHead(bytes);
  if (!parsed || !*parsed) return 0;
  const hpaplus::ParsedHead& head = **parsed;
  HPAPLUS_CHECK(head.size <= size && bytes.substr(0, head.size).ends_with("\r\n\r\n"));
  HPAPLUS_CHECK(bytes.find("\r\n\r\n") + 4 == head.size);
  HPAPLUS_CHECK(head.head.path.starts_with('/') && !head.head.method.empty());
  for (const auto& [name, value] : head.head.headers)
    HPAPLUS_CHECK(!name.empty() && value.find('\n') == std::string_view::npos);
  const auto alone = hpaplus::ParseHttpHead(bytes.substr(0, head.size));
  HPAPLUS_CHECK(alone && *alone && (**alone).head.content_length == head.head.content_length);
  return 0;
}

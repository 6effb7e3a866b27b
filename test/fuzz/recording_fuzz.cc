#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/record/codec.h"
#include "engine/record/frame.h"
#include "engine/record/segment_reader.h"

// The bytes are a segment, and as they rarely have the right sums, the payloads of one: a text
// each, separated by "\xFE\xFD".
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace record = hpaplus::record;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  std::string segment(record::kMagic);
  constexpr std::string_view kBetween = "\xFE\xFD";
  for (std::size_t at = 0; at <= bytes.size();) {
    const std::size_t end = std::min(bytes.find(kBetween, at), bytes.size());
    segment += record::FrameOf(bytes.substr(at, end - at));
    at = end + kBetween.size();
  }
  for (const std::string_view text : {bytes, std::string_view(segment)}) {
    auto reader = record::SegmentReader::Open(text);
    if (!reader) continue;
    for (auto entry = reader->Next(); entry && *entry; entry = reader->Next()) {
      if ((*entry)->round) (void)record::PackDecision((*entry)->round->decided);
    }
  }
  return 0;
}

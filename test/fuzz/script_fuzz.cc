#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engine/rehearse/import.h"
#include "engine/rehearse/script.h"
#include "engine/rehearse/test_file.h"

// The notations that people write by hand, and what others have measured.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace rehearse = hpaplus::rehearse;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto script = rehearse::ParseScript(text, std::chrono::seconds(1))) {
    if (script->empty() || script->size() > rehearse::kScriptPointsMost) __builtin_trap();
  }
  (void)rehearse::ParseComparison(text, true);
  for (auto series : {rehearse::ReadSeriesCsv(text), rehearse::ReadOpenMetrics(text, "q")}) {
    if (series) (void)rehearse::MakeTrace(*std::move(series));
  }
  return 0;
}

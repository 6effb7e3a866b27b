#include "engine/rehearse/text_lines.h"

#include <algorithm>

#include <fmt/core.h>

namespace hpaplus::rehearse {

std::string_view WithoutBlanks(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

std::string_view TakeLine(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return WithoutBlanks(line);
}

Error AtLine(std::size_t line, std::string_view what) {
  return {ErrorCode::kMalformedData, fmt::format("line {}: {}", line, what)};
}

}  // namespace hpaplus::rehearse

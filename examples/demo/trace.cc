#include "examples/demo/trace.h"

#include <algorithm>
#include <charconv>

namespace hpaplus::demo {
namespace {

bool ReadNumber(std::string_view text, double& out) {
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, out);
  return parsed.ec == std::errc() && parsed.ptr == end;
}

}  // namespace

Result<Trace> Trace::Parse(std::string_view csv, Duration replay_in) {
  Trace trace;
  double recorded_seconds = 0;
  for (std::size_t line = 1; !csv.empty(); ++line) {
    const auto end = std::min(csv.find('\n'), csv.size());
    const std::string_view row = csv.substr(0, end);
    csv.remove_prefix(std::min(end + 1, csv.size()));
    if (line == 1 || row.empty()) continue;
    const auto comma = row.find(',');
    double value = 0;
    if (comma == std::string_view::npos || !ReadNumber(row.substr(0, comma), recorded_seconds) ||
        !ReadNumber(row.substr(comma + 1), value)) {
      return Error{ErrorCode::kMalformedData,
                   "trace: line " + std::to_string(line) + " is not t_seconds,value"};
    }
    trace.values_.push_back(value);
  }
  if (trace.values_.empty()) return Error{ErrorCode::kMalformedData, "trace: no rows"};
  trace.step_ = replay_in / static_cast<Duration::rep>(trace.values_.size());
  trace.speed_ = recorded_seconds / ToSeconds(replay_in);
  return trace;
}

double Trace::At(Duration elapsed) const {
  const auto row = static_cast<std::size_t>(std::max<Duration::rep>(0, elapsed / step_));
  return values_[std::min(row, values_.size() - 1)];
}

}  // namespace hpaplus::demo

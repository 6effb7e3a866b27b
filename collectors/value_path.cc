#include "collectors/value_path.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/core.h>

#include "collectors/http_answer.h"

namespace hpaplus::collectors {
namespace {

constexpr std::pair<std::string_view, Aggregation> kAggregations[] = {
    {"sum", Aggregation::kSum}, {"avg", Aggregation::kAverage}, {"max", Aggregation::kMax},
    {"min", Aggregation::kMin}, {"count", Aggregation::kCount},
};

bool IsDigits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// "a~1b" -> "a/b", "a~0b" -> "a~b".
std::optional<std::string> Unescape(std::string_view step) {
  std::string out;
  for (std::size_t i = 0; i < step.size(); ++i) {
    if (step[i] != '~') {
      out += step[i];
      continue;
    }
    ++i;
    if (i == step.size() || (step[i] != '0' && step[i] != '1')) return std::nullopt;
    out += step[i] == '0' ? '~' : '/';
  }
  return out;
}

// Reads one path into steps; what is wrong with it is the problem.
class PathParser {
 public:
  explicit PathParser(std::vector<PathStep>& steps) : steps_(steps) {}

  // Each is empty when there is no problem.
  std::string ReadPointer(std::string_view rest) {
    for (bool more = true; more;) {
      const auto plain = Unescape(Take('/', rest, more));
      if (!plain) return "~ must be followed by 0 or 1";
      if (!Add(PathStep::Kind::kName, *plain)) return TooLong();
    }
    return "";
  }

  std::string ReadDotted(std::string_view rest) {
    for (bool more = true; more;) {
      std::string problem = ReadStep(Take('.', rest, more));
      if (!problem.empty()) return problem;
    }
    return "";
  }

 private:
  static std::string_view Take(char separator, std::string_view& rest, bool& more) {
    const std::size_t end = rest.find(separator);
    const std::string_view step = rest.substr(0, end);
    more = end != std::string_view::npos;
    if (more) rest.remove_prefix(end + 1);
    return step;
  }

  static std::string TooLong() { return fmt::format("more than {} steps", kMostPathSteps); }

  // "shards[*][0]", or, of a document that is a list, "[0]".
  std::string ReadStep(std::string_view step) {
    const std::size_t bracket = step.find('[');
    const std::string_view name = step.substr(0, bracket);
    if (name.find(']') != std::string_view::npos) return "a ] without [";
    if (name.empty() && (bracket == std::string_view::npos || !steps_.empty())) {
      return "it has an empty step";
    }
    if (!name.empty() && !Add(PathStep::Kind::kName, std::string(name))) return TooLong();
    std::string_view rest = bracket == std::string_view::npos ? "" : step.substr(bracket);
    while (!rest.empty()) {
      const std::size_t end = rest.find(']');
      if (rest.front() != '[' || end == std::string_view::npos) return "a [ without ]";
      const std::string_view inside = rest.substr(1, end - 1);
      rest.remove_prefix(end + 1);
      if (inside != "*" && !IsDigits(inside)) return "between [ and ] must be an index or *";
      const bool added = inside == "*" ? Add(PathStep::Kind::kAll, "")
                                       : Add(PathStep::Kind::kIndex, std::string(inside));
      if (!added) return TooLong();
    }
    return "";
  }

  bool Add(PathStep::Kind kind, std::string name) {
    if (steps_.size() == kMostPathSteps) return false;
    steps_.push_back({kind, std::move(name)});
    return true;
  }

  std::vector<PathStep>& steps_;
};

}  // namespace

bool PathStep::is_index() const {
  return kind == Kind::kIndex || (kind == Kind::kName && IsDigits(name));
}

Result<ValuePath> ParseValuePath(std::string_view text) {
  const auto bad = [text](std::string_view what) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("business monitor: path {}: {}", Printable(text), what)};
  };
  ValuePath path;
  std::string_view inner = text;
  for (const auto& [name, aggregation] : kAggregations) {
    if (!text.starts_with(name) || !text.substr(name.size()).starts_with('(')) continue;
    if (!text.ends_with(')')) return bad("a ( without ) at the end");
    path.aggregation = aggregation;
    inner = text.substr(name.size() + 1, text.size() - name.size() - 2);
  }
  PathParser parser(path.steps);
  const std::string problem =
      inner.starts_with('/') ? parser.ReadPointer(inner.substr(1)) : parser.ReadDotted(inner);
  if (!problem.empty()) return bad(problem);
  const bool has_all =
      std::ranges::find(path.steps, PathStep::Kind::kAll, &PathStep::kind) != path.steps.end();
  if (has_all && path.aggregation == Aggregation::kNone) {
    return bad("[*] needs sum, avg, max, min or count around the path");
  }
  if (!has_all && path.aggregation != Aggregation::kNone) return bad("there is no [*] to combine");
  return path;
}

}  // namespace hpaplus::collectors

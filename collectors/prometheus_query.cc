#include "collectors/prometheus_query.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "collectors/http_answer.h"
#include "collectors/numbers.h"

namespace hpaplus::collectors {
namespace {

bool IsNameStart(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool IsNamePart(char c) {
  return IsNameStart(c) || (c >= '0' && c <= '9');
}

// Reads the tokens of a selector from its front.
class Tokens {
 public:
  explicit Tokens(std::string_view text) : rest_(text) { SkipSpace(); }

  [[nodiscard]] bool done() const { return rest_.empty(); }

  /// Empty when there is none. `colons`: as in a metric's name.
  std::string_view Name(bool colons = false) {
    const auto part = [&](char c) { return IsNamePart(c) || (colons && c == ':'); };
    if (rest_.empty() || !part(rest_.front()) || (rest_.front() >= '0' && rest_.front() <= '9'))
      return {};
    const auto* const end = std::ranges::find_if_not(rest_, part);
    return Take(static_cast<std::size_t>(end - rest_.begin()));
  }

  bool Skip(std::string_view token) {
    if (!rest_.starts_with(token)) return false;
    Take(token.size());
    return true;
  }

  /// A string in any of PromQL's three quotes. Nothing for an escape other than \\, \", \', \n and
  /// \t, and for a string without an end.
  std::optional<std::string> Text() {
    const char quote = rest_.empty() ? '\0' : rest_.front();
    if (quote != '"' && quote != '\'' && quote != '`') return std::nullopt;
    std::string text;
    for (std::size_t i = 1; i < rest_.size(); ++i) {
      if (rest_[i] == quote) {
        Take(i + 1);
        return text;
      }
      if (rest_[i] == '\\' && quote != '`') {
        const std::optional<char> escaped = Unescaped(++i);
        if (!escaped) return std::nullopt;
        text += *escaped;
      } else {
        text += rest_[i];
      }
    }
    return std::nullopt;
  }

 private:
  [[nodiscard]] std::optional<char> Unescaped(std::size_t at) const {
    constexpr std::string_view kEscapes = "\\\"'nt";
    constexpr std::string_view kMeanings = "\\\"'\n\t";
    const std::size_t found = at < rest_.size() ? kEscapes.find(rest_[at]) : std::string_view::npos;
    if (found == std::string_view::npos) return std::nullopt;
    return kMeanings[found];
  }

  std::string_view Take(std::size_t size) {
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    SkipSpace();
    return taken;
  }

  void SkipSpace() {
    const std::size_t used = rest_.find_first_not_of(" \t\r\n");
    rest_.remove_prefix(std::min(used, rest_.size()));
  }

  std::string_view rest_;
};

Error Wrong(const PrometheusGroup& group, std::string_view what) {
  return {ErrorCode::kInvalidArgument, fmt::format("prometheus: group {}: {}", group.name, what)};
}

using LabelValues = std::vector<std::pair<std::string, std::string>>;

// {label="value", ...} or nothing, up to the end.
Result<LabelValues> ReadLabels(const PrometheusGroup& group, Tokens& tokens) {
  LabelValues labels;
  if (tokens.done()) return labels;
  if (!tokens.Skip("{")) {
    return Wrong(group, R"(a query of a group is name{label="value", ...} and nothing else)");
  }
  while (!tokens.Skip("}")) {
    if (!labels.empty() && !tokens.Skip(",")) return Wrong(group, "a comma is missing");
    if (!labels.empty() && tokens.Skip("}")) break;
    const std::string name(tokens.Name());
    if (name.empty()) return Wrong(group, "the name of a label is missing");
    if (!tokens.Skip("=") || tokens.Skip("~")) {
      return Wrong(group, fmt::format("label {} needs =, the only comparison here", name));
    }
    std::optional<std::string> value = tokens.Text();
    if (!value) return Wrong(group, fmt::format("label {} has no value in quotes", name));
    labels.emplace_back(name, std::move(*value));
  }
  if (!tokens.done()) {
    return Wrong(group, R"(a query of a group is name{label="value", ...} and nothing else)");
  }
  return labels;
}

Status CheckLabels(const PrometheusGroup& group, const LabelValues& labels) {
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const std::string& name = labels[i].first;
    if (std::ranges::find(group.by, name) == group.by.end()) {
      return Wrong(group, fmt::format("it has no label {}, only {}", Printable(name),
                                      fmt::join(group.by, ", ")));
    }
    const auto same = [&](const auto& label) { return label.first == name; };
    if (std::find_if(labels.begin(), labels.begin() + static_cast<std::ptrdiff_t>(i), same) !=
        labels.begin() + static_cast<std::ptrdiff_t>(i)) {
      return Wrong(group, fmt::format("label {} is there twice", name));
    }
  }
  return Done{};
}

Result<std::string> KeyOf(const PrometheusSource& source, const PrometheusGroup& group,
                          const LabelValues& labels, const std::string& ns) {
  std::string key;
  for (const std::string& name : group.by) {
    const auto given = std::ranges::find(labels, name, &LabelValues::value_type::first);
    const bool is_namespace = name == source.namespace_label;
    if (given == labels.end() && (!is_namespace || ns.empty())) {
      return Wrong(group, fmt::format("label {} is missing", name));
    }
    const std::string& value = given == labels.end() ? ns : given->second;
    if (is_namespace && value != ns && source.queries == PrometheusSource::Queries::kOwnGroups) {
      return Error{ErrorCode::kPermissionDenied,
                   fmt::format("prometheus: group {}: only the object's own namespace may be asked "
                               "for, which is {}",
                               group.name, ns)};
    }
    AppendToKey(value, key);
  }
  return key;
}

}  // namespace

Result<std::optional<GroupQuestion>> FindGroup(const SourceSpec& source, const MetricQuery& query) {
  static const PrometheusSource kPlain;
  const PrometheusSource& prometheus = source.prometheus ? *source.prometheus : kPlain;
  Tokens tokens(query.expression);
  const std::string_view name = tokens.Name(true);
  const auto group = std::ranges::find(prometheus.groups, name, &PrometheusGroup::name);
  if (group == prometheus.groups.end()) {
    if (prometheus.queries == PrometheusSource::Queries::kAny)
      return std::optional<GroupQuestion>();
    std::vector<std::string_view> names;
    for (const PrometheusGroup& known : prometheus.groups)
      names.push_back(known.name);
    return Error{
        ErrorCode::kPermissionDenied,
        fmt::format("prometheus: this source answers its groups only: {}", fmt::join(names, ", "))};
  }
  const Result<LabelValues> labels = ReadLabels(*group, tokens);
  if (!labels) return labels.error();
  if (Status ok = CheckLabels(*group, *labels); !ok) return ok.error();
  Result<std::string> key = KeyOf(prometheus, *group, *labels, query.ns);
  if (!key) return key.error();
  return std::optional(
      GroupQuestion{static_cast<std::size_t>(group - prometheus.groups.begin()), *std::move(key)});
}

void AppendToKey(std::string_view value, std::string& key) {
  key += std::to_string(value.size());
  key += ':';
  key += value;
}

bool IsPlainSelector(std::string_view query) {
  Tokens tokens(query);
  const std::string_view name = tokens.Name(true);
  if (tokens.done()) return !name.empty() && !ParseDouble(name);  // NaN and Inf are numbers.
  if (!tokens.Skip("{")) return false;
  for (bool first = true; !tokens.Skip("}"); first = false) {
    if (!first && !tokens.Skip(",")) return false;
    if (!first && tokens.Skip("}")) break;
    if (tokens.Name().empty()) return false;
    if (!tokens.Skip("=~") && !tokens.Skip("!~") && !tokens.Skip("!=") && !tokens.Skip("="))
      return false;
    if (!tokens.Text()) return false;
  }
  return tokens.done();
}

std::string WithTimes(std::string_view query, std::string_view timestamp) {
  // Each in a line of its own: a query may end in a comment.
  return fmt::format("({}\n) or label_replace(({}\n), \"{}\", \"{}\", \"\", \"\")", query,
                     timestamp, kPartLabel, kTimePart);
}

std::string QuestionFor(std::string_view query, std::string_view timestamp, bool sample_time) {
  if (!timestamp.empty()) return WithTimes(query, timestamp);
  if (sample_time && IsPlainSelector(query)) {
    return WithTimes(query, fmt::format("timestamp({})", query));
  }
  return std::string(query);
}

}  // namespace hpaplus::collectors

#include "engine/embedded/json_path.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include <nlohmann/json.hpp>

namespace hpaplus::embedded {
namespace {

std::string_view Trim(std::string_view text) {
  while (text.starts_with(' '))
    text.remove_prefix(1);
  while (text.ends_with(' '))
    text.remove_suffix(1);
  return text;
}

std::string_view Unquote(std::string_view text) {
  text = Trim(text);
  const bool quoted = text.size() >= 2 && text.front() == text.back() &&
                      (text.front() == '"' || text.front() == '\'');
  return quoted ? text.substr(1, text.size() - 2) : text;
}

std::optional<double> Number(const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string PlainText(const Json& value) {
  return value.is_string() ? value.get<std::string>() : Dump(value);
}

}  // namespace

class JsonPathParser {
 public:
  explicit JsonPathParser(std::string_view text) : text_(text) {}

  Result<JsonPath> Parse() {
    constexpr std::size_t kLengthMax = 1024;
    if (text_.size() > kLengthMax) return Bad("too long");
    if (text_.starts_with('{') && text_.ends_with('}')) text_ = text_.substr(1, text_.size() - 2);
    if (text_.starts_with('$')) text_.remove_prefix(1);
    JsonPath path;
    while (!text_.empty()) {
      Result<JsonPath::Step> step = text_.starts_with('[') ? ParseBracket() : ParseMember();
      if (!step) return step.error();
      path.steps_.push_back(std::move(*step));
    }
    return path;
  }

 private:
  using Step = JsonPath::Step;
  using StepKind = JsonPath::StepKind;

  static Error Bad(const std::string& why) {
    return Error{ErrorCode::kInvalidArgument, "jsonpath: " + why};
  }

  Result<Step> ParseMember() {
    if (!text_.starts_with('.')) return Bad("expected '.' or '[' at " + std::string(text_));
    text_.remove_prefix(1);
    std::string name;
    while (!text_.empty() && text_.front() != '.' && text_.front() != '[') {
      // A backslash takes the meaning of a dot in a key away.
      if (text_.front() == '\\' && text_.size() > 1) text_.remove_prefix(1);
      name += text_.front();
      text_.remove_prefix(1);
    }
    if (name.empty()) return Bad("a name is missing after '.'");
    return Step{name == "*" ? StepKind::kAll : StepKind::kMember, name, 0, "", ""};
  }

  // The end of a bracket, past quoted ones.
  std::size_t ClosingBracket() const {
    char quote = 0;
    for (std::size_t i = 0; i < text_.size(); ++i) {
      const char c = text_[i];
      if (quote != 0) {
        if (c == quote) quote = 0;
      } else if (c == '"' || c == '\'') {
        quote = c;
      } else if (c == ']') {
        return i;
      }
    }
    return std::string_view::npos;
  }

  Result<Step> ParseBracket() {
    const std::size_t close = ClosingBracket();
    if (close == std::string_view::npos) return Bad("']' is missing");
    const std::string_view inside = Trim(text_.substr(1, close - 1));
    text_.remove_prefix(close + 1);
    if (inside == "*") return Step{StepKind::kAll, "", 0, "", ""};
    if (inside.starts_with("?(") && inside.ends_with(')')) {
      return ParseFilter(inside.substr(2, inside.size() - 3));
    }
    if (inside.starts_with('\'') || inside.starts_with('"')) {
      return Step{StepKind::kMember, std::string(Unquote(inside)), 0, "", ""};
    }
    Step step{StepKind::kIndex, "", 0, "", ""};
    const auto [end, error] =
        std::from_chars(inside.data(), inside.data() + inside.size(), step.index);
    if (error != std::errc() || end != inside.data() + inside.size()) {
      return Bad("cannot read [" + std::string(inside) + "]");
    }
    return step;
  }

  static Result<Step> ParseFilter(std::string_view text) {
    Step step{StepKind::kFilter, "", 0, "", ""};
    text = Trim(text);
    if (!text.starts_with("@.")) return Bad("a filter has to begin with @.");
    text.remove_prefix(2);
    const std::size_t at = text.find_first_of("=!<>");
    step.name = std::string(Trim(text.substr(0, at)));
    if (step.name.empty()) return Bad("a filter needs a member");
    if (at == std::string_view::npos) return step;
    const bool pair = at + 1 < text.size() && text[at + 1] == '=';
    step.op = std::string(text.substr(at, pair ? 2 : 1));
    if (step.op == "=" || step.op == "!") return Bad("unknown operator " + step.op);
    step.value = std::string(Unquote(text.substr(at + step.op.size())));
    return step;
  }

  std::string_view text_;
};

Result<JsonPath> JsonPath::Parse(std::string_view text) {
  return JsonPathParser(text).Parse();
}

bool JsonPath::Passes(const Step& filter, const Json& element) {
  const Json* member = embedded::Find(element, filter.name);
  if (member == nullptr) return false;
  if (filter.op.empty()) return true;
  const std::string text = PlainText(*member);
  if (filter.op == "==") return text == filter.value;
  if (filter.op == "!=") return text != filter.value;
  const std::optional<double> left = Number(text);
  const std::optional<double> right = Number(filter.value);
  if (!left || !right) return false;
  if (filter.op == "<") return *left < *right;
  if (filter.op == "<=") return *left <= *right;
  if (filter.op == ">") return *left > *right;
  return *left >= *right;
}

void JsonPath::Take(const Step& step, const Json& from, std::vector<const Json*>& out) {
  switch (step.kind) {
    case StepKind::kMember:
      if (const Json* member = FindKey(from, step.name)) out.push_back(member);
      return;
    case StepKind::kIndex: {
      if (!from.is_array()) return;
      const long size = static_cast<long>(from.size());
      const long index = step.index < 0 ? step.index + size : step.index;
      if (index >= 0 && index < size) out.push_back(&from[static_cast<std::size_t>(index)]);
      return;
    }
    case StepKind::kAll:
    case StepKind::kFilter:
      if (!from.is_structured()) return;
      for (const Json& element : from) {
        if (step.kind == StepKind::kAll || Passes(step, element)) out.push_back(&element);
      }
  }
}

std::vector<const Json*> JsonPath::Find(const Json& root) const {
  std::vector<const Json*> found{&root};
  for (const Step& step : steps_) {
    std::vector<const Json*> next;
    for (const Json* from : found)
      Take(step, *from, next);
    found = std::move(next);
  }
  return found;
}

}  // namespace hpaplus::embedded

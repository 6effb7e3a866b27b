#include "engine/model/label_selector.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include <fmt/core.h>

#include "engine/model/names.h"

namespace hpaplus {
namespace {

using Operator = ParsedSelector::Operator;
using Requirement = ParsedSelector::Requirement;

constexpr std::size_t kTextMost = 64U << 10U;

// What NewRequirement of Kubernetes checks. Empty: nothing is wrong.
std::string Problem(const Requirement& requirement) {
  if (!IsLabelKey(requirement.key)) {
    return fmt::format("\"{}\" is not a label key", requirement.key.substr(0, 64));
  }
  const bool is_set = requirement.op == Operator::kIn || requirement.op == Operator::kNotIn;
  if (is_set && requirement.values.empty()) {
    return fmt::format("\"{}\" needs values to be in or not in", requirement.key);
  }
  for (const std::string& value : requirement.values) {
    if (!IsLabelValue(value)) {
      return fmt::format("\"{}\" is not a label value", value.substr(0, 64));
    }
  }
  return "";
}

std::optional<std::int64_t> ToInteger(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  std::int64_t number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

enum class Token { kEnd, kWord, kEqual, kNotEqual, kNot, kOpen, kClose, kComma, kAbove, kBelow };

struct Symbol {
  std::string_view text;
  Token token;
};
// Longest first.
constexpr std::array<Symbol, 9> kSymbols{{{"==", Token::kEqual},
                                          {"!=", Token::kNotEqual},
                                          {"=", Token::kEqual},
                                          {"!", Token::kNot},
                                          {"(", Token::kOpen},
                                          {")", Token::kClose},
                                          {",", Token::kComma},
                                          {">", Token::kAbove},
                                          {"<", Token::kBelow}}};
constexpr std::string_view kSpace = " \t\r\n";
constexpr std::string_view kEndsWord = " \t\r\n=!(),<>";

// One token ahead. The first problem stays; after it only kEnd comes.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) { Advance(); }

  [[nodiscard]] Token token() const { return token_; }
  [[nodiscard]] const std::string& problem() const { return problem_; }

  std::string_view Take() {
    const std::string_view text = text_;
    Advance();
    return text;
  }

  bool TakeIf(Token token) {
    if (token_ != token) return false;
    Advance();
    return true;
  }

  bool TakeIfWord(std::string_view word) {
    if (token_ != Token::kWord || text_ != word) return false;
    Advance();
    return true;
  }

  void Fail(std::string_view expected) {
    if (!problem_.empty()) return;
    problem_ = token_ == Token::kEnd
                   ? fmt::format("ends where {} is expected", expected)
                   : fmt::format("has '{}' where {} is expected", text_.substr(0, 64), expected);
    rest_ = {};
    Advance();
  }

 private:
  void Advance() {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(kSpace), rest_.size()));
    token_ = Token::kEnd;
    std::size_t length = 0;
    if (!rest_.empty()) {
      token_ = Token::kWord;
      length = std::min(rest_.find_first_of(kEndsWord), rest_.size());
    }
    for (const Symbol& symbol : kSymbols) {
      if (!rest_.starts_with(symbol.text)) continue;
      token_ = symbol.token;
      length = symbol.text.size();
      break;
    }
    text_ = rest_.substr(0, length);
    rest_.remove_prefix(length);
  }

  std::string_view rest_;
  std::string_view text_;
  Token token_ = Token::kEnd;
  std::string problem_;
};

// "(a,b)"; a value may be empty, as in "(,a)".
std::vector<std::string> ReadValues(Reader& in) {
  std::vector<std::string> values;
  if (!in.TakeIf(Token::kOpen)) {
    in.Fail("'('");
    return values;
  }
  if (in.TakeIf(Token::kClose)) return values;
  do {
    values.emplace_back(in.token() == Token::kWord ? in.Take() : std::string_view());
  } while (in.TakeIf(Token::kComma));
  if (!in.TakeIf(Token::kClose)) in.Fail("',' or ')'");
  std::ranges::sort(values);
  values.erase(std::unique(values.begin(), values.end()), values.end());
  return values;
}

// The value after '=' and its like; it may be empty.
std::vector<std::string> ReadValue(Reader& in) {
  if (in.token() == Token::kWord) return {std::string(in.Take())};
  if (in.token() != Token::kEnd && in.token() != Token::kComma) in.Fail("a value");
  return {""};
}

void ReadBound(Reader& in, Requirement& requirement) {
  requirement.values = ReadValue(in);
  const auto bound = ToInteger(requirement.values.front());
  if (!bound) in.Fail("an integer before it");
  requirement.bound = bound.value_or(0);
}

void ReadOperator(Reader& in, Requirement& requirement) {
  if (in.token() == Token::kEnd || in.token() == Token::kComma) return;  // Only the key: exists.
  if (in.TakeIf(Token::kEqual)) {
    requirement.op = Operator::kEqual;
    requirement.values = ReadValue(in);
  } else if (in.TakeIf(Token::kNotEqual)) {
    requirement.op = Operator::kNotEqual;
    requirement.values = ReadValue(in);
  } else if (in.TakeIfWord("in")) {
    requirement.op = Operator::kIn;
    requirement.values = ReadValues(in);
  } else if (in.TakeIfWord("notin")) {
    requirement.op = Operator::kNotIn;
    requirement.values = ReadValues(in);
  } else if (in.TakeIf(Token::kAbove)) {
    requirement.op = Operator::kAbove;
    ReadBound(in, requirement);
  } else if (in.TakeIf(Token::kBelow)) {
    requirement.op = Operator::kBelow;
    ReadBound(in, requirement);
  } else {
    in.Fail("'=', '!=', 'in', 'notin', '<', '>' or ','");
  }
}

Requirement ReadRequirement(Reader& in) {
  Requirement requirement;
  const bool absent = in.TakeIf(Token::kNot);
  if (in.token() != Token::kWord) {
    in.Fail("a label key");
    return requirement;
  }
  requirement.key = in.Take();
  if (absent) {
    requirement.op = Operator::kAbsent;
  } else {
    ReadOperator(in, requirement);
  }
  return requirement;
}

void SortByKey(std::vector<Requirement>& requirements) {
  std::ranges::stable_sort(requirements, {}, &Requirement::key);
}

bool Contains(const std::vector<std::string>& ordered, const std::string& value) {
  return std::ranges::binary_search(ordered, value);
}

bool Holds(const Requirement& requirement, const std::string* value) {
  switch (requirement.op) {
    case Operator::kEqual:
    case Operator::kIn:
      return value != nullptr && Contains(requirement.values, *value);
    case Operator::kNotEqual:
    case Operator::kNotIn:
      return value == nullptr || !Contains(requirement.values, *value);
    case Operator::kExists:
      return value != nullptr;
    case Operator::kAbsent:
      return value == nullptr;
    case Operator::kAbove:
    case Operator::kBelow: {
      const auto number = value != nullptr ? ToInteger(*value) : std::nullopt;
      if (!number) return false;
      return requirement.op == Operator::kAbove ? *number > requirement.bound
                                                : *number < requirement.bound;
    }
  }
  return false;
}

std::string Text(const Requirement& requirement) {
  std::string values;
  for (const std::string& value : requirement.values)
    values += (&value == requirement.values.data() ? "" : ",") + value;
  // Alone, an empty value of a set needs its comma to be seen: "(,)".
  const bool lone_empty = requirement.values.size() == 1 && values.empty();
  if (lone_empty && requirement.op != Operator::kEqual && requirement.op != Operator::kNotEqual) {
    values = ",";
  }
  switch (requirement.op) {
    case Operator::kEqual:
      return requirement.key + "=" + values;
    case Operator::kNotEqual:
      return requirement.key + "!=" + values;
    case Operator::kIn:
      return requirement.key + " in (" + values + ")";
    case Operator::kNotIn:
      return requirement.key + " notin (" + values + ")";
    case Operator::kExists:
      return requirement.key;
    case Operator::kAbsent:
      return "!" + requirement.key;
    case Operator::kAbove:
      return requirement.key + ">" + values;
    case Operator::kBelow:
      return requirement.key + "<" + values;
  }
  return "";
}

std::optional<Operator> OperatorNamed(std::string_view name) {
  if (name == "In") return Operator::kIn;
  if (name == "NotIn") return Operator::kNotIn;
  if (name == "Exists") return Operator::kExists;
  if (name == "DoesNotExist") return Operator::kAbsent;
  return std::nullopt;
}

Error BadSelector(std::string_view what) {
  return {ErrorCode::kInvalidArgument, fmt::format("label selector: {}", what)};
}

}  // namespace

bool ParsedSelector::Matches(const Labels& labels) const {
  return std::ranges::all_of(requirements_, [&](const Requirement& requirement) {
    const auto label =
        std::ranges::lower_bound(labels, requirement.key, {}, &Labels::value_type::first);
    const bool found = label != labels.end() && label->first == requirement.key;
    return Holds(requirement, found ? &label->second : nullptr);
  });
}

std::string ParsedSelector::ToString() const {
  std::string text;
  for (const Requirement& requirement : requirements_)
    text += (text.empty() ? "" : ",") + Text(requirement);
  return text;
}

Result<ParsedSelector> ParseSelector(std::string_view text) {
  const auto malformed = [](std::string_view what) {
    return Error{ErrorCode::kMalformedData, fmt::format("label selector: {}", what)};
  };
  if (text.size() > kTextMost) return malformed("is longer than 64 KiB");
  ParsedSelector selector;
  Reader in(text);
  if (in.token() == Token::kEnd) return selector;
  do {
    selector.requirements_.push_back(ReadRequirement(in));
  } while (in.TakeIf(Token::kComma));
  if (in.token() != Token::kEnd) in.Fail("','");
  if (!in.problem().empty()) return malformed(in.problem());
  for (const Requirement& requirement : selector.requirements_) {
    if (const std::string what = Problem(requirement); !what.empty()) return malformed(what);
  }
  SortByKey(selector.requirements_);
  return selector;
}

Result<ParsedSelector> ConvertSelector(const LabelSelector& selector) {
  ParsedSelector parsed;
  for (const auto& [key, value] : selector.match_labels)
    parsed.requirements_.push_back({key, Operator::kEqual, {value}});
  for (const LabelRequirement& expression : selector.match_expressions) {
    const auto op = OperatorNamed(expression.op);
    if (!op)
      return BadSelector(fmt::format("\"{}\" is not an operator", expression.op.substr(0, 64)));
    if ((*op == Operator::kExists || *op == Operator::kAbsent) && !expression.values.empty()) {
      return BadSelector(fmt::format("{} takes no values", expression.op));
    }
    parsed.requirements_.push_back({expression.key, *op, expression.values});
    std::ranges::sort(parsed.requirements_.back().values);
  }
  for (const Requirement& requirement : parsed.requirements_) {
    if (const std::string what = Problem(requirement); !what.empty()) return BadSelector(what);
  }
  SortByKey(parsed.requirements_);
  return parsed;
}

Result<LabelSelector> ToLabelSelector(const ParsedSelector& selector) {
  LabelSelector label_selector;
  for (const Requirement& requirement : selector.requirements()) {
    std::string_view name;
    switch (requirement.op) {
      case Operator::kEqual:
      case Operator::kIn:
        name = "In";
        break;
      case Operator::kNotEqual:
      case Operator::kNotIn:
        name = "NotIn";
        break;
      case Operator::kExists:
        name = "Exists";
        break;
      case Operator::kAbsent:
        name = "DoesNotExist";
        break;
      case Operator::kAbove:
      case Operator::kBelow:
        return BadSelector(
            fmt::format("{} has no place here: only labels that are equal, in a "
                        "set or there can be asked for",
                        Text(requirement)));
    }
    label_selector.match_expressions.push_back(
        {requirement.key, std::string(name), requirement.values});
  }
  return label_selector;
}

Result<std::string> SelectorText(const LabelSelector& selector) {
  const auto parsed = ConvertSelector(selector);
  if (!parsed) return parsed.error();
  return parsed->ToString();
}

}  // namespace hpaplus

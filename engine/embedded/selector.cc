#include "engine/embedded/selector.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include <nlohmann/json.hpp>

namespace hpaplus::embedded {
namespace {

Error Bad(std::string message) {
  return Error{ErrorCode::kInvalidArgument, std::move(message)};
}

std::optional<std::int64_t> Number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool IsBlank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}
bool IsSymbol(char c) {
  return std::string_view("=!(),<>").find(c) != std::string_view::npos;
}

}  // namespace

// Recursive descent over words and symbols.
class LabelParser {
 public:
  explicit LabelParser(std::string_view text) : text_(text) { Advance(); }

  Result<LabelSelector> Parse() {
    LabelSelector selector;
    if (token_.empty()) return selector;
    while (true) {
      Result<LabelSelector::Requirement> requirement = ParseRequirement();
      if (!requirement) {
        return Bad("unable to parse requirement: " + requirement.error().message);
      }
      selector.requirements_.push_back(std::move(*requirement));
      if (token_.empty()) break;
      if (token_ != ",") return Bad("found '" + token_ + "', expected: ',' or 'end of string'");
      Advance();
      if (token_.empty()) return Bad("found '', expected: identifier after ','");
    }
    std::sort(selector.requirements_.begin(), selector.requirements_.end(),
              [](const auto& a, const auto& b) { return a.key < b.key; });
    return selector;
  }

 private:
  using Operator = LabelSelector::Operator;

  void Advance() {
    while (at_ < text_.size() && IsBlank(text_[at_]))
      ++at_;
    const std::size_t begin = at_;
    if (at_ < text_.size() && IsSymbol(text_[at_])) {
      ++at_;
      const bool pair =
          (text_[begin] == '=' || text_[begin] == '!') && at_ < text_.size() && text_[at_] == '=';
      if (pair) ++at_;
    } else {
      while (at_ < text_.size() && !IsBlank(text_[at_]) && !IsSymbol(text_[at_]))
        ++at_;
    }
    token_ = text_.substr(begin, at_ - begin);
  }

  std::string Take() {
    std::string token = token_;
    Advance();
    return token;
  }

  [[nodiscard]] bool AtWord() const { return !token_.empty() && !IsSymbol(token_[0]); }

  Result<LabelSelector::Requirement> ParseRequirement() {
    LabelSelector::Requirement requirement;
    const bool negated = token_ == "!";
    if (negated) Advance();
    if (!AtWord())
      return Bad("found '" + token_ + "', expected: !, identifier, or 'end of string'");
    requirement.key = Take();
    if (negated || token_.empty() || token_ == ",") {
      requirement.op = negated ? Operator::kDoesNotExist : Operator::kExists;
      return requirement;
    }
    const std::string op = Take();
    if (op == "in" || op == "notin") {
      requirement.op = op == "in" ? Operator::kIn : Operator::kNotIn;
      return ParseSet(std::move(requirement));
    }
    if (op == "=" || op == "==" || op == "!=") {
      requirement.op = op == "!=" ? Operator::kNotIn : Operator::kIn;
      requirement.equality = true;
    } else if (op == ">" || op == "<") {
      requirement.op = op == ">" ? Operator::kGreater : Operator::kLess;
    } else {
      return Bad("found '" + op + "', expected: in, notin, =, ==, !=, gt, lt");
    }
    requirement.values.push_back(AtWord() ? Take() : "");
    return requirement;
  }

  Result<LabelSelector::Requirement> ParseSet(LabelSelector::Requirement requirement) {
    if (token_ != "(") return Bad("found '" + token_ + "' expected: '('");
    do {
      Advance();  // Past the parenthesis or a comma.
      requirement.values.push_back(AtWord() ? Take() : "");
    } while (token_ == ",");
    if (token_ != ")") return Bad("found '" + token_ + "', expected: ',', or ')'");
    Advance();
    std::sort(requirement.values.begin(), requirement.values.end());
    return requirement;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string token_;
};

Result<LabelSelector> LabelSelector::Parse(std::string_view text) {
  return LabelParser(text).Parse();
}

LabelSelector LabelSelector::FromJson(const Json* selector) {
  LabelSelector result;
  if (selector == nullptr || !selector->is_object()) {
    result.nothing_ = true;
    return result;
  }
  if (const Json* labels = FindKey(*selector, "matchLabels"); labels && labels->is_object()) {
    for (auto it = labels->begin(); it != labels->end(); ++it) {
      const std::string value = it.value().is_string() ? it.value().get<std::string>() : "";
      result.requirements_.push_back({it.key(), Operator::kIn, {value}, true});
    }
  }
  if (const Json* terms = FindKey(*selector, "matchExpressions"); terms && terms->is_array()) {
    for (const Json& term : *terms) {
      const std::string op = Text(term, "operator");
      Requirement requirement;
      requirement.key = Text(term, "key");
      requirement.op = op == "In"       ? Operator::kIn
                       : op == "NotIn"  ? Operator::kNotIn
                       : op == "Exists" ? Operator::kExists
                                        : Operator::kDoesNotExist;
      if (const Json* values = FindKey(term, "values"); values && values->is_array()) {
        for (const Json& value : *values) {
          if (value.is_string()) requirement.values.push_back(value.get<std::string>());
        }
      }
      std::sort(requirement.values.begin(), requirement.values.end());
      result.requirements_.push_back(std::move(requirement));
    }
  }
  std::sort(result.requirements_.begin(), result.requirements_.end(),
            [](const auto& a, const auto& b) { return a.key < b.key; });
  return result;
}

bool LabelSelector::Fits(const Requirement& requirement, const Json* value) {
  const bool present = value != nullptr && value->is_string();
  const std::string text = present ? value->get<std::string>() : "";
  const auto& values = requirement.values;
  const bool listed = std::find(values.begin(), values.end(), text) != values.end();
  switch (requirement.op) {
    case Operator::kIn:
      return present && listed;
    case Operator::kNotIn:
      return !present || !listed;
    case Operator::kExists:
      return present;
    case Operator::kDoesNotExist:
      return !present;
    case Operator::kGreater:
    case Operator::kLess: {
      const auto left = Number(text);
      const auto right = Number(values.empty() ? "" : values[0]);
      if (!present || !left || !right) return false;
      return requirement.op == Operator::kGreater ? *left > *right : *left < *right;
    }
  }
  return false;
}

bool LabelSelector::Matches(const Json* labels) const {
  if (nothing_) return false;
  return std::all_of(requirements_.begin(), requirements_.end(), [&](const Requirement& one) {
    return Fits(one, labels == nullptr ? nullptr : FindKey(*labels, one.key));
  });
}

std::string LabelSelector::ToString() const {
  std::string text;
  for (const Requirement& one : requirements_) {
    if (!text.empty()) text += ",";
    std::string list;
    for (const std::string& value : one.values)
      list += (list.empty() ? "" : ",") + value;
    switch (one.op) {
      case Operator::kIn:
        text += one.equality ? one.key + "=" + list : one.key + " in (" + list + ")";
        break;
      case Operator::kNotIn:
        text += one.equality ? one.key + "!=" + list : one.key + " notin (" + list + ")";
        break;
      case Operator::kExists:
        text += one.key;
        break;
      case Operator::kDoesNotExist:
        text += "!" + one.key;
        break;
      case Operator::kGreater:
        text += one.key + ">" + list;
        break;
      case Operator::kLess:
        text += one.key + "<" + list;
        break;
    }
  }
  return text;
}

Result<FieldSelector> FieldSelector::Parse(std::string_view text,
                                           const std::vector<std::string>& known) {
  FieldSelector selector;
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    const std::string_view term = text.substr(0, comma);
    text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
    if (term.empty()) continue;
    const std::size_t equals = term.find('=');
    if (equals == std::string_view::npos) {
      return Bad("invalid selector: '" + std::string(term) + "'; can't understand '" +
                 std::string(term) + "'");
    }
    const bool unequal = equals > 0 && term[equals - 1] == '!';
    std::string_view value = term.substr(equals + 1);
    if (value.starts_with('=')) value.remove_prefix(1);
    Term parsed{std::string(term.substr(0, unequal ? equals - 1 : equals)), std::string(value),
                !unequal};
    if (std::find(known.begin(), known.end(), parsed.path) == known.end()) {
      std::string list;
      for (const std::string& field : known)
        list += (list.empty() ? "" : ", ") + Dump(Json(field));
      return Bad(Dump(Json(parsed.path)) + " is not a known field selector: only " + list);
    }
    selector.terms_.push_back(std::move(parsed));
  }
  return selector;
}

bool FieldSelector::Matches(const Json& object) const {
  return std::all_of(terms_.begin(), terms_.end(), [&](const Term& term) {
    const Json* at = Find(object, term.path);
    std::string value;
    if (at != nullptr && at->is_string()) value = at->get<std::string>();
    if (at != nullptr && (at->is_number() || at->is_boolean())) value = Dump(*at);
    return (value == term.value) == term.equal;
  });
}

std::string FieldSelector::name() const {
  for (const Term& term : terms_) {
    if (term.equal && term.path == "metadata.name") return term.value;
  }
  return {};
}

}  // namespace hpaplus::embedded

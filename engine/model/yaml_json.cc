#include "engine/model/yaml_json.h"

#include <algorithm>
#include <charconv>
#include <exception>
#include <set>
#include <sstream>
#include <utility>

#include <fmt/core.h>
#include <nlohmann/json.hpp>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

namespace hpaplus {
namespace {

constexpr std::size_t kTextMost = 1U << 20U;
constexpr std::size_t kNodesMost = 10'000;
constexpr std::size_t kDepthMost = 64;
constexpr std::size_t kPathBytesMost = 8U << 20U;  // Of all places of a text together.
// The parser takes a flow collection that might be a key apart as a whole, hundreds of bytes for
// each sign, before it says anything of it that could be refused.
constexpr std::size_t kBracketsMost = 4 * kNodesMost;
constexpr std::size_t kSignsMost = 20 * kNodesMost;

// Ends the parser's work; does not leave this file.
class Stop : public std::exception {
 public:
  explicit Stop(YamlProblem problem) : problem_(std::move(problem)) {}
  [[nodiscard]] const YamlProblem& problem() const { return problem_; }

 private:
  YamlProblem problem_;
};

TextPosition ToPosition(const YAML::Mark& mark) {
  return {std::max(mark.line, 0) + 1, std::max(mark.column, 0) + 1};
}

[[noreturn]] void Fail(const YAML::Mark& mark, std::string message) {
  throw Stop({ToPosition(mark), std::move(message)});
}

std::string QuotedJson(const std::string& text) {
  const nlohmann::json value(text);
  return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

std::string_view TakeDigits(std::string_view& rest) {
  const auto length = std::min(rest.find_first_not_of("0123456789"), rest.size());
  const std::string_view digits = rest.substr(0, length);
  rest.remove_prefix(length);
  return digits;
}

// "0x1F" and "0o17"; nothing when it is neither or too large.
std::optional<std::string> OtherBase(std::string_view text) {
  const int base = text.starts_with("0x") ? 16 : text.starts_with("0o") ? 8 : 0;
  if (base == 0 || text.size() < 3) return std::nullopt;
  std::uint64_t number = 0;
  const auto [end, problem] =
      std::from_chars(text.data() + 2, text.data() + text.size(), number, base);
  if (problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return std::to_string(number);
}

// A decimal number of YAML's core schema as JSON writes it; nothing when it is none.
std::optional<std::string> Decimal(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  const std::string_view whole = TakeDigits(text);
  std::string number = (negative ? "-" : "") + std::string(whole.empty() ? "0" : whole);
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    const std::string_view fraction = TakeDigits(text);
    if (whole.empty() && fraction.empty()) return std::nullopt;
    number += "." + std::string(fraction.empty() ? "0" : fraction);
  } else if (whole.empty()) {
    return std::nullopt;
  }
  if (text.starts_with('e') || text.starts_with('E')) {
    std::string_view exponent = text.substr(1);
    if (exponent.starts_with('-') || exponent.starts_with('+')) exponent.remove_prefix(1);
    if (exponent.empty() || !std::ranges::all_of(exponent, IsDigit)) return std::nullopt;
    number += text;
    text = {};
  }
  if (!text.empty()) return std::nullopt;
  return number;
}

// Whether a JSON reader can hold it: integers in 64 bits, the rest in a double.
bool IsInRange(std::string_view number) {
  const char* const begin = number.data();
  const char* const end = begin + number.size();
  std::errc problem{};
  if (number.find_first_of(".eE") != std::string_view::npos) {
    double real = 0;
    problem = std::from_chars(begin, end, real).ec;
  } else if (number.starts_with('-')) {
    std::int64_t integer = 0;
    problem = std::from_chars(begin, end, integer).ec;
  } else {
    std::uint64_t integer = 0;
    problem = std::from_chars(begin, end, integer).ec;
  }
  return problem == std::errc();
}

bool HasLeadingZero(std::string_view number) {
  if (number.starts_with('-')) number.remove_prefix(1);
  return number.size() > 1 && number[0] == '0' && IsDigit(number[1]);
}

bool IsNotFinite(std::string_view text) {
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  return text == ".inf" || text == ".Inf" || text == ".INF" || text == ".nan" || text == ".NaN" ||
         text == ".NAN";
}

// Nulls do not come here.
std::string PlainScalar(const YAML::Mark& mark, const std::string& text) {
  if (text == "true" || text == "True" || text == "TRUE") return "true";
  if (text == "false" || text == "False" || text == "FALSE") return "false";
  if (IsNotFinite(text)) Fail(mark, fmt::format("\"{}\" is not a finite number", text));
  if (const auto number = OtherBase(text)) return *number;
  if (const auto number = Decimal(text)) {
    if (HasLeadingZero(*number)) {
      Fail(mark, fmt::format("\"{}\" may be octal: quote it or drop the leading zero", text));
    }
    if (!IsInRange(*number)) Fail(mark, fmt::format("\"{}\" is out of range", text.substr(0, 64)));
    return *number;
  }
  return QuotedJson(text);
}

// Writes JSON while the parser walks through a document.
class Writer final : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark& mark) override {
    // The parser begins again and again where something can be no document: "[1], 2".
    if (mark.pos == start_) Fail(mark, "unexpected text after the document");
    start_ = mark.pos;
    document_ = {};
    document_.start = ToPosition(mark);
    levels_.clear();
    path_.clear();
    nodes_ = 0;
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Begin(mark, anchor, "");
    Scalar(mark, "", "null");
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override {
    Fail(mark, "aliases are not supported");
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    const bool quoted = tag == "!";
    Begin(mark, anchor, quoted ? "" : tag);
    if (AwaitsKey()) {
      Key(mark, value, quoted);
    } else {
      Scalar(mark, value, quoted ? QuotedJson(value) : PlainScalar(mark, value));
    }
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    Open(mark, tag, anchor, false);
  }
  void OnSequenceEnd() override { Close(']'); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    Open(mark, tag, anchor, true);
  }
  void OnMapEnd() override { Close('}'); }

  // Null when the document was empty.
  std::optional<YamlDocument> Take() {
    if (document_.json.empty() || document_.json == "null") return std::nullopt;
    return std::move(document_);
  }

 private:
  struct Level {
    bool is_map = false;
    bool has_key = false;         // A map whose next node is a value.
    std::size_t size = 0;         // Elements or keys so far.
    std::size_t path_length = 0;  // Of the path to this list or map.
    std::set<std::string> keys;
  };

  [[nodiscard]] bool AwaitsKey() const {
    return !levels_.empty() && levels_.back().is_map && !levels_.back().has_key;
  }

  void Begin(const YAML::Mark& mark, YAML::anchor_t anchor, const std::string& tag) {
    if (anchor != 0) Fail(mark, "anchors are not supported");
    if (!tag.empty() && tag != "?" && tag != "!") {
      Fail(mark, fmt::format("tags are not supported: {}", tag.substr(0, 64)));
    }
    if (++nodes_ > kNodesMost) Fail(mark, "the document has more than 10000 nodes");
  }

  void Key(const YAML::Mark& mark, const std::string& key, bool quoted) {
    Level& level = levels_.back();
    if (key.empty() && !quoted) Fail(mark, "a key is missing");
    if (!level.keys.insert(key).second) {
      Fail(mark, fmt::format("duplicate key \"{}\"", key.substr(0, 64)));
    }
    path_.resize(level.path_length);
    path_ += (path_.empty() ? "" : ".") + key;
    NotePath(mark);
    document_.json += (level.size++ > 0 ? "," : "") + QuotedJson(key) + ":";
    level.has_key = true;
  }

  // A long key stands in the path of everything below it.
  void NotePath(const YAML::Mark& mark) {
    path_bytes_ += path_.size();
    if (path_bytes_ > kPathBytesMost) Fail(mark, "its keys are too long: the paths exceed 8 MiB");
    document_.positions.emplace(path_, ToPosition(mark));
  }

  // Before a value: its comma and its path.
  void StartValue(const YAML::Mark& mark) {
    if (levels_.empty()) return;
    Level& level = levels_.back();
    if (level.is_map) {
      level.has_key = false;
      return;
    }
    path_.resize(level.path_length);
    path_ += fmt::format("[{}]", level.size);
    NotePath(mark);
    if (level.size++ > 0) document_.json += ',';
  }

  void Scalar(const YAML::Mark& mark, const std::string& text, const std::string& json) {
    if (AwaitsKey()) {  // Only a null comes here.
      Key(mark, text, false);
      return;
    }
    StartValue(mark);
    document_.json += json;
  }

  void Open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, bool is_map) {
    Begin(mark, anchor, tag);
    if (AwaitsKey()) Fail(mark, "a key must be a scalar");
    if (levels_.size() >= kDepthMost) Fail(mark, "nested more than 64 levels deep");
    StartValue(mark);
    document_.json += is_map ? '{' : '[';
    levels_.push_back({is_map, false, 0, path_.size(), {}});
  }

  void Close(char bracket) {
    document_.json += bracket;
    path_.resize(levels_.back().path_length);
    levels_.pop_back();
  }

  YamlDocument document_;
  int start_ = -1;
  std::vector<Level> levels_;
  std::string path_;
  std::size_t nodes_ = 0;
  std::size_t path_bytes_ = 0;
};

// Wherever they stand, as only the parser knows what is quoted.
Status CountSigns(std::string_view text) {
  std::size_t brackets = 0;
  std::size_t signs = 0;
  for (const char c : text) {
    constexpr std::string_view kBrackets = "[]{}";
    constexpr std::string_view kSigns = ",:?&*!'\"";
    if (kBrackets.find(c) != std::string_view::npos) ++brackets;
    if (kSigns.find(c) != std::string_view::npos) ++signs;
  }
  if (brackets <= kBracketsMost && signs <= kSignsMost) return Done{};
  return Error{ErrorCode::kMalformedData,
               fmt::format("the text has more than {} brackets or {} signs of punctuation",
                           kBracketsMost, kSignsMost)};
}

void ReadDocuments(std::string_view text, YamlText& into) {
  std::istringstream stream{std::string(text)};
  YAML::Parser parser(stream);
  Writer writer;
  while (parser.HandleNextDocument(writer)) {
    if (auto document = writer.Take()) into.documents.push_back(*std::move(document));
  }
}

}  // namespace

TextPosition YamlDocument::Find(std::string_view path) const {
  while (!path.empty()) {
    if (const auto found = positions.find(std::string(path)); found != positions.end()) {
      return found->second;
    }
    const auto end = path.find_last_of(".[");
    path = path.substr(0, end == std::string_view::npos ? 0 : end);
  }
  return start;
}

YamlText ReadYaml(std::string_view text) {
  YamlText result;
  if (text.size() > kTextMost) {
    result.problem = YamlProblem{{}, "the text is longer than 1 MiB"};
    return result;
  }
  if (const Status few = CountSigns(text); !few) {
    result.problem = YamlProblem{{}, few.error().message};
    return result;
  }
  try {
    ReadDocuments(text, result);
  } catch (const Stop& stop) {
    result.problem = stop.problem();
  } catch (const YAML::Exception& error) {
    result.problem = YamlProblem{ToPosition(error.mark), error.msg};
  } catch (const std::exception& error) {
    result.problem = YamlProblem{{}, error.what()};
  }
  return result;
}

Result<std::vector<YamlDocument>> ParseYaml(std::string_view text) {
  YamlText result = ReadYaml(text);
  if (!result.problem) return std::move(result.documents);
  const YamlProblem& problem = *result.problem;
  return Error{ErrorCode::kMalformedData,
               fmt::format("yaml: line {}, column {}: {}", problem.at.line, problem.at.column,
                           problem.message)};
}

}  // namespace hpaplus

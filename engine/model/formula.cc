#include "engine/model/formula.h"

#include <algorithm>
#include <cmath>
#include <exception>
#include <numeric>
#include <utility>

#include <fmt/core.h>
#include <muParser.h>

#include "engine/base/check.h"
#include "engine/base/mutex.h"

namespace hpaplus {
namespace {

std::string VariableName(std::string_view metric) {
  std::string name(metric);
  std::ranges::replace(name, '-', '_');
  if (!name.empty() && name.front() >= '0' && name.front() <= '9') name.insert(name.begin(), '_');
  return name;
}

double Min(const double* values, int count) {
  return *std::min_element(values, values + count);
}
double Max(const double* values, int count) {
  return *std::max_element(values, values + count);
}
double Sum(const double* values, int count) {
  return std::accumulate(values, values + count, 0.0);
}
double Average(const double* values, int count) {
  return Sum(values, count) / count;
}
double Absolute(double value) {
  return std::abs(value);
}
double Ceiling(double value) {
  return std::ceil(value);
}
double Floor(double value) {
  return std::floor(value);
}
double Round(double value) {
  return std::round(value);
}
double Root(double value) {
  return std::sqrt(value);
}

bool IsLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool IsLetterOrDigit(char c) {
  return IsLetter(c) || (c >= '0' && c <= '9');
}

std::string At(std::size_t column, std::string_view what) {
  return fmt::format("column {}: {}", column + 1, what);
}

// The library knows assignments, texts and more; a formula of ours has none of them. Empty: all is
// well.
std::string CheckCharacters(std::string_view text) {
  constexpr std::string_view kOthers = " .,+-*/^()<>=!&|?:";
  std::size_t depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    constexpr std::string_view kBefore = "<>=!";
    const bool compares = (i > 0 && kBefore.find(text[i - 1]) != std::string_view::npos) ||
                          (i + 1 < text.size() && text[i + 1] == '=');
    const bool known = IsLetterOrDigit(c) || kOthers.find(c) != std::string_view::npos;
    if (!known || (c == '=' && !compares)) return At(i, "a character that means nothing here");
    if (c == '(' && ++depth > Formula::kDepthMost) return At(i, "too many parentheses in another");
    if (c == ')' && depth > 0) --depth;
  }
  return "";
}

// Where a name stands; names and numbers are the only things that have letters.
std::size_t ColumnOf(std::string_view name, std::string_view text) {
  for (std::size_t at = text.find(name); at != std::string_view::npos;
       at = text.find(name, at + 1)) {
    const std::size_t end = at + name.size();
    const bool begins = at == 0 || !IsLetterOrDigit(text[at - 1]);
    if (begins && (end == text.size() || !IsLetterOrDigit(text[end]))) return at;
  }
  return 0;
}

constexpr std::pair<mu::EErrorCodes, std::string_view> kProblems[] = {
    {mu::ecUNEXPECTED_OPERATOR, "an operator without something to its left"},
    {mu::ecUNASSIGNABLE_TOKEN, "no metric, no function and no number"},
    {mu::ecUNEXPECTED_EOF, "the end, where something is missing"},
    {mu::ecUNEXPECTED_ARG_SEP, "a comma outside of a function's parentheses"},
    {mu::ecUNEXPECTED_VAL, "a number without an operator to its left"},
    {mu::ecUNEXPECTED_VAR, "a metric without an operator to its left"},
    {mu::ecUNEXPECTED_FUN, "a function without an operator to its left"},
    {mu::ecUNEXPECTED_PARENS, "a parenthesis that does not belong here"},
    {mu::ecMISSING_PARENS, "a parenthesis is not closed"},
    {mu::ecTOO_MANY_PARAMS, "too many numbers for the function"},
    {mu::ecTOO_FEW_PARAMS, "too few numbers for the function"},
    {mu::ecMISSING_ELSE_CLAUSE, "a \"?\" without its \":\""},
    {mu::ecMISPLACED_COLON, "a \":\" without its \"?\""},
};

std::string ProblemText(const mu::Parser::exception_type& problem, std::string_view text) {
  const auto known = std::ranges::find(kProblems, problem.GetCode(),
                                       &std::pair<mu::EErrorCodes, std::string_view>::first);
  const std::string what =
      known != std::end(kProblems) ? std::string(known->second) : problem.GetMsg();
  // Some positions are those of the end of the token, or beyond the text.
  const auto column = static_cast<std::size_t>(std::max(problem.GetPos(), 0));
  return At(std::min(column, text.size()), what);
}

Error Refused(std::string_view what) {
  return {ErrorCode::kInvalidArgument, "formula: " + std::string(what)};
}

}  // namespace

class Formula::Parser {
 public:
  explicit Parser(std::size_t inputs) : values_(inputs) {
    parser_.ClearFun();
    parser_.ClearConst();
    parser_.ClearPostfixOprt();
    parser_.DefineFun("min", &Min);
    parser_.DefineFun("max", &Max);
    parser_.DefineFun("sum", &Sum);
    parser_.DefineFun("avg", &Average);
    parser_.DefineFun("abs", &Absolute);
    parser_.DefineFun("ceil", &Ceiling);
    parser_.DefineFun("floor", &Floor);
    parser_.DefineFun("round", &Round);
    parser_.DefineFun("sqrt", &Root);
  }

  // The library's exceptions end in this class. Empty: no problem.
  std::string Compile(const std::string& text, std::span<const std::string> names,
                      std::vector<bool>& uses) {
    try {
      for (std::size_t i = 0; i < names.size(); ++i)
        Define(names[i], i);
      parser_.SetExpr(text);
      for (const auto& [name, unused] : parser_.GetUsedVar()) {
        const std::string problem = Use(name, names, uses);
        if (!problem.empty()) return At(ColumnOf(name, text), problem);
      }
      if (std::ranges::count(uses, true) == 0) return "names no metric";
      int results = 0;
      parser_.Eval(results);
      return results == 1 ? "" : "has several results";
    } catch (const mu::Parser::exception_type& problem) {
      return ProblemText(problem, text);
    } catch (const std::exception& problem) {
      return problem.what();
    }
  }

  std::optional<double> Evaluate(std::span<const double> values) {
    const MutexLock lock(mutex_);
    std::ranges::copy(values, values_.begin());
    try {
      const double value = parser_.Eval();
      return std::isfinite(value) ? std::optional(value) : std::nullopt;
    } catch (const mu::Parser::exception_type&) {
      return std::nullopt;
    } catch (const std::exception&) {
      return std::nullopt;
    }
  }

 private:
  // A name that cannot stand in a formula makes none that does without it unusable.
  void Define(const std::string& name, std::size_t index) {
    try {
      parser_.DefineVar(name, &values_[index]);
    } catch (const mu::Parser::exception_type&) {
      return;
    }
  }

  static std::string Use(const std::string& name, std::span<const std::string> names,
                         std::vector<bool>& uses) {
    const auto found = std::ranges::find(names, name);
    const std::string shown = name.substr(0, 64);
    if (found == names.end()) return fmt::format("there is no metric \"{}\"", shown);
    if (std::ranges::count(names, name) > 1) {
      return fmt::format("several metrics are written \"{}\"", shown);
    }
    uses[static_cast<std::size_t>(found - names.begin())] = true;
    return "";
  }

  Mutex mutex_;  // The library computes in members of its own.
  mu::Parser parser_;
  std::vector<double> values_;
};

Formula::Formula(std::string text, std::unique_ptr<Parser> parser, std::vector<bool> uses)
    : text_(std::move(text)), uses_(std::move(uses)), parser_(std::move(parser)) {}

Formula::~Formula() = default;

Result<SharedFormula> Formula::Compile(std::string_view text,
                                       std::span<const std::string> metric_names) {
  if (text.empty() || text.size() > kTextMost) return Refused("needs 1 to 1024 characters");
  if (const std::string problem = CheckCharacters(text); !problem.empty()) return Refused(problem);
  std::vector<std::string> names;
  for (const std::string& name : metric_names)
    names.push_back(VariableName(name));
  auto parser = std::make_unique<Parser>(names.size());
  std::vector<bool> uses(names.size());
  const std::string problem = parser->Compile(std::string(text), names, uses);
  if (!problem.empty()) return Refused(problem);
  return SharedFormula(std::shared_ptr<const Formula>(
      new Formula(std::string(text), std::move(parser), std::move(uses))));
}

std::optional<double> Formula::Evaluate(std::span<const double> values) const {
  HPAPLUS_CHECK(values.size() == uses_.size());
  return parser_->Evaluate(values);
}

bool SharedFormula::operator==(const SharedFormula& other) const {
  if (formula_ == nullptr || other.formula_ == nullptr) return formula_ == other.formula_;
  return formula_->text() == other.formula_->text();
}

}  // namespace hpaplus

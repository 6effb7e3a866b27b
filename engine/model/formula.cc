#include "engine/model/formula.h"

#include <algorithm>
#include <cmath>
#include <exception>
#include <numeric>
#include <utility>

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

// The library knows assignments, texts and more; a formula of ours has none of them.
bool HasOnlyWhatWeKnow(std::string_view text) {
  constexpr std::string_view kOthers = " _.,+-*/^()<>=!&|?:";
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool known = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       kOthers.find(c) != std::string_view::npos;
    if (!known) return false;
    constexpr std::string_view kBefore = "<>=!";
    const bool compares = (i > 0 && kBefore.find(text[i - 1]) != std::string_view::npos) ||
                          (i + 1 < text.size() && text[i + 1] == '=');
    if (c == '=' && !compares) return false;
  }
  return true;
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

  // The library's exceptions end in these two. Empty: no problem.
  std::string Compile(const std::string& text, std::span<const std::string> names,
                      std::vector<bool>& uses) {
    try {
      for (std::size_t i = 0; i < names.size(); ++i)
        parser_.DefineVar(names[i], &values_[i]);
      parser_.SetExpr(text);
      for (const auto& [name, unused] : parser_.GetUsedVar()) {
        const auto found = std::ranges::find(names, name);
        if (found == names.end()) return "there is no metric \"" + name.substr(0, 64) + "\"";
        uses[static_cast<std::size_t>(found - names.begin())] = true;
      }
      if (std::ranges::count(uses, true) == 0) return "names no metric";
      int results = 0;
      parser_.Eval(results);
      return results == 1 ? "" : "has several results";
    } catch (const mu::Parser::exception_type& problem) {
      return problem.GetMsg();
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
  Mutex mutex_;  // The library computes in members of its own.
  mu::Parser parser_;
  std::vector<double> values_;
};

Formula::Formula(std::string text, std::unique_ptr<Parser> parser, std::vector<bool> uses)
    : text_(std::move(text)), uses_(std::move(uses)), parser_(std::move(parser)) {}

Formula::~Formula() = default;

Result<std::shared_ptr<const Formula>> Formula::Compile(std::string_view text,
                                                        std::span<const std::string> metric_names) {
  if (text.empty() || text.size() > kTextMost) return Refused("needs 1 to 1024 characters");
  if (!HasOnlyWhatWeKnow(text)) return Refused("has a character that means nothing here");
  std::vector<std::string> names;
  for (const std::string& name : metric_names)
    names.push_back(VariableName(name));
  auto parser = std::make_unique<Parser>(names.size());
  std::vector<bool> uses(names.size());
  const std::string problem = parser->Compile(std::string(text), names, uses);
  if (!problem.empty()) return Refused(problem);
  return std::shared_ptr<const Formula>(
      new Formula(std::string(text), std::move(parser), std::move(uses)));
}

std::optional<double> Formula::Evaluate(std::span<const double> values) const {
  HPAPLUS_CHECK(values.size() == uses_.size());
  return parser_->Evaluate(values);
}

}  // namespace hpaplus

// The recorded answers of Kubernetes' own resource.Quantity in test/data/quantity.jsonl (its format
// is that of the conformance set; HPAPLUS_QUANTITY_CASES names a larger file of the same kind), and
// what no recording holds.

#include "engine/base/quantity.h"

#include <cstdlib>
#include <fstream>
#include <limits>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace hpaplus {
namespace {

using nlohmann::json;

Quantity Make(std::string_view text) {
  auto quantity = Quantity::Parse(text);
  EXPECT_TRUE(quantity) << text;
  return quantity ? *quantity : Quantity();
}

Quantity::Format FormatNamed(const std::string& name) {
  if (name == "BinarySI") return Quantity::Format::kBinarySI;
  if (name == "DecimalExponent") return Quantity::Format::kDecimalExponent;
  return Quantity::Format::kDecimalSI;
}

void ExpectParsed(const std::string& text, const json& expected) {
  const Quantity quantity = Make(text);
  EXPECT_EQ(quantity.format(), FormatNamed(expected["format"]));
  EXPECT_EQ(Quantity::StoredText(text).has_value() ? *Quantity::StoredText(text) : "",
            expected["json"]);
  EXPECT_EQ(quantity.ToString(), expected["canonical"]);
  EXPECT_EQ(std::to_string(quantity.MilliValue()), expected["milliValue"]);
  EXPECT_EQ(std::to_string(quantity.Value()), expected["value"]);
  EXPECT_EQ(quantity.Sign(), expected["sign"]);
  EXPECT_EQ(quantity.AsDouble(), std::stod(expected["float"].get<std::string>()));
  EXPECT_EQ(quantity.Canonical().ToString(), quantity.ToString());
}

TEST(Quantity, AnswersAsRecordedFromKubernetes) {
  const char* named = std::getenv("HPAPLUS_QUANTITY_CASES");
  const std::string path =
      named != nullptr ? named : HPAPLUS_SOURCE_DIR "/test/data/quantity.jsonl";
  std::ifstream in(path);
  std::size_t cases = 0;
  for (std::string line; std::getline(in, line); ++cases) {
    SCOPED_TRACE(line);
    const json row = json::parse(line);
    const json& expected = row["case"];
    if (row["kind"] == "fromMilli") {
      const std::int64_t milli = std::stoll(expected["milli"].get<std::string>());
      const auto quantity = Quantity::FromMilli(milli, FormatNamed(expected["format"]));
      EXPECT_EQ(quantity.ToString(), expected["json"]);
    } else if (expected.contains("error")) {
      EXPECT_FALSE(Quantity::Parse(expected["in"].get<std::string>()));
    } else {
      ExpectParsed(expected["in"], expected);
    }
  }
  EXPECT_GE(cases, 100U) << path;
}

TEST(Quantity, NamesWhatIsWrong) {
  const auto message = [](std::string_view text) {
    const auto quantity = Quantity::Parse(text);
    EXPECT_FALSE(quantity) << text;
    return quantity ? std::string() : quantity.error().message;
  };
  EXPECT_EQ(message(""), "quantity: \"\" is empty");
  EXPECT_EQ(message("1 Gi"),
            "quantity: \"1 Gi\" is not a number with an optional suffix such as m, k or Mi");
  EXPECT_EQ(message("1Gm"), "quantity: \"1Gm\" has an unknown suffix");
  EXPECT_EQ(message("1e"), "quantity: \"1e\" has an unknown suffix");
  EXPECT_EQ(message("1e99999999999999999999"),
            "quantity: \"1e99999999999999999999\" has an unknown suffix");
  EXPECT_EQ(message("e-10"), "quantity: \"e-10\" has no digits");
  EXPECT_EQ(Quantity::Parse("1.2.3").error().code, ErrorCode::kMalformedData);
}

TEST(Quantity, RefusesWhatWouldCostTooMuch) {
  EXPECT_TRUE(Quantity::Parse("1e1000"));
  EXPECT_FALSE(Quantity::Parse("1e1001"));
  EXPECT_FALSE(Quantity::Parse("12345678901234567890e999999999"));
  EXPECT_TRUE(Quantity::Parse(std::string(1024, '7')));
  EXPECT_FALSE(Quantity::Parse(std::string(1025, '7')));
  EXPECT_FALSE(Quantity::StoredText(std::string(1025, '0')));
  EXPECT_FALSE(Quantity::StoredText("1x"));
}

TEST(Quantity, RoundsUpToANanoHoweverSmall) {
  EXPECT_EQ(Make("1e-999999999").ToString(), "1e-9");
  EXPECT_EQ(Make("0.0000000001").ToString(), "1n");
}

TEST(Quantity, SurvivesCanonicalizationAtTheLargestExponent) {
  EXPECT_EQ(Make("1000e1000").ToString(), "10e1002");
  EXPECT_EQ(Make("1000e1000").Canonical().ToString(), "10e1002");
}

TEST(Quantity, RoundsAwayFromZero) {
  EXPECT_EQ(Make("1000000n").MilliValue(), 1);
  EXPECT_EQ(Make("1000001n").MilliValue(), 2);
  EXPECT_EQ(Make("-1000001n").MilliValue(), -2);
  EXPECT_EQ(Make("2000m").Value(), 2);
  EXPECT_EQ(Make("2001m").Value(), 3);
}

TEST(Quantity, WrapsAroundWhereKubernetesDoes) {
  EXPECT_EQ(Make("47Ei").MilliValue(), -1000);
  EXPECT_EQ(Make("9223372036854776").MilliValue(), -9223372036854775616);
  EXPECT_EQ(Make("64413T").MilliValue(), 0);
  EXPECT_EQ(Make("0e400").MilliValue(), 0);
}

TEST(Quantity, IsADoubleEvenAtTheEdges) {
  EXPECT_EQ(Make("0e400").AsDouble(), 0.0);
  EXPECT_EQ(Make("1e400").AsDouble(), std::numeric_limits<double>::infinity());
  EXPECT_EQ(Make("-" + std::string(400, '9')).AsDouble(), -std::numeric_limits<double>::infinity());
}

TEST(Quantity, TurnsBinaryFractionsBelowOneIntoDecimals) {
  EXPECT_EQ(Make("0.0001Ki").format(), Quantity::Format::kDecimalSI);
  EXPECT_EQ(Make("0.0001Ki").ToString(), "102400u");
}

TEST(Quantity, ComparesByValue) {
  EXPECT_EQ(Make("1"), Make("1000m"));
  EXPECT_EQ(Make("1Ki"), Make("1024"));
  EXPECT_EQ(Make("0Ki"), Make("-0.000"));
  EXPECT_LT(Make("-2"), Make("-1"));
  EXPECT_LT(Make("999m"), Make("1"));
  EXPECT_GT(Make("1e1000"), Make("123456789012345678901234567890"));
  EXPECT_LT(Make("-1e1000"), Make("0"));
  EXPECT_GT(Make("12345678901234567890.000000001"), Make("12345678901234567890"));
}

TEST(Quantity, AddsExactly) {
  EXPECT_EQ(Make("1").Plus(Make("1m")).ToString(), "1001m");
  EXPECT_EQ(Make("1Gi").Plus(Make("512Mi")).ToString(), "1536Mi");
  EXPECT_EQ(Make("0").Plus(Make("1Gi")).ToString(), "1Gi");
  EXPECT_EQ(Make("1Gi").Plus(Make("0")).ToString(), "1Gi");
  EXPECT_EQ(Make("9223372036854775807").Plus(Make("1")).ToString(), "9223372036854775808");
  EXPECT_EQ(Make("12345678901234567890").Plus(Make("-12345678901234567890")).Sign(), 0);
  EXPECT_EQ(Make("12345678901234567890").Plus(Make("-9")).ToString(), "12345678901234567881");
  EXPECT_EQ(Make("-9").Plus(Make("12345678901234567890")).ToString(), "12345678901234567881");
  const Quantity zero = Make("12345678901234567890").Plus(Make("-12345678901234567890"));
  EXPECT_EQ(zero.Plus(Make("1n")).ToString(), "1n");
  EXPECT_EQ(zero.Plus(Make("1n")), Make("1n"));
  EXPECT_EQ(Make("12345678901234567890").Plus(Make("-12345678901234567891")).ToString(), "-1");
  EXPECT_EQ(Make("1e30").Plus(Make("1n")).ToString(),
            "1000000000000000000000000000000000000001e-9");
}

TEST(Quantity, FormatsTheSmallestAmount) {
  constexpr auto kLeast = std::numeric_limits<std::int64_t>::min();
  EXPECT_EQ(Quantity::FromMilli(kLeast).ToString(), "-9223372036854775808m");
  EXPECT_EQ(Quantity::FromMilli(kLeast).MilliValue(), kLeast);
}

}  // namespace
}  // namespace hpaplus

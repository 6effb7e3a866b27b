#include "engine/base/log.h"

#include <limits>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "engine/base/time.h"

namespace hpaplus {
namespace {

using nlohmann::ordered_json;

std::string Captured(const auto& body) {
  testing::internal::CaptureStderr();
  body();
  return testing::internal::GetCapturedStderr();
}

TEST(Log, WritesOneObjectALine) {
  const std::string text = Captured([] {
    HPAPLUS_LOG(
        kWarning, "scale refused",
        {{"workload", "shop/web"}, {"code", std::int64_t{409}}, {"late", 0.5}, {"ok", false}});
  });
  ASSERT_FALSE(text.empty());
  EXPECT_EQ(text.find('\n'), text.size() - 1);
  const auto line = ordered_json::parse(text);
  std::string keys;
  for (const auto& [key, value] : line.items())
    keys += key + " ";
  EXPECT_EQ(keys, "time level msg workload code late ok ");
  EXPECT_EQ(line["level"], "warning");
  EXPECT_EQ(line["msg"], "scale refused");
  EXPECT_EQ(line["code"], 409);
  EXPECT_EQ(line["late"], 0.5);
  EXPECT_EQ(line["ok"], false);
}

TEST(Log, StampsUtcWithMilliseconds) {
  const auto line = ordered_json::parse(Captured([] { HPAPLUS_LOG(kInfo, "started"); }));
  const std::string time = line["time"];
  EXPECT_EQ(time.size(), std::string_view("2026-11-23T14:02:17.123Z").size()) << time;
  EXPECT_TRUE(ParseRfc3339(time)) << time;
}

TEST(Log, KeepsFormatCharactersAndRepairsUtf8) {
  const auto line = ordered_json::parse(Captured([] {
    HPAPLUS_LOG(kError, "odd", {{"text", "{} {0} %v \"\n\xff"}});
  }));
  EXPECT_EQ(line["text"], "{} {0} %v \"\n\xEF\xBF\xBD");
}

TEST(Log, LeavesOutWhatIsBelowTheLevelUnevaluated) {
  int evaluated = 0;
  const auto count = [&] { return std::int64_t{++evaluated}; };
  const auto debug = [&] { HPAPLUS_LOG(kDebug, "tick", {{"n", count()}}); };
  EXPECT_EQ(Captured(debug), "");
  EXPECT_EQ(evaluated, 0);

  SetLogLevel(LogLevel::kDebug);
  EXPECT_NE(Captured(debug), "");
  EXPECT_EQ(evaluated, 1);

  SetLogLevel(LogLevel::kError);
  EXPECT_EQ(Captured([] { HPAPLUS_LOG(kWarning, "quiet"); }), "");
  SetLogLevel(LogLevel::kInfo);
}

TEST(Log, WritesWhatJsonCannotSayAsNull) {
  const auto line = ordered_json::parse(Captured([] {
    HPAPLUS_LOG(kInfo, "odd number", {{"value", std::numeric_limits<double>::quiet_NaN()}});
  }));
  EXPECT_TRUE(line["value"].is_null());
}

}  // namespace
}  // namespace hpaplus

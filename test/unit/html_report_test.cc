#include "engine/rehearse/html_report.h"

#include <gtest/gtest.h>

#include "engine/rehearse/run_series.h"

namespace hpaplus::rehearse {
namespace {

constexpr Timestamp kStart{std::chrono::days(20'458) + std::chrono::hours(23)};

std::size_t Count(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
    ++count;
  return count;
}

TEST(HtmlReport, KeepsDataInItsPlace) {
  const std::string plain = HtmlReport("{}");
  const std::string nasty = HtmlReport(R"({"title":"</script><img src=x onerror=alert(1)><!--"})");
  EXPECT_EQ(Count(nasty, "</script"), Count(plain, "</script"));
  EXPECT_EQ(Count(nasty, "<img"), 0U);
  EXPECT_EQ(Count(nasty, "<!--"), Count(plain, "<!--"));
  EXPECT_NE(nasty.find(R"(\u003c/script>\u003cimg)"), std::string::npos);
}

TEST(HtmlReport, AllowsItsOwnScriptAndStyleAlone) {
  const std::string html = HtmlReport("{}");
  EXPECT_EQ(Count(html, "'sha256-"), 2U);
  EXPECT_EQ(Count(html, "unsafe"), 0U);
  EXPECT_EQ(Count(html, "src="), 0U);
  EXPECT_LE(html.size(), 150U * 1024);
}

TEST(StatusPage, AllowsItselfAndItsServerAlone) {
  const LivePage page = StatusPage();
  EXPECT_EQ(Count(page.html, "</script"), 1U);
  EXPECT_EQ(Count(page.html, "src="), 0U);
  EXPECT_EQ(Count(page.policy, "'sha256-"), 2U);
  EXPECT_EQ(Count(page.policy, "unsafe"), 0U);
  EXPECT_EQ(Count(page.policy, "connect-src 'self'"), 1U);
  EXPECT_EQ(Count(page.policy, "frame-ancestors 'none'"), 1U);
  EXPECT_LE(page.html.size(), 100U * 1024);
}

TEST(SeriesOf, HidesNoShortage) {
  const auto trace = Trace::FromCsv("t_seconds,value\n0,10\n100,50\n107,10\n7200,10\n14400,10\n");
  ASSERT_TRUE(trace);
  RunOptions options;
  options.plant = {10, std::chrono::seconds(5), 1};
  PolicyRun run;
  run.initial = 1;
  run.changes = {{101, 1, 3}, {200, 3, 1}};
  const RunSeries series = SeriesOf(Situation(*trace, options), run, kStart, 100);
  ASSERT_LE(series.needed.size(), 100U);
  EXPECT_EQ(series.needed[0], 5);
  EXPECT_EQ(series.ready[0], 1);
  EXPECT_EQ(series.missing[0], 4);
  EXPECT_EQ(series.missing[1], 0);
  ASSERT_GE(series.short_minutes.size(), 25U);
  EXPECT_NEAR(series.short_minutes[23], 7.0 / 60, 1e-9) << "from 100 s to 107 s, at 23:01";
  EXPECT_EQ(series.short_minutes[24], 0);
}

}  // namespace
}  // namespace hpaplus::rehearse

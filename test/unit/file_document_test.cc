#include "collectors/file_document.h"

#include <map>

#include <gtest/gtest.h>

#include "test/support/fake_http_client.h"

namespace hpaplus::collectors {
namespace {

using std::chrono::seconds;

class FileDocumentTest : public testing::Test {
 protected:
  struct Files final : MetricFiles {
    std::map<std::string, MetricFile, std::less<>> files;
    [[nodiscard]] Result<MetricFile> Read(std::string_view ns, std::string_view path,
                                          std::size_t bytes_most) const override {
      EXPECT_EQ(bytes_most, 5000U);
      const auto found = files.find(std::string(ns) + "/" + std::string(path));
      if (found == files.end()) return Error{ErrorCode::kNotFound, "it is not there"};
      return found->second;
    }
  };

  std::vector<ReadingResult> Collect(const std::vector<MetricQuery>& queries) {
    CollectorDeps deps{http_, executor_};
    deps.files = &files_;
    auto collector = FileDocumentCollector::Create(source_, deps);
    EXPECT_TRUE(collector);
    return (*collector)->Collect(queries, {now_, now_ + seconds(1), {}});
  }

  const Timestamp now_{seconds(1'700'000'000)};
  test::FakeHttpClient http_;
  SerialExecutor executor_;
  Files files_;
  ResolvedSource source_{
      .spec = {
          .ns = "shop", .type = "File", .max_response_bytes = 5000, .file = FileSource{"queue"}}};
};

TEST_F(FileDocumentTest, IsAsOldAsTheFile) {
  files_.files["shop/queue"] = {R"({"depth": 12})", now_ - seconds(100)};
  const auto results = Collect({{.expression = "depth"}, {.expression = "none"}});
  ASSERT_TRUE(results[0]) << results[0].error().message;
  EXPECT_EQ((*results[0])->values.at(0).value, 12);
  EXPECT_EQ((*results[0])->values.at(0).at, now_ - seconds(100));
  EXPECT_EQ((*results[0])->received, now_);
  ASSERT_FALSE(results[1]);
  EXPECT_EQ(results[1].error().message, "file queue: no number at none: there is no key \"none\"");
}

TEST_F(FileDocumentTest, StaysInTheDirectoryOfItsNamespace) {
  files_.files["/queue"] = {R"({"depth": 12})", now_};
  const auto results = Collect({{.expression = "depth"}});
  ASSERT_FALSE(results[0]);
  EXPECT_EQ(results[0].error().code, ErrorCode::kNotFound);
  EXPECT_EQ(results[0].error().message, "file queue: it is not there");
  source_.spec.ns.clear();
  EXPECT_TRUE(Collect({{.expression = "depth"}})[0]) << "a ClusterMetricSource has them all";
}

TEST_F(FileDocumentTest, ReadsOtherFormatsAndOtherTypesNot) {
  source_.spec.file->format = DocumentFormat::kNumber;
  files_.files["shop/queue"] = {"7", now_};
  const auto results =
      Collect({{.expression = "value"}, {.type = MetricType::kExternal, .expression = "value"}});
  EXPECT_EQ((*results[0])->values.at(0).value, 7);
  EXPECT_EQ(results[1].error().code, ErrorCode::kInvalidArgument);
}

TEST_F(FileDocumentTest, ReadsExpositionText) {
  source_.spec.file->format = std::nullopt;
  files_.files["shop/queue"] = {"jobs{queue=\"a\"} 3\njobs{queue=\"b\"} 4\nold 1 1699999990000\n",
                                now_ - seconds(2)};
  auto results =
      Collect({{.expression = "sum(jobs)"}, {.expression = "old"}, {.expression = "no"}});
  EXPECT_EQ((*results[0])->values.at(0).value, 7);
  EXPECT_EQ((*results[0])->values.at(0).at, now_ - seconds(2));
  EXPECT_EQ((*results[1])->values.at(0).at, now_ - seconds(10)) << "its own time";
  EXPECT_TRUE((*results[2])->values.empty());
  files_.files["shop/queue"] = {"old 1 1699999990\n# EOF\n", now_};
  results = Collect({{.expression = "old"}});
  EXPECT_EQ((*results[0])->values.at(0).at, now_ - seconds(10)) << "OpenMetrics has seconds";
  files_.files["shop/queue"] = {"<html>\n", now_};
  EXPECT_EQ(Collect({{.expression = "old"}})[0].error().code, ErrorCode::kMalformedData);
}

TEST_F(FileDocumentTest, NeedsADirectory) {
  EXPECT_EQ(FileDocumentCollector::Create(source_, {http_, executor_}).error().code,
            ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace hpaplus::collectors

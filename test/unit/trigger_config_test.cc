#include "engine/api/trigger_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hpaplus::api {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string ProblemOf(const TriggerMetadata& metadata) {
  const auto trigger = ReadTrigger(metadata);
  if (trigger) return "none";
  EXPECT_EQ(trigger.error().code, ErrorCode::kInvalidArgument);
  return trigger.error().message;
}

TriggerMetadata OfSource(const TriggerMetadata& more = {}) {
  TriggerMetadata metadata = {{"source", "orders"}, {"query", "depth"}, {"threshold", "20"}};
  for (const auto& [key, text] : more)
    metadata[key] = text;
  return metadata;
}

TEST(TriggerConfig, NamesAnObjectAndOneOfItsMetrics) {
  const auto trigger = ReadTrigger({{"hpaplus", "worker"}, {"metric", "depth"}});
  ASSERT_TRUE(trigger) << trigger.error().message;
  EXPECT_EQ(std::get<ObjectTrigger>(*trigger), (ObjectTrigger{"worker", "depth", false}));
}

TEST(TriggerConfig, AsksForTheDecidedSize) {
  const auto trigger = ReadTrigger({{"hpaplus", "worker"}, {"drive", "true"}});
  ASSERT_TRUE(trigger) << trigger.error().message;
  EXPECT_TRUE(std::get<ObjectTrigger>(*trigger).drive);
}

TEST(TriggerConfig, SaysEverythingItselfWithDefaults) {
  const auto trigger = ReadTrigger(OfSource());
  ASSERT_TRUE(trigger) << trigger.error().message;
  const auto& source = std::get<SourceTrigger>(*trigger);
  EXPECT_EQ(source.source, "orders");
  EXPECT_EQ(source.source_ns, "");
  EXPECT_EQ(source.query, "depth");
  EXPECT_EQ(source.threshold.AsDouble(), 20);
  EXPECT_EQ(source.activation.AsDouble(), 0);
  EXPECT_EQ(source.period, std::chrono::seconds(15));
}

TEST(TriggerConfig, TakesValueLocationForAQuery) {
  const auto trigger = ReadTrigger({{"source", "shop/orders"},
                                    {"valueLocation", "depth"},
                                    {"threshold", "6.111"},
                                    {"activationThreshold", "-1"},
                                    {"period", "1s"}});
  ASSERT_TRUE(trigger) << trigger.error().message;
  const auto& source = std::get<SourceTrigger>(*trigger);
  EXPECT_EQ(source.source_ns, "shop");
  EXPECT_EQ(source.query, "depth");
  EXPECT_EQ(source.activation.AsDouble(), -1);
  EXPECT_EQ(source.period, std::chrono::seconds(1));
}

TEST(TriggerConfig, PassesOverWhatIsKedasOwn) {
  EXPECT_EQ(ProblemOf(OfSource({{"scalerAddress", "a:1"},
                                {"enableTLS", "true"},
                                {"unsafeSsl", "false"},
                                {"metricType", "Value"}})),
            "none");
}

TEST(TriggerConfig, NamesTheKeyThatIsWrong) {
  const std::pair<TriggerMetadata, const char*> cases[] = {
      {{}, "scalerMetadata.hpaplus: required"},
      {{{"hpaplus", "No Name"}}, "scalerMetadata.hpaplus: must be the name"},
      {{{"hpaplus", "a"}, {"treshold", "1"}}, "scalerMetadata.treshold: unknown key"},
      {{{"hpaplus", "a"}, {"query", "1"}}, "scalerMetadata.query: does not go with"},
      {{{"hpaplus", "a"}, {"metric", ""}}, "scalerMetadata.metric: must be"},
      {{{"hpaplus", "a"}, {"drive", "yes"}}, "scalerMetadata.drive: must be true or false"},
      {{{"hpaplus", "a"}, {"drive", "true"}, {"metric", "b"}}, "scalerMetadata.metric: does not"},
      {OfSource({{"metric", "b"}}), "scalerMetadata.metric: goes with the key hpaplus"},
      {OfSource({{"source", "a/b/c"}}), "scalerMetadata.source: must be NAME or"},
      {OfSource({{"source", "/b"}}), "scalerMetadata.source: must be NAME or"},
      {OfSource({{"source", ""}}), "scalerMetadata.source: must be NAME or"},
      {OfSource({{"query", ""}}), "scalerMetadata.query: must not be empty"},
      {OfSource({{"valueLocation", "x"}}), "scalerMetadata.valueLocation: says something else"},
      {{{"source", "a"}, {"threshold", "1"}}, "scalerMetadata.query: required"},
      {{{"source", "a"}, {"query", "b"}}, "scalerMetadata.threshold: required"},
      {OfSource({{"threshold", "0"}}), "scalerMetadata.threshold: must be at least"},
      {OfSource({{"threshold", "0.0004"}}), "scalerMetadata.threshold: must be at least"},
      {OfSource({{"threshold", "-1"}}), "scalerMetadata.threshold: must be at least"},
      {OfSource({{"threshold", "many"}}), "scalerMetadata.threshold: must be a number"},
      {OfSource({{"activationThreshold", ""}}), "scalerMetadata.activationThreshold: must be a"},
      {OfSource({{"period", "0s"}}), "scalerMetadata.period: must be a duration"},
      {OfSource({{"period", "2h"}}), "scalerMetadata.period: must be a duration"},
      {OfSource({{"period", "soon"}}), "scalerMetadata.period: must be a duration"},
      {OfSource({{"query", std::string(9000, 'x')}}), "scalerMetadata.query: longer than"},
  };
  for (const auto& [metadata, problem] : cases)
    EXPECT_THAT(ProblemOf(metadata), StartsWith(problem));
  TriggerMetadata many = OfSource();
  for (int i = 0; i < 70; ++i)
    many["key" + std::to_string(i)] = "x";
  EXPECT_THAT(ProblemOf(many), HasSubstr("more than 64 keys"));
}

}  // namespace
}  // namespace hpaplus::api

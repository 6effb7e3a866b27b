#include "engine/model/pod_usage.h"

#include <gmock/gmock.h>

namespace hpaplus {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;

PodUsage Item(std::string ns, std::string pod, std::int64_t cpu, int at = 0) {
  return {std::move(ns),
          std::move(pod),
          Timestamp(seconds(at)),
          seconds(15),
          {{"app", {{"cpu", cpu}}}}};
}

TEST(PodUsageTable, GivesBackWhatItWasMadeOf) {
  const std::vector<PodUsage> pods = {
      Item("a", "x", 1, 5),
      {"a", "y", Timestamp(seconds(6)), seconds(30), {}},
      {"b",
       "z",
       {},
       {},
       {{"app", {{"cpu", 0}, {"memory", 7}}}, {"log", {{"memory", 9}}}, {"", {}}}}};
  const PodUsageTable table{std::span(pods)};
  EXPECT_EQ(table.Pods(), pods);
  EXPECT_EQ(table.size(), 3U);
  EXPECT_EQ(table.containers(1).begin, table.containers(1).end);
  constexpr std::int64_t kAbsent = PodUsageTable::kAbsent;
  EXPECT_THAT(table.Column("memory"), ElementsAre(kAbsent, 7, 9, kAbsent));
  EXPECT_TRUE(table.Column("disk").empty());
  EXPECT_TRUE(PodUsageTable().Pods().empty());
}

TEST(PodUsageTable, FindsANamespacesPods) {
  const std::vector<PodUsage> pods = {Item("a", "x", 1), Item("b", "x", 2), Item("b", "y", 3),
                                      Item("d", "x", 4)};
  const PodUsageTable table{std::span(pods)};
  const auto of = [&table](std::string_view ns) {
    const PodUsageTable::Range range = table.Namespace(ns);
    return std::pair(range.begin, range.end);
  };
  EXPECT_EQ(of("a"), std::pair(0U, 1U));
  EXPECT_EQ(of("b"), std::pair(1U, 3U));
  EXPECT_EQ(of("c"), std::pair(3U, 3U));
  EXPECT_EQ(of("e"), std::pair(4U, 4U));
}

TEST(PodUsageTable, OrdersPodsAndKeepsTheLastOfOneName) {
  const std::vector<PodUsage> pods = {Item("b", "x", 1), Item("a", "z", 2), Item("b", "x", 3),
                                      Item("a", "y", 4), Item("a", "z", 5)};
  PodUsageTable table{std::span(pods)};
  table.SortAndKeepLast();
  EXPECT_THAT(table.Pods(), ElementsAre(Item("a", "y", 4), Item("a", "z", 5), Item("b", "x", 3)));
}

TEST(PodUsageTable, LetsTheLastNumberOfAResourceCount) {
  PodUsageTable table;
  table.BeginPod();
  table.BeginContainer();
  EXPECT_TRUE(table.Add("cpu", 1));
  EXPECT_TRUE(table.Add("memory", 2));
  EXPECT_TRUE(table.Add("cpu", 3));
  EXPECT_THAT(table.Column("cpu"), ElementsAre(3));
  EXPECT_THAT(table.Column("memory"), ElementsAre(2));
}

TEST(PodUsageTable, TakesNoNumberForAnAbsentOne) {
  PodUsageTable table;
  table.BeginPod();
  table.BeginContainer();
  EXPECT_TRUE(table.Add("cpu", PodUsageTable::kAbsent));
  EXPECT_NE(table.Column("cpu")[0], PodUsageTable::kAbsent);
  EXPECT_LT(table.Column("cpu")[0], 0);
}

TEST(PodUsageTable, RefusesAResourceTooMany) {
  PodUsageTable table;
  table.BeginPod();
  table.BeginContainer();
  for (std::size_t i = 0; i < PodUsageTable::kMaxResources; ++i)
    EXPECT_TRUE(table.Add("r" + std::to_string(i), 1));
  EXPECT_FALSE(table.Add("one-more", 1));
  EXPECT_TRUE(table.Add("r5", 2));
  EXPECT_TRUE(table.Column("one-more").empty());
}

TEST(PodUsageTable, AppendsTablesWithOtherResources) {
  const std::vector<PodUsage> first = {Item("a", "x", 1)};
  const std::vector<PodUsage> second = {
      {"b", "y", {}, {}, {{"main", {{"memory", 7}}}, {"log", {{"cpu", 2}}}}}};
  PodUsageTable table{std::span(first)};
  table.Append(PodUsageTable(second));
  EXPECT_THAT(table.Pods(), ElementsAre(first[0], second[0]));
}

}  // namespace
}  // namespace hpaplus

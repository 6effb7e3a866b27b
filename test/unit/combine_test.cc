#include "engine/core/combine.h"

#include <gtest/gtest.h>

#include "test/support/workload_builder.h"

namespace hpaplus {
namespace {

MetricOutcome Saying(std::optional<Replicas> proposal) {
  MetricOutcome out;
  out.proposal = proposal;
  return out;
}

TEST(Combine, HighestWinsAndUnknownForbidsShrinking) {
  struct Case {
    const char* name;
    std::vector<std::optional<Replicas>> proposals;
    bool known;
    Replicas replicas;
    std::size_t winner;
  };
  const Case cases[] = {
      {"one", {7}, true, 7, 0},
      {"highest", {3, 9, 4}, true, 9, 1},
      {"first of equals", {9, 9}, true, 9, 0},
      {"zero gives way", {0, 2}, true, 2, 1},
      {"zero", {0}, true, 0, 0},
      {"the last of zeros, as in the HPA", {0, 0}, true, 0, 1},
      {"unknown and up", {std::nullopt, 9}, true, 9, 1},
      {"unknown and same", {5, std::nullopt}, true, 5, 0},
      {"unknown and down", {4, std::nullopt}, false, 5, 0},
      {"all unknown", {std::nullopt, std::nullopt}, false, 5, 0},
      {"none at all", {}, false, 5, 0},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    std::vector<MetricOutcome> outcomes;
    for (const auto& proposal : c.proposals)
      outcomes.push_back(Saying(proposal));
    const Combined out = Combine(std::vector<MetricSpec>(outcomes.size()), outcomes, 5);
    EXPECT_EQ(out.known, c.known);
    EXPECT_EQ(out.replicas, c.replicas);
    if (c.known) {
      EXPECT_EQ(out.winner, c.winner);
    }
  }
}

TEST(Combine, HearsOnlyMetricsThatVote) {
  std::vector<MetricSpec> specs(4);
  specs[0].role = MetricRole::kGuard;
  specs[1].role = MetricRole::kActivate;
  specs[3].role = MetricRole::kObserve;
  const Combined out =
      Combine(specs, std::vector{Saying(20), Saying(std::nullopt), Saying(4), Saying(30)}, 5);
  EXPECT_TRUE(out.known);
  EXPECT_EQ(out.replicas, 4);
  EXPECT_EQ(out.winner, 2U);
  EXPECT_EQ(out.voters, 1U);
  EXPECT_EQ(out.unknown, 0U);
}

}  // namespace
}  // namespace hpaplus

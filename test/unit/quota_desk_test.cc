#include "engine/loop/quota_desk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hpaplus {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class FakeBook final : public QuotaBook {
 public:
  std::vector<std::shared_ptr<const QuotaObject>> QuotasIn(const std::string& /*ns*/) override {
    if (quota.name.empty()) return {};
    return {std::make_shared<const QuotaObject>(quota)};
  }
  std::optional<QuotaAmounts> RequestsIn(const std::string& /*ns*/) override { return requests; }

  QuotaObject quota;
  std::optional<QuotaAmounts> requests;
};

class QuotaDeskTest : public ::testing::Test {
 protected:
  QuotaDeskTest() {
    book_.quota.name = "compute";
    book_.quota.hard = {{"pods", 100}, {"requests.cpu", 10'000}};
  }

  // A workload with so many pods of one core.
  std::shared_ptr<WorkloadView> View(const std::string& name, int pods) {
    auto spec = std::make_shared<WorkloadSpec>();
    spec->ns = "shop";
    spec->name = name;
    spec->max_replicas = 50;
    auto view = std::make_shared<WorkloadView>();
    view->spec = spec;
    for (int i = 0; i < pods; ++i) {
      auto pod = std::make_shared<Pod>();
      pod->name = name + std::to_string(i);
      pod->phase = PodPhase::kRunning;
      pod->resources =
          PodResources{.containers = {{"app", {{"cpu", *Quantity::Parse("1")}}, false}}};
      view->pods.push_back(pod);
    }
    views_.push_back(view);
    return view;
  }

  QuotaAsk Asks(std::uint32_t id, const std::shared_ptr<WorkloadView>& view, Replicas current,
                Replicas desired) {
    return {WorkloadId{id}, view.get(), current, desired, true};
  }

  std::vector<Replicas> Allowed(const std::vector<QuotaAsk>& asks) {
    std::vector<Replicas> out;
    for (const QuotaAnswer& one : desk_.Ask(asks, {}))
      out.push_back(one.allowed);
    return out;
  }

  FakeBook book_;
  int woken_ = 0;
  std::map<std::string, QuotaShareSpec> shares_;
  std::vector<std::shared_ptr<WorkloadView>> views_;
  QuotaDesk desk_{{.wake_loop = [this] { ++woken_; },
                   .wake_engine = [this] { ++woken_; },
                   .share_of = [this](const WorkloadSpec& spec) { return shares_[spec.name]; }},
                  book_};
};

TEST_F(QuotaDeskTest, PodsThatAreThereHaveTheirQuota) {
  book_.quota.hard = {{"pods", 2}};
  book_.quota.used = {{"pods", 2}};
  const auto web = View("web", 2);
  EXPECT_THAT(Allowed({Asks(0, web, 1, 2)}), ElementsAre(2)) << "it has two";
  EXPECT_THAT(Allowed({Asks(0, web, 1, 3)}), ElementsAre(2)) << "and no third";
}

TEST_F(QuotaDeskTest, WithoutAnyQuotaNothingIsKept) {
  book_.quota.name.clear();
  EXPECT_THAT(Allowed({Asks(0, View("web", 2), 2, 40)}), ElementsAre(40));
  book_.requests = QuotaAmounts{};
  EXPECT_FALSE(desk_.WantsIn("shop"));
}

TEST_F(QuotaDeskTest, LetsThroughWhatFits) {
  const auto web = View("web", 4);
  book_.quota.used = {{"requests.cpu", 4000}};
  EXPECT_THAT(Allowed({Asks(0, web, 4, 9)}), ElementsAre(9));
  EXPECT_THAT(desk_.TakeUrgent(), IsEmpty());
}

TEST_F(QuotaDeskTest, CutsWhatDoesNotFitAndSaysWhatIsShort) {
  const auto web = View("web", 4);
  book_.quota.used = {{"requests.cpu", 7500}};
  const auto answers = desk_.Ask(std::vector{Asks(0, web, 4, 9)}, {});
  EXPECT_EQ(answers[0].allowed, 6);
  EXPECT_EQ(answers[0].resource, "requests.cpu");
  EXPECT_EQ(answers[0].quota, "compute");
  EXPECT_THAT(desk_.TakeUrgent(), ElementsAre("shop"));
  EXPECT_EQ(woken_, 1);
  EXPECT_EQ(desk_.WantsIn("shop"), std::nullopt);  // The pods are not known.
  book_.requests = QuotaAmounts{{"requests.cpu", 7500}, {"pods", 7}};
  EXPECT_EQ(desk_.WantsIn("shop")->desired["requests.cpu"], 12'500);
  EXPECT_EQ(desk_.WantsIn("shop")->in_flight["requests.cpu"], 2000);
  EXPECT_EQ(desk_.WantsIn("shop")->desired_most["pods"], 53);
}

TEST_F(QuotaDeskTest, LimitsNobodyWithoutAQuotaOrAPod) {
  const auto web = View("web", 0);
  book_.quota.used = {{"requests.cpu", 10'000}};
  EXPECT_THAT(Allowed({Asks(0, web, 1, 9)}), ElementsAre(9));
  book_.quota.name.clear();
  EXPECT_THAT(Allowed({Asks(0, View("web", 1), 1, 9)}), ElementsAre(9));
}

TEST_F(QuotaDeskTest, Q9QuotasThatCountSomePodsOnlyLimitNobody) {
  book_.quota.scoped = true;
  EXPECT_THAT(Allowed({Asks(0, View("web", 8), 8, 20)}), ElementsAre(20));
}

TEST_F(QuotaDeskTest, LimitsByTheCountOfPodObjects) {
  book_.quota.hard = {{"count/pods", 10}};
  book_.quota.used = {{"count/pods", 8}};
  EXPECT_THAT(Allowed({Asks(0, View("web", 8), 8, 20)}), ElementsAre(10));
}

TEST_F(QuotaDeskTest, CountsPodsThatAreUnderWay) {
  const auto web = View("web", 2);
  book_.requests = QuotaAmounts{{"requests.cpu", 2000}, {"pods", 2}};
  EXPECT_THAT(Allowed({Asks(0, web, 8, 12)}), ElementsAre(10));
  const auto api = View("api", 1);
  EXPECT_THAT(Allowed({Asks(1, api, 1, 3)}), ElementsAre(1));  // All of it has been let through.
}

TEST_F(QuotaDeskTest, GivesWhatIsScarceByPriorityAndThenByWeight) {
  const auto low = View("low", 1);
  const auto high = View("high", 1);
  const auto heavy = View("heavy", 1);
  shares_["high"].priority = 200;
  shares_["heavy"].weight = 300;
  book_.quota.used = {{"requests.cpu", 1000}};
  EXPECT_THAT(Allowed({Asks(0, low, 1, 20), Asks(1, high, 1, 6), Asks(2, heavy, 1, 20)}),
              ElementsAre(2, 6, 4));
}

TEST_F(QuotaDeskTest, TellsThoseWhoWereRefusedWhenThereIsMore) {
  const auto web = View("web", 4);
  book_.quota.used = {{"requests.cpu", 10'000}};
  EXPECT_THAT(Allowed({Asks(0, web, 4, 9)}), ElementsAre(4));
  EXPECT_THAT(desk_.TakeFreed(), IsEmpty());
  desk_.Free("elsewhere");
  EXPECT_THAT(desk_.TakeFreed(), IsEmpty());
  desk_.Free("shop");
  EXPECT_EQ(woken_, 2);
  EXPECT_THAT(desk_.TakeFreed(), ElementsAre(WorkloadId{0}));
  EXPECT_THAT(desk_.TakeFreed(), IsEmpty());
  desk_.Forget(WorkloadId{0});
  desk_.Free("shop");
  EXPECT_THAT(desk_.TakeFreed(), IsEmpty());
}

TEST_F(QuotaDeskTest, WhoOnlySaysWhatItWouldDoTakesNothingFromOthers) {
  const auto web = View("web", 2);
  const auto trial = View("trial", 2);
  shares_["trial"].priority = 900;
  book_.quota.used = {{"requests.cpu", 4000}};
  QuotaAsk asks_only = Asks(1, trial, 2, 9);
  asks_only.acts = false;
  EXPECT_THAT(Allowed({asks_only, Asks(0, web, 2, 8)}), ElementsAre(2, 8));
  EXPECT_THAT(Allowed({Asks(0, web, 2, 5)}), ElementsAre(5));
  EXPECT_THAT(Allowed({asks_only}), ElementsAre(5)) << "what would be left";
  EXPECT_THAT(Allowed({Asks(0, web, 2, 8)}), ElementsAre(8)) << "it has taken none of it";
}

TEST_F(QuotaDeskTest, WhoOnlySaysWhatItWouldDoWantsNoQuota) {
  const auto trial = View("trial", 2);
  book_.quota.used = {{"requests.cpu", 10'000}};
  book_.requests = QuotaAmounts{{"requests.cpu", 10'000}, {"pods", 10}};
  for (const Replicas desired : {9, 1}) {
    QuotaAsk asks_only = Asks(0, trial, 3, desired);
    asks_only.acts = false;
    (void)desk_.Ask(std::vector{asks_only}, {});
    EXPECT_THAT(desk_.TakeUrgent(), IsEmpty());
    EXPECT_EQ(woken_, 0);
    EXPECT_EQ(desk_.WantsIn("shop")->desired["pods"], 11) << "of three there are two";
    EXPECT_EQ(desk_.WantsIn("shop")->desired_most["pods"], 11);
    EXPECT_EQ(desk_.WantsIn("shop")->in_flight["pods"], 1);
    desk_.Free("shop");
    EXPECT_THAT(desk_.TakeFreed(), IsEmpty());
  }
}

TEST_F(QuotaDeskTest, NamesWhatIsShortLast) {
  const auto web = View("web", 2);
  book_.quota.hard = {{"pods", 6}, {"requests.cpu", 4000}};
  book_.quota.used = {{"pods", 2}, {"requests.cpu", 2000}};
  const auto answers = desk_.Ask(std::vector{Asks(0, web, 2, 9)}, {});
  EXPECT_EQ(answers[0].allowed, 4);
  EXPECT_EQ(answers[0].resource, "requests.cpu") << "of pods there were four more";
}

TEST_F(QuotaDeskTest, CountsWhatThePodsOfNowRequest) {
  const auto web = View("web", 1);
  book_.quota.used = {{"requests.cpu", 8000}};
  EXPECT_THAT(Allowed({Asks(0, web, 1, 9)}), ElementsAre(3));
  auto pod = std::make_shared<Pod>(*web->pods[0]);
  pod->resources = PodResources{.containers = {{"app", {{"cpu", *Quantity::Parse("2")}}, false}}};
  web->pods = {pod};
  EXPECT_THAT(Allowed({Asks(0, web, 1, 9)}), ElementsAre(2));
}

TEST_F(QuotaDeskTest, LeavesShrinkingAlone) {
  const auto web = View("web", 9);
  book_.quota.used = {{"requests.cpu", 20'000}};
  EXPECT_THAT(Allowed({Asks(0, web, 9, 2)}), ElementsAre(2));
}

}  // namespace
}  // namespace hpaplus

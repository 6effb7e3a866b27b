#include "engine/kube/target_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hpaplus::kube {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr Timestamp kStart{std::chrono::hours(500'000)};
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

const KindKey kDeployment{"apps", "Deployment"};
const TargetKey kWeb{kDeployment, {"shop", "web"}};
const KindKey kPlus{"example.io", "StatefulSetPlus"};
const TargetKey kDb{kPlus, {"shop", "db"}};
const ServedKind kPlusServed{"example.io", "v1", "statefulsetpluses", true};

ScaledObject Scaled(const std::string& name, int replicas, const std::string& version,
                    const std::string& uid = "u") {
  ScaledObject object;
  object.meta = {"shop", name, uid, version, 1, {}};
  object.scale.status = ScaleStatus::kKnown;
  object.scale.spec_replicas = replicas;
  object.scale.resource_version = version;
  object.scale.selector = "app=" + name;
  return object;
}

// A table in which kPlus is watched, and an object in it.
TargetTable WatchedPlus(const TargetTable::Config& config = {}) {
  TargetTable table(config);
  table.Claim(kDb, kStart);
  EXPECT_THAT(table.TakeUnresolved(kStart), ElementsAre(kPlus));
  table.Resolved(kPlus, kPlusServed, kStart);
  EXPECT_THAT(table.TakeToWatch(), SizeIs(1));
  table.BeginReplace(kPlus);
  table.UpsertMeta(kPlus, Scaled("db", 0, "10").meta, kStart);
  table.EndReplace(kPlus);
  (void)table.TakeDirty();
  return table;
}

TEST(TargetTable, ADeploymentsScaleNeedsNoReading) {
  TargetTable table({});
  table.Claim(kWeb, kStart);
  EXPECT_THAT(table.TakeUnresolved(kStart), IsEmpty());
  const auto watches = table.TakeToWatch();
  ASSERT_EQ(watches.size(), 1U);
  EXPECT_FALSE(watches[0].metadata_only);
  EXPECT_EQ(watches[0].served.Path(""), "/apis/apps/v1/deployments");
  EXPECT_EQ(table.StateOf(kWeb).status, ScaleStatus::kUnknown);
  EXPECT_FALSE(table.IsSettled(kWeb));
  table.BeginReplace(kDeployment);
  table.Upsert(kDeployment, Scaled("web", 3, "10"));
  table.EndReplace(kDeployment);
  EXPECT_TRUE(table.IsSettled(kWeb));
  EXPECT_EQ(table.StateOf(kWeb).spec_replicas, 3);
  EXPECT_THAT(table.TakeReads(kStart), IsEmpty());
  EXPECT_THAT(table.TakeDirty(), ElementsAre(kWeb));
  EXPECT_EQ(table.PlaceOf(kWeb)->scale_path, "/apis/apps/v1/namespaces/shop/deployments/web/scale");
}

TEST(TargetTable, AWritesAnswerLeavesTheRolloutThatTheObjectTold) {
  TargetTable table({});
  table.Claim(kWeb, kStart);
  (void)table.TakeToWatch();
  table.BeginReplace(kDeployment);
  ScaledObject web = Scaled("web", 3, "10");
  web.scale.rollout = {true, true, 4, 1, "pod-template-hash", ""};
  table.Upsert(kDeployment, web);
  table.EndReplace(kDeployment);
  table.Observe(kWeb, "u", Scaled("web", 5, "11").scale);
  EXPECT_EQ(table.StateOf(kWeb).spec_replicas, 5);
  EXPECT_EQ(table.StateOf(kWeb).rollout, web.scale.rollout);
  (void)table.TakeDirty();
  web = Scaled("web", 5, "12");
  web.scale.rollout = {true, false, 5, 5, "pod-template-hash", ""};
  table.Upsert(kDeployment, web);
  EXPECT_THAT(table.TakeDirty(), ElementsAre(kWeb));
  EXPECT_FALSE(table.StateOf(kWeb).rollout.rolling);
}

TEST(TargetTable, AP12AMissingTargetIsNotFoundAndAppearsWhenMade) {
  TargetTable table({});
  table.Claim(kWeb, kStart);
  (void)table.TakeToWatch();
  table.BeginReplace(kDeployment);
  table.EndReplace(kDeployment);
  EXPECT_EQ(table.StateOf(kWeb).status, ScaleStatus::kNotFound);
  EXPECT_EQ(table.StateOf(kWeb).problem, "deployments.apps \"web\" not found");
  EXPECT_EQ(table.PlaceOf(kWeb), std::nullopt);
  (void)table.TakeDirty();
  table.Upsert(kDeployment, Scaled("web", 3, "10"));
  EXPECT_THAT(table.TakeDirty(), ElementsAre(kWeb));
  table.Erase(kDeployment, Scaled("web", 3, "11", "other").meta);
  EXPECT_EQ(table.StateOf(kWeb).status, ScaleStatus::kKnown);
  table.Erase(kDeployment, Scaled("web", 3, "11").meta);
  EXPECT_EQ(table.StateOf(kWeb).status, ScaleStatus::kNotFound);
}

TEST(TargetTable, AP14AnOlderVersionNeverReplacesANewerOne) {
  TargetTable table({});
  table.Claim(kWeb, kStart);
  (void)table.TakeToWatch();
  table.BeginReplace(kDeployment);
  table.Upsert(kDeployment, Scaled("web", 3, "10"));
  table.EndReplace(kDeployment);
  table.Observe(kWeb, "u", Scaled("web", 7, "20").scale);
  table.Upsert(kDeployment, Scaled("web", 3, "15"));
  EXPECT_EQ(table.StateOf(kWeb).spec_replicas, 7);
  table.BeginReplace(kDeployment);
  table.Upsert(kDeployment, Scaled("web", 3, "12"));
  table.EndReplace(kDeployment);
  EXPECT_EQ(table.StateOf(kWeb).spec_replicas, 7);
  table.Observe(kWeb, "u", Scaled("web", 4, "19").scale);
  EXPECT_EQ(table.StateOf(kWeb).spec_replicas, 7);
  table.Observe(kWeb, "other", Scaled("web", 4, "30").scale);
  EXPECT_EQ(table.StateOf(kWeb).spec_replicas, 7) << "another object's scale";
}

TEST(TargetTable, AnUnclaimedObjectDirtiesNobody) {
  TargetTable table({});
  table.Claim(kWeb, kStart);
  (void)table.TakeToWatch();
  (void)table.TakeDirty();
  table.Upsert(kDeployment, Scaled("other", 3, "10"));
  EXPECT_THAT(table.TakeDirty(), IsEmpty());
}

TEST(TargetTable, ACustomKindIsReadOncePerVersionSeen) {
  TargetTable table = WatchedPlus();
  EXPECT_EQ(table.StateOf(kDb).status, ScaleStatus::kUnknown);
  const auto reads = table.TakeReads(kStart);
  ASSERT_EQ(reads.size(), 1U);
  EXPECT_EQ(reads[0].path, "/apis/example.io/v1/namespaces/shop/statefulsetpluses/db/scale");
  EXPECT_THAT(table.TakeReads(kStart + minutes(1)), IsEmpty());
  table.ReadDone(kDb, Scaled("db", 4, "10"), kStart);
  EXPECT_EQ(table.StateOf(kDb).spec_replicas, 4);
  EXPECT_THAT(table.TakeReads(kStart + minutes(1)), IsEmpty());
  table.UpsertMeta(kPlus, Scaled("db", 0, "11").meta, kStart + minutes(1));
  table.UpsertMeta(kPlus, Scaled("db", 0, "12").meta, kStart + minutes(1));
  EXPECT_THAT(table.TakeReads(kStart + minutes(1) + milliseconds(100)), SizeIs(1));
}

TEST(TargetTable, AWatchFasterThanTheWritesAnswerCausesNoReading) {
  TargetTable table = WatchedPlus();
  (void)table.TakeReads(kStart);
  table.ReadDone(kDb, Scaled("db", 4, "10"), kStart);
  table.UpsertMeta(kPlus, Scaled("db", 0, "15").meta, kStart + minutes(1));
  EXPECT_THAT(table.TakeReads(kStart + minutes(1)), IsEmpty());
  table.Observe(kDb, "u", Scaled("db", 9, "15").scale);
  EXPECT_THAT(table.TakeReads(kStart + minutes(2)), IsEmpty());
  table.UpsertMeta(kPlus, Scaled("db", 0, "16").meta, kStart + minutes(2));
  EXPECT_THAT(table.TakeReads(kStart + minutes(3)), SizeIs(1));
}

TEST(TargetTable, AWriteWhoseAnswerWasObservedNeedsNoReading) {
  TargetTable table = WatchedPlus();
  (void)table.TakeReads(kStart);
  table.ReadDone(kDb, Scaled("db", 4, "10"), kStart);
  table.Observe(kDb, "u", Scaled("db", 9, "15").scale);
  table.UpsertMeta(kPlus, Scaled("db", 0, "15").meta, kStart + minutes(1));
  EXPECT_THAT(table.TakeReads(kStart + minutes(1)), IsEmpty());
}

TEST(TargetTable, AChangeDuringAReadIsReadAgainButNotAtOnce) {
  TargetTable table = WatchedPlus();
  (void)table.TakeReads(kStart);
  table.UpsertMeta(kPlus, Scaled("db", 0, "11").meta, kStart);
  EXPECT_THAT(table.TakeReads(kStart), IsEmpty());
  table.ReadDone(kDb, Scaled("db", 4, "10"), kStart);
  EXPECT_THAT(table.TakeReads(kStart), IsEmpty());
  EXPECT_EQ(table.NextDue(kStart), kStart + milliseconds(200));
  EXPECT_THAT(table.TakeReads(kStart + milliseconds(200)), SizeIs(1));
}

TEST(TargetTable, ReadsAreLimited) {
  TargetTable::Config config;
  config.reads_per_second = 10;
  config.reads_burst = 2;
  TargetTable table(config);
  for (int i = 0; i < 5; ++i) {
    table.Claim({kPlus, {"shop", "db" + std::to_string(i)}}, kStart);
  }
  (void)table.TakeUnresolved(kStart);
  table.Resolved(kPlus, kPlusServed, kStart);
  for (int i = 0; i < 5; ++i)
    table.UpsertMeta(kPlus, Scaled("db" + std::to_string(i), 0, "10").meta, kStart);
  EXPECT_THAT(table.TakeReads(kStart), SizeIs(2));
  EXPECT_THAT(table.TakeReads(kStart), IsEmpty());
  (void)table.TakeToWatch();
  EXPECT_EQ(table.NextDue(kStart), kStart + milliseconds(100));
  EXPECT_THAT(table.TakeReads(kStart + milliseconds(200)), SizeIs(2));
}

TEST(TargetTable, AP11AForbiddenReadNamesTheRuleAndIsRetriedSlower) {
  TargetTable table = WatchedPlus();
  (void)table.TakeReads(kStart);
  table.ReadDone(kDb, Error{ErrorCode::kPermissionDenied, "no"}, kStart);
  EXPECT_EQ(table.StateOf(kDb).status, ScaleStatus::kForbidden);
  EXPECT_EQ(table.StateOf(kDb).problem, "needs get on statefulsetpluses.example.io/scale: no");
  EXPECT_THAT(table.TakeReads(kStart), IsEmpty());
  EXPECT_THAT(table.TakeReads(kStart + seconds(1)), SizeIs(1));
  table.ReadDone(kDb, Error{ErrorCode::kPermissionDenied, "no"}, kStart + seconds(1));
  EXPECT_THAT(table.TakeReads(kStart + seconds(2)), IsEmpty());
  EXPECT_THAT(table.TakeReads(kStart + seconds(3)), SizeIs(1));
}

TEST(TargetTable, AP1AReadThatFailsForAMomentKeepsWhatIsKnown) {
  TargetTable table = WatchedPlus();
  (void)table.TakeReads(kStart);
  table.ReadDone(kDb, Scaled("db", 4, "10"), kStart);
  table.UpsertMeta(kPlus, Scaled("db", 0, "11").meta, kStart + seconds(1));
  EXPECT_THAT(table.TakeReads(kStart + seconds(2)), SizeIs(1));
  table.ReadDone(kDb, Error{ErrorCode::kUnavailable, "refused"}, kStart + seconds(2));
  EXPECT_EQ(table.StateOf(kDb).spec_replicas, 4);
  EXPECT_EQ(table.StateOf(kDb).status, ScaleStatus::kKnown);
}

TEST(TargetTable, AP16TheScaleOfADeletedObjectIsNotTheSuccessors) {
  TargetTable table = WatchedPlus();
  (void)table.TakeReads(kStart);
  table.ReadDone(kDb, Scaled("db", 4, "10"), kStart);
  table.UpsertMeta(kPlus, Scaled("db", 0, "20", "second").meta, kStart + seconds(5));
  EXPECT_EQ(table.StateOf(kDb).status, ScaleStatus::kUnknown);
  EXPECT_THAT(table.TakeReads(kStart + seconds(5)), SizeIs(1));
  table.ReadDone(kDb, Scaled("db", 4, "15", "u"), kStart + seconds(5));
  EXPECT_EQ(table.StateOf(kDb).status, ScaleStatus::kUnknown);
}

TEST(TargetTable, AKindWithoutScaleOrThatDoesNotExistFailsClearly) {
  TargetTable table({});
  table.Claim(kDb, kStart);
  (void)table.TakeUnresolved(kStart);
  table.Unresolved(kPlus, Error{ErrorCode::kNotFound, "x"}, kStart);
  EXPECT_EQ(table.StateOf(kDb).status, ScaleStatus::kFailed);
  EXPECT_EQ(table.StateOf(kDb).problem,
            "StatefulSetPlus in API group example.io: the API server has no such kind");
  EXPECT_THAT(table.TakeUnresolved(kStart), IsEmpty());
  EXPECT_THAT(table.TakeUnresolved(kStart + seconds(1)), ElementsAre(kPlus));
  ServedKind plain = kPlusServed;
  plain.has_scale = false;
  table.Resolved(kPlus, plain, kStart);
  EXPECT_EQ(table.StateOf(kDb).problem, "statefulsetpluses.example.io has no scale subresource");
  EXPECT_THAT(table.TakeToWatch(), IsEmpty());
}

TEST(TargetTable, AP23ADiscoveryThatIsDownIsUnknownAndNotMissing) {
  TargetTable table({});
  table.Claim(kDb, kStart);
  (void)table.TakeUnresolved(kStart);
  table.Unresolved(kPlus, Error{ErrorCode::kUnavailable, "connection refused"}, kStart);
  EXPECT_EQ(table.StateOf(kDb).status, ScaleStatus::kUnknown);
  EXPECT_THAT(table.StateOf(kDb).problem, HasSubstr("connection refused"));
}

TEST(TargetTable, AKindOutsideOfNamespacesFails) {
  TargetTable table({});
  table.Claim(kDb, kStart);
  (void)table.TakeUnresolved(kStart);
  table.Unresolved(kPlus, Error{ErrorCode::kInvalidArgument, "not in a namespace"}, kStart);
  EXPECT_EQ(table.StateOf(kDb).status, ScaleStatus::kFailed);
}

TEST(TargetTable, AP11AForbiddenWatchNamesTheRuleUntilAListWorks) {
  TargetTable table({});
  table.Claim(kWeb, kStart);
  (void)table.TakeToWatch();
  table.WatchFailed(kDeployment, Error{ErrorCode::kPermissionDenied, "no"});
  EXPECT_EQ(table.StateOf(kWeb).status, ScaleStatus::kForbidden);
  EXPECT_EQ(table.StateOf(kWeb).problem, "needs list and watch on deployments.apps: no");
  table.BeginReplace(kDeployment);
  table.Upsert(kDeployment, Scaled("web", 3, "10"));
  table.EndReplace(kDeployment);
  EXPECT_EQ(table.StateOf(kWeb).status, ScaleStatus::kKnown);
}

TEST(TargetTable, AKindThatNobodyNamesIsDroppedAfterAWhile) {
  TargetTable table = WatchedPlus();
  table.Unclaim(kDb, kStart);
  EXPECT_THAT(table.TakeUnused(kStart + minutes(9)), IsEmpty());
  table.Claim(kDb, kStart + minutes(9));
  EXPECT_THAT(table.TakeUnused(kStart + minutes(60)), IsEmpty());
  table.Unclaim(kDb, kStart + minutes(60));
  EXPECT_THAT(table.TakeUnused(kStart + minutes(70)), ElementsAre(kPlus));
  EXPECT_EQ(table.StateOf(kDb).status, ScaleStatus::kUnknown);
  EXPECT_THAT(table.TakeReads(kStart + minutes(70)), IsEmpty());
  EXPECT_EQ(table.NextDue(kStart), Timestamp::max());
}

}  // namespace
}  // namespace hpaplus::kube

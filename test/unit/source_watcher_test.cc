#include "engine/kube/source_watcher.h"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/support/fake_kube_api.h"
#include "test/support/kube_workload.h"
#include "test/support/manual_clock.h"

namespace hpaplus::kube {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kSources = "/apis/autoscaling.hpaplus.io/v1alpha1/metricsources";
constexpr const char* kClusterSources =
    "/apis/autoscaling.hpaplus.io/v1alpha1/clustermetricsources";
constexpr const char* kNamespaces = "/api/v1/namespaces";

std::string SourceText(int generation, const std::string& spec_rest = "",
                       const std::string& uid = "uid-prom") {
  return fmt::format(
      R"({{"kind":"MetricSource","metadata":{{"namespace":"shop","name":"prom","uid":"{}",
          "resourceVersion":"{}","generation":{}}},
          "spec":{{"type":"Prometheus","endpoint":"https://prom:9090"{}}}}})",
      uid, 100 + generation, generation, spec_rest);
}

std::string ClusterSourceText(const std::string& spec_rest) {
  return fmt::format(
      R"({{"kind":"ClusterMetricSource","metadata":{{"name":"shared","uid":"u",
          "resourceVersion":"5","generation":1}},
          "spec":{{"type":"Prometheus","endpoint":"https://prom:9090"{}}}}})",
      spec_rest);
}

constexpr const char* kBearer = R"(,"auth":{"bearer":{"name":"token","key":"t"}})";
constexpr const char* kSecret = R"({"metadata":{"name":"token"},"data":{"t":"aHVudGVyMgo="}})";
constexpr const char* kRotated = R"({"metadata":{"name":"token"},"data":{"t":"bmV3"}})";

class SourceWatcherTest : public testing::Test {
 protected:
  struct Report {
    SourceName name;
    Result<ResolvedSource> source;
    SourceWatcher::MayUse may_use;
  };

  SourceWatcherTest() {
    watcher_.StartWatches();
    api_.SinkOf(kClusterSources).Replace({});
    api_.SinkOf(kSources).Replace({});
  }

  SourceWatcher::Config MakeConfig() {
    SourceWatcher::Config config;
    config.controller_ns = "hpaplus";
    config.max_sources = 3;
    config.on_source = [this](const SourceName& name, Result<ResolvedSource> source,
                              SourceWatcher::MayUse may_use) {
      reports_.push_back({name, std::move(source), std::move(may_use)});
    };
    config.on_object = [this](const SourceObject& object) { objects_.push_back(object); };
    config.on_gone = [this](const SourceName& name) { gone_.push_back(name); };
    return config;
  }

  void Chores() { (void)watcher_.RunChores(clock_.Now()); }

  std::vector<Report> reports_;
  std::vector<SourceObject> objects_;
  std::vector<SourceName> gone_;
  test::ManualClock clock_{test::kMorning};
  test::FakeKubeApi api_;
  SourceWatcher watcher_{MakeConfig(), api_.Api(), clock_};
};

TEST_F(SourceWatcherTest, ASourceWithoutSecretsIsReportedAtOnce) {
  EXPECT_TRUE(watcher_.Synced());
  api_.SinkOf(kSources).Upsert(SourceText(1));
  EXPECT_THAT(reports_, IsEmpty()) << "only from the chores";
  Chores();
  ASSERT_EQ(reports_.size(), 1U);
  EXPECT_EQ(reports_[0].name, "MetricSource/shop/prom");
  ASSERT_TRUE(reports_[0].source);
  EXPECT_EQ(reports_[0].source->spec.endpoint, "https://prom:9090");
  EXPECT_TRUE(reports_[0].may_use("shop"));
  EXPECT_FALSE(reports_[0].may_use("other"));
  EXPECT_EQ(api_.sender.waiting(), 0U);
  Chores();
  EXPECT_EQ(reports_.size(), 1U);
}

TEST_F(SourceWatcherTest, AStatusUpdateOrAnOlderVersionIsNotReported) {
  api_.SinkOf(kSources).Upsert(SourceText(2));
  Chores();
  api_.SinkOf(kSources).Upsert(SourceText(2));
  api_.SinkOf(kSources).Upsert(SourceText(1));
  Chores();
  EXPECT_EQ(reports_.size(), 1U);
}

TEST_F(SourceWatcherTest, ASecretIsReadByNameFromTheSourcesNamespace) {
  api_.SinkOf(kSources).Upsert(SourceText(1, kBearer));
  Chores();
  EXPECT_THAT(reports_, IsEmpty());
  ASSERT_EQ(api_.sender.waiting(), 1U);
  EXPECT_EQ(api_.sender.next().method, "GET");
  EXPECT_EQ(api_.sender.next().path, "/api/v1/namespaces/shop/secrets/token");
  api_.sender.Answer(std::string(kSecret));
  Chores();
  ASSERT_EQ(reports_.size(), 1U);
  EXPECT_EQ(reports_[0].source->auth.bearer_token, "hunter2") << "without the line's end";
}

TEST_F(SourceWatcherTest, T04ASecretIsReadOnceAMinuteAndARotationIsReported) {
  api_.SinkOf(kSources).Upsert(SourceText(1, kBearer));
  Chores();
  api_.sender.Answer(std::string(kSecret));
  Chores();
  clock_.Advance(seconds(59));
  Chores();
  EXPECT_EQ(api_.sender.waiting(), 0U);
  clock_.Advance(seconds(1));
  Chores();
  ASSERT_EQ(api_.sender.waiting(), 1U);
  api_.sender.Answer(std::string(kSecret));
  Chores();
  EXPECT_EQ(reports_.size(), 1U) << "nothing has changed";
  clock_.Advance(seconds(60));
  Chores();
  api_.sender.Answer(std::string(kRotated));
  Chores();
  ASSERT_EQ(reports_.size(), 2U);
  EXPECT_EQ(reports_[1].source->auth.bearer_token, "new");
}

TEST_F(SourceWatcherTest, TellsWhatThereIsToSayAboutAnObject) {
  api_.SinkOf(kSources).Upsert(SourceText(1, kBearer));
  Chores();
  EXPECT_THAT(objects_, IsEmpty()) << "its secret is being read";
  api_.sender.Answer(Error{ErrorCode::kNotFound, "secrets \"token\" not found"});
  Chores();
  ASSERT_EQ(objects_.size(), 1U);
  EXPECT_EQ(objects_[0].name, "MetricSource/shop/prom");
  EXPECT_EQ(objects_[0].uid, "uid-prom");
  EXPECT_EQ(objects_[0].reason, "SecretNotUsable");
  EXPECT_THAT(objects_[0].problem, HasSubstr("secret token in namespace shop"));
  EXPECT_FALSE(objects_[0].in_force);

  api_.SinkOf(kSources).Upsert(SourceText(2));
  Chores();
  ASSERT_EQ(objects_.size(), 2U);
  EXPECT_EQ(objects_[1].generation, 2);
  EXPECT_EQ(objects_[1].problem, "");
  EXPECT_TRUE(objects_[1].in_force);

  api_.SinkOf(kSources).Upsert(SourceText(3, R"(,"cron":{})"));
  Chores();
  ASSERT_EQ(objects_.size(), 3U);
  EXPECT_EQ(objects_[2].reason, "InvalidSpec");
  EXPECT_THAT(objects_[2].problem, HasSubstr("spec.cron goes with type Cron"));
  EXPECT_TRUE(objects_[2].in_force) << "the one before";
}

TEST_F(SourceWatcherTest, TellsTheStatusThatAnObjectHadWhenItWasSeenFirst) {
  std::string text = SourceText(1);
  text.insert(text.size() - 1, R"(,"status":{"observedGeneration":1,"consecutiveFailures":4})");
  api_.SinkOf(kSources).Upsert(text);
  Chores();
  ASSERT_EQ(objects_.size(), 1U);
  EXPECT_EQ(objects_[0].stored.failures, 4);
}

TEST_F(SourceWatcherTest, TwoSourcesShareOneReadOfASecret) {
  api_.SinkOf(kSources).Upsert(SourceText(1, kBearer));
  std::string second = SourceText(1, kBearer, "uid-2");
  second.replace(second.find("\"prom\""), 6, "\"more\"");
  api_.SinkOf(kSources).Upsert(second);
  Chores();
  EXPECT_EQ(api_.sender.waiting(), 1U);
  api_.sender.Answer(std::string(kSecret));
  Chores();
  EXPECT_EQ(reports_.size(), 2U);
}

TEST_F(SourceWatcherTest, S12AMissingSecretOrKeyIsAnErrorThatShowsNoValue) {
  api_.SinkOf(kSources).Upsert(SourceText(1, kBearer));
  Chores();
  api_.sender.Answer(Error{ErrorCode::kNotFound, "secrets \"token\" not found"});
  Chores();
  ASSERT_EQ(reports_.size(), 1U);
  ASSERT_FALSE(reports_[0].source);
  EXPECT_THAT(reports_[0].source.error().message, HasSubstr("secret token in namespace shop"));
  clock_.Advance(seconds(5));
  Chores();
  api_.sender.Answer(std::string(R"({"metadata":{"name":"token"},"data":{"x":"aHVudGVyMg=="}})"));
  Chores();
  ASSERT_EQ(reports_.size(), 2U);
  EXPECT_THAT(reports_[1].source.error().message, HasSubstr("secret token has no key t"));
  EXPECT_THAT(reports_[1].source.error().message, testing::Not(HasSubstr("hunter2")));
  clock_.Advance(seconds(60));
  Chores();
  api_.sender.Answer(std::string(kSecret));
  Chores();
  ASSERT_EQ(reports_.size(), 3U);
  EXPECT_TRUE(reports_[2].source);
}

TEST_F(SourceWatcherTest, AP11AForbiddenSecretNamesTheRule) {
  api_.SinkOf(kSources).Upsert(SourceText(1, kBearer));
  Chores();
  api_.sender.Answer(Error{ErrorCode::kPermissionDenied, "no"});
  Chores();
  EXPECT_THAT(reports_.at(0).source.error().message,
              HasSubstr("needs get on secret token in namespace shop"));
}

TEST_F(SourceWatcherTest, ASecretThatGoesAwayKeepsWhatWasReported) {
  api_.SinkOf(kSources).Upsert(SourceText(1, kBearer));
  Chores();
  api_.sender.Answer(std::string(kSecret));
  Chores();
  for (const ErrorCode code : {ErrorCode::kUnavailable, ErrorCode::kNotFound}) {
    clock_.Advance(seconds(60));
    Chores();
    api_.sender.Answer(Error{code, "x"});
    Chores();
  }
  EXPECT_EQ(reports_.size(), 1U);
}

TEST_F(SourceWatcherTest, ABadChangeKeepsTheOldSource) {
  api_.SinkOf(kSources).Upsert(SourceText(1));
  Chores();
  std::string bad = SourceText(2);
  bad.replace(bad.find("\"endpoint\":\"https://prom:9090\""), 30, "\"endpoint\":7");
  api_.SinkOf(kSources).Upsert(bad);
  Chores();
  EXPECT_EQ(reports_.size(), 1U);
  api_.SinkOf(kSources).Upsert(SourceText(3, R"(,"cacheFor":"2s")"));
  Chores();
  ASSERT_EQ(reports_.size(), 2U);
  EXPECT_EQ(reports_[1].source->spec.cache_for, seconds(2));
}

TEST_F(SourceWatcherTest, ASourceThatWasNeverUsableIsReportedAsSuch) {
  std::string bad = SourceText(1);
  bad.replace(bad.find("\"endpoint\":\"https://prom:9090\""), 30, "\"endpoint\":7");
  api_.SinkOf(kSources).Upsert(bad);
  Chores();
  ASSERT_EQ(reports_.size(), 1U);
  EXPECT_FALSE(reports_[0].source);
  EXPECT_THAT(reports_[0].source.error().message, HasSubstr("MetricSource/shop/prom: "));
  EXPECT_THAT(reports_[0].source.error().message, HasSubstr("endpoint"));
}

TEST_F(SourceWatcherTest, ADeletedSourceIsGoneAndItsSecretsAreNotReadAnyMore) {
  api_.SinkOf(kSources).Upsert(SourceText(1, kBearer));
  Chores();
  api_.sender.Answer(std::string(kSecret));
  Chores();
  api_.SinkOf(kSources).Delete(SourceText(1, "", "another-uid"));
  Chores();
  EXPECT_THAT(gone_, IsEmpty());
  api_.SinkOf(kSources).Delete(SourceText(1));
  clock_.Advance(seconds(300));
  Chores();
  EXPECT_THAT(gone_, testing::ElementsAre("MetricSource/shop/prom"));
  EXPECT_EQ(api_.sender.waiting(), 0U);
}

TEST_F(SourceWatcherTest, WhatAListOfOneKindDoesNotMentionIsGoneAndTheOtherKindStays) {
  api_.SinkOf(kSources).Upsert(SourceText(1));
  api_.SinkOf(kClusterSources).Upsert(ClusterSourceText(R"(,"allowedNamespaces":{"from":"All"})"));
  Chores();
  EXPECT_EQ(reports_.size(), 2U);
  api_.SinkOf(kSources).Replace({});
  Chores();
  EXPECT_THAT(gone_, testing::ElementsAre("MetricSource/shop/prom"));
}

TEST_F(SourceWatcherTest, N10AClusterSourceServesWhomItAllows) {
  api_.SinkOf(kClusterSources)
      .Upsert(ClusterSourceText(
          std::string(kBearer) +
          R"(,"allowedNamespaces":{"from":"Selector","selector":{"matchLabels":{"metrics":"yes"}}})"));
  EXPECT_FALSE(api_.IsWatched(kNamespaces));
  Chores();
  ASSERT_TRUE(api_.IsWatched(kNamespaces));
  EXPECT_EQ(api_.sender.next().path, "/api/v1/namespaces/hpaplus/secrets/token")
      << "from the controller's namespace";
  api_.sender.Answer(std::string(kSecret));
  Chores();
  ASSERT_EQ(reports_.size(), 1U);
  const auto& may_use = reports_[0].may_use;
  EXPECT_FALSE(may_use("shop")) << "not known yet";
  api_.SinkOf(kNamespaces)
      .Replace({R"({"metadata":{"name":"shop","labels":{"a":"b","metrics":"yes"}}})",
                R"({"metadata":{"name":"other","labels":{"metrics":"no"}}})"});
  EXPECT_TRUE(may_use("shop"));
  EXPECT_FALSE(may_use("other"));
  api_.SinkOf(kNamespaces).Upsert(R"({"metadata":{"name":"shop"}})");
  EXPECT_FALSE(may_use("shop"));
  api_.SinkOf(kNamespaces).Upsert(R"({"metadata":{"name":"shop","labels":{"metrics":"yes"}}})");
  EXPECT_TRUE(may_use("shop"));
  api_.SinkOf(kNamespaces).Delete(R"({"metadata":{"name":"shop"}})");
  EXPECT_FALSE(may_use("shop"));
  api_.SinkOf(kClusterSources).Replace({});
  Chores();
  EXPECT_FALSE(api_.IsWatched(kNamespaces));
}

TEST_F(SourceWatcherTest, SourcesThatMayNotBeSeenAreNotWaitedFor) {
  test::FakeKubeApi api;
  SourceWatcher watcher(MakeConfig(), api.Api(), clock_);
  watcher.StartWatches();
  api.SinkOf(kClusterSources).Failed(Error{ErrorCode::kUnavailable, "refused"});
  api.SinkOf(kSources).Replace({});
  EXPECT_FALSE(watcher.Synced());
  api.SinkOf(kClusterSources).Failed(Error{ErrorCode::kPermissionDenied, "no"});
  EXPECT_TRUE(watcher.Synced());
}

TEST_F(SourceWatcherTest, S11TheNumberOfSourcesIsBounded) {
  for (const char* name : {"a", "b", "c", "d"}) {
    std::string text = SourceText(1);
    text.replace(text.find("\"prom\""), 6, std::string("\"") + name + "\"");
    api_.SinkOf(kSources).Upsert(text);
  }
  Chores();
  EXPECT_EQ(reports_.size(), 3U);
}

TEST(SourceAuth, EveryReferenceEndsInItsField) {
  SourceSpec spec;
  spec.bearer = SecretKeyRef{"s", "1"};
  spec.basic_username = SecretKeyRef{"s", "2"};
  spec.basic_password = SecretKeyRef{"s", "3"};
  spec.header_name = "X-Token";
  spec.header_value = SecretKeyRef{"s", "4"};
  spec.tls_ca = SecretKeyRef{"t", "5"};
  spec.tls_client_cert = SecretKeyRef{"t", "6"};
  spec.tls_client_key = SecretKeyRef{"t", "7"};
  spec.tls_server_name = "prom";
  spec.headers = {{"X-Scope-OrgID", "team"}};
  EXPECT_EQ(SecretsOf(spec), (std::set<std::string>{"s", "t"}));
  const auto find = [](const std::string& secret) -> Result<SecretData> {
    SecretData data;
    for (char c = '1'; c <= '7'; ++c)
      data[std::string(1, c)] = secret + c;
    return data;
  };
  const auto auth = ResolveAuth(spec, find);
  ASSERT_TRUE(auth);
  EXPECT_EQ(auth->bearer_token, "s1");
  EXPECT_EQ(auth->basic_username, "s2");
  EXPECT_EQ(auth->basic_password, "s3");
  EXPECT_EQ(auth->header, (std::pair<std::string, std::string>("X-Token", "s4")));
  EXPECT_EQ(auth->ca_pem, "t5");
  EXPECT_EQ(auth->client_cert_pem, "t6");
  EXPECT_EQ(auth->client_key_pem, "t7");
  EXPECT_EQ(auth->tls_server_name, "prom");
  EXPECT_EQ(auth->headers,
            (std::vector<std::pair<std::string, std::string>>{{"X-Scope-OrgID", "team"}}));
  HttpAuth other = *auth;
  EXPECT_TRUE(SameAuth(*auth, other));
  other.client_key_pem = "x";
  EXPECT_FALSE(SameAuth(*auth, other));
}

}  // namespace
}  // namespace hpaplus::kube

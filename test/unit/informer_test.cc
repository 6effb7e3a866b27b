// The informer against an API server whose answers each test scripts, one step per request.

#include "engine/kube/informer.h"

#include <atomic>
#include <condition_variable>
#include <mutex>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/shell/curl_client.h"
#include "engine/shell/system_clock.h"
#include "test/support/fixed_access.h"
#include "test/support/recorded_telemetry.h"
#include "test/support/scripted_server.h"

namespace hpaplus::kube {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::ScriptedAnswer;
using test::ScriptedRequest;
using test::ScriptedServer;
using test::ScriptedWriter;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// "n/a@3" for what was put in under that name in that version.
std::string Brief(std::string_view object) {
  const auto at = [object](std::string_view key) {
    const std::size_t begin = object.find(key) + key.size();
    return std::string(object.substr(begin, object.find('"', begin) - begin));
  };
  return at(R"("name":")") + "@" + at(R"("resourceVersion":")");
}

class RecordingSink final : public ObjectSink {
 public:
  void Replace(const std::vector<std::string>& objects) override {
    std::string all = "replace";
    for (const std::string& object : objects)
      all += " " + Brief(object);
    Add(all);
  }
  void Upsert(std::string_view object) override { Add("upsert " + Brief(object)); }
  void Delete(std::string_view object) override { Add("delete " + Brief(object)); }
  void Failed(const Error& error) override { Add("failed " + error.message); }
  void Resumed() override { Add("resumed"); }

  // What has been told once `count` calls have come; fewer when they do not come.
  std::vector<std::string> Take(std::size_t count) {
    std::unique_lock lock(mutex_);
    told_.wait_for(lock, seconds(20), [&] { return calls_.size() >= count; });
    return calls_;
  }

 private:
  void Add(std::string call) {
    {
      const std::lock_guard lock(mutex_);
      calls_.push_back(std::move(call));
    }
    told_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable told_;
  std::vector<std::string> calls_;
};

std::string Object(const std::string& name, int version) {
  return R"({"metadata":{"name":")" + name + R"(","resourceVersion":")" + std::to_string(version) +
         R"("}})";
}
std::string Event(const std::string& type, const std::string& object) {
  return R"({"type":")" + type + R"(","object":)" + object + "}\n";
}
std::string Added(const std::string& name, int version) {
  return Event("ADDED", Object(name, version));
}
std::string Modified(const std::string& name, int version) {
  return Event("MODIFIED", Object(name, version));
}
std::string Deleted(const std::string& name, int version) {
  return Event("DELETED", Object(name, version));
}
std::string Bookmark(int version) {
  return Event("BOOKMARK", R"({"metadata":{"resourceVersion":")" + std::to_string(version) +
                               R"(","annotations":{"else":"x"}}})");
}
std::string InitialEnd(int version) {
  return Event("BOOKMARK", R"({"metadata":{"resourceVersion":")" + std::to_string(version) +
                               R"(","annotations":{"k8s.io/initial-events-end":"true"}}})");
}
std::string StatusOf(int code, const std::string& message, const std::string& cause = "") {
  return R"({"kind":"Status","code":)" + std::to_string(code) + R"(,"message":")" + message +
         R"(","details":{"causes":[{"reason":")" + cause + "\"}]}}";
}

enum class Then { kHold, kEnd, kBreak };

ScriptedAnswer Lines(const std::vector<std::string>& lines, Then then) {
  ScriptedAnswer answer;
  answer.stream = [lines, then](ScriptedWriter& out) {
    for (const std::string& line : lines)
      out.Write(line);
    if (then == Then::kHold) {
      while (out.Pause(milliseconds(10))) {
      }
    }
    return then == Then::kEnd;
  };
  return answer;
}
ScriptedAnswer Refusal(int code, const std::string& message = "no", const std::string& cause = "") {
  ScriptedAnswer answer;
  answer.status = code;
  answer.body = StatusOf(code, message, cause);
  return answer;
}
ScriptedAnswer Page(int version, const std::vector<std::string>& objects,
                    const std::string& continue_token = "") {
  std::string items;
  for (const std::string& object : objects)
    items += (items.empty() ? "" : ",") + object;
  ScriptedAnswer answer;
  answer.body = R"({"kind":"List","metadata":{"resourceVersion":")" + std::to_string(version) +
                R"(","continue":")" + continue_token + R"("},"items":[)" + items + "]}";
  return answer;
}

class InformerTest : public testing::Test {
 protected:
  InformerTest() {
    config_.path = "/apis/apps/v1/deployments";
    config_.resource = "deployments";
    config_.dial_backoff = {milliseconds(1), milliseconds(10), 1.0};
    config_.busy_backoff = {milliseconds(1), milliseconds(10), 1.0};
    config_.refused_backoff = {milliseconds(1), milliseconds(10), 1.0};
    config_.relist_jitter = milliseconds(1);
    config_.not_served_retry = milliseconds(1);
  }
  ~InformerTest() override { Close(); }

  void Close() {
    informer_.reset();
    kube_.reset();
    http_.reset();  // Before the server, which waits for idle connections.
  }

  // The n-th request gets the n-th step, all later ones the last.
  void Serve(std::vector<ScriptedAnswer> steps) {
    server_ = std::make_unique<ScriptedServer>([this, steps](const ScriptedRequest& request) {
      const std::lock_guard lock(mutex_);
      requests_.push_back(Kind(request));
      const std::size_t step = std::min(requests_.size(), steps.size()) - 1;
      return steps[step];
    });
    Start();
  }
  void Start() {
    kube_ = std::make_unique<KubeClient>(KubeClient::Config{},
                                         std::make_shared<test::FixedAccess>(server_->url()),
                                         *http_, clock_, telemetry_);
    informer_ = std::make_unique<Informer>(config_, *kube_, clock_, telemetry_, sink_);
  }

  static std::string Kind(const ScriptedRequest& request) {
    const auto at = [&request](const std::string& key) {
      const auto found = request.query.find(key);
      return found == request.query.end() ? std::string() : found->second;
    };
    if (at("watch").empty()) {
      return at("continue").empty() ? "list" : "list from " + at("continue");
    }
    EXPECT_EQ(at("allowWatchBookmarks"), "true");
    EXPECT_FALSE(at("timeoutSeconds").empty());
    if (at("sendInitialEvents").empty()) return "watch from " + at("resourceVersion");
    EXPECT_EQ(at("resourceVersionMatch"), "NotOlderThan");
    return "stream";
  }
  template <class F>
  void WaitFor(F&& condition) {
    const Timestamp deadline = clock_.Now() + seconds(20);
    while (!condition() && clock_.Now() < deadline)
      static_cast<void>(clock_.WaitUntil(clock_.Now() + milliseconds(2), {}));
    EXPECT_TRUE(condition());
  }
  std::vector<std::string> Requests() {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  std::vector<std::string> Requests(std::size_t at_least) {
    WaitFor([&] { return Requests().size() >= at_least; });
    return Requests();
  }

  InformerConfig config_;
  SystemClock clock_;
  test::RecordedTelemetry telemetry_;
  RecordingSink sink_;
  std::mutex mutex_;
  std::vector<std::string> requests_;
  std::unique_ptr<ScriptedServer> server_;
  std::unique_ptr<CurlClient> http_ = std::make_unique<CurlClient>(clock_);
  std::unique_ptr<KubeClient> kube_;
  std::unique_ptr<Informer> informer_;
};

TEST_F(InformerTest, AP6AStreamingListIsHandedOverWhenItIsComplete) {
  Serve({Lines({Added("a", 1), Added("b", 2), Bookmark(3), Modified("a", 4), Deleted("b", 5),
                InitialEnd(5), Modified("a", 6), Deleted("a", 7)},
               Then::kHold)});
  EXPECT_THAT(sink_.Take(3), ElementsAre("replace a@4", "upsert a@6", "delete a@7"));
  EXPECT_THAT(Requests(1), ElementsAre("stream"));
  WaitFor([&] { return informer_->state().synced; });
  EXPECT_EQ(informer_->state().problem, "");
}

TEST_F(InformerTest, AP6IsNotSyncedBeforeTheBookmark) {
  Serve({Lines({Added("a", 1), Bookmark(2)}, Then::kBreak),
         Lines({Added("a", 1), InitialEnd(2)}, Then::kHold)});
  const auto calls = sink_.Take(2);
  ASSERT_EQ(calls.size(), 2U);
  EXPECT_THAT(calls[0], HasSubstr("failed"));
  EXPECT_EQ(calls[1], "replace a@1");
  EXPECT_THAT(Requests(2), ElementsAre("stream", "stream"));
}

TEST_F(InformerTest, AP6FallsBackToPagesWhereStreamingIsNotOffered) {
  config_.page_limit = 2;
  Serve({Refusal(422, "unknown sendInitialEvents"),
         Page(5, {Object("a", 1), Object("b", 2)}, "x/+"), Page(5, {Object("c", 3)}),
         Lines({Added("d", 6)}, Then::kHold)});
  EXPECT_THAT(sink_.Take(2), ElementsAre("replace a@1 b@2 c@3", "upsert d@6"));
  EXPECT_THAT(Requests(4), ElementsAre("stream", "list", "list from x/+", "watch from 5"));
}

TEST_F(InformerTest, AP6FallsBackWhenTheServerIgnoresTheRequestForInitialEvents) {
  config_.initial_idle_timeout = milliseconds(30);
  Serve({Lines({Added("a", 1)}, Then::kHold), Page(5, {Object("a", 1)}), Lines({}, Then::kHold)});
  const auto calls = sink_.Take(2);
  ASSERT_EQ(calls.size(), 2U);
  EXPECT_EQ(calls[1], "replace a@1");
  EXPECT_THAT(Requests(3), ElementsAre("stream", "list", "watch from 5"));
}

TEST_F(InformerTest, AP4PagingThatExpiresStartsAllOver) {
  Serve({Refusal(400), Page(5, {Object("a", 1)}, "x"), Refusal(410), Page(6, {Object("b", 2)}),
         Lines({}, Then::kHold)});
  EXPECT_THAT(sink_.Take(1), ElementsAre("replace b@2"));
  EXPECT_THAT(Requests(5), ElementsAre("stream", "list", "list from x", "list", "watch from 6"));
}

TEST_F(InformerTest, AP9APageIsAskedForAgainWithoutStartingOver) {
  Serve({Refusal(400), Page(5, {Object("a", 1)}, "x"), Refusal(503), Page(5, {Object("b", 2)}),
         Lines({}, Then::kHold)});
  EXPECT_THAT(sink_.Take(1), ElementsAre("replace a@1 b@2"));
  EXPECT_THAT(Requests(5),
              ElementsAre("stream", "list", "list from x", "list from x", "watch from 5"));
}

TEST_F(InformerTest, AP9ABrokenWatchGoesOnWhereItBroke) {
  Serve({Lines({Added("a", 1), InitialEnd(1), Modified("a", 3)}, Then::kBreak),
         Lines({Modified("a", 4)}, Then::kEnd), Lines({Bookmark(9)}, Then::kEnd),
         Lines({}, Then::kHold)});
  EXPECT_THAT(sink_.Take(3), ElementsAre("replace a@1", "upsert a@3", "upsert a@4"))
      << "no need to talk about it";
  EXPECT_THAT(Requests(4), ElementsAre("stream", "watch from 3", "watch from 4", "watch from 9"));
}

TEST_F(InformerTest, AP4AnExpiredWatchListsAgainWithoutFlapping) {
  const ScriptedAnswer list = Lines({Added("b", 7), Added("c", 8), InitialEnd(8)}, Then::kHold);
  Serve({Lines({Added("a", 1), Added("b", 2), InitialEnd(2)}, Then::kEnd),
         Lines({Event("ERROR", StatusOf(410, "too old resource version"))}, Then::kEnd), list});
  EXPECT_THAT(sink_.Take(2), ElementsAre("replace a@1 b@2", "replace b@7 c@8"));
  EXPECT_THAT(Requests(3), ElementsAre("stream", "watch from 2", "stream"));
  EXPECT_THAT(telemetry_.restarts(), Contains("deployments Gone"));
}

TEST_F(InformerTest, AP4AWatchRefusedWith410ListsAgain) {
  Serve({Lines({Added("a", 1), InitialEnd(2)}, Then::kEnd), Refusal(410),
         Lines({Added("a", 1), InitialEnd(9)}, Then::kHold)});
  EXPECT_THAT(sink_.Take(2), ElementsAre("replace a@1", "replace a@1"));
}

TEST_F(InformerTest, AP7AVersionTheServerHasNotReachedListsAgain) {
  Serve({Lines({Added("a", 1), InitialEnd(20)}, Then::kEnd),
         Refusal(504, "Too large resource version", "ResourceVersionTooLarge"),
         Lines({Added("a", 1), InitialEnd(9)}, Then::kEnd), Lines({}, Then::kHold)});
  EXPECT_THAT(sink_.Take(2), ElementsAre("replace a@1", "replace a@1"));
  EXPECT_THAT(Requests(4), ElementsAre("stream", "watch from 20", "stream", "watch from 9"));
}

TEST_F(InformerTest, AP5BookmarksMoveOnlyTheVersion) {
  Serve({Lines({InitialEnd(2), Bookmark(50)}, Then::kEnd), Lines({}, Then::kHold)});
  EXPECT_THAT(Requests(2), ElementsAre("stream", "watch from 50"));
  EXPECT_THAT(sink_.Take(1), ElementsAre("replace"));
}

TEST_F(InformerTest, AP14AnOlderVersionIsNeverTold) {
  Serve({Lines({Added("a", 10), InitialEnd(10), Modified("a", 9), Deleted("a", 8), Added("a", 10),
                Deleted("x", 11), Modified("a", 12)},
               Then::kEnd),
         Lines({}, Then::kHold)});
  EXPECT_THAT(sink_.Take(2), ElementsAre("replace a@10", "upsert a@12"));
  EXPECT_THAT(Requests(2), ElementsAre("stream", "watch from 12"));
}

TEST_F(InformerTest, AP16ADeletedAndRecreatedObjectIsToldAsSuch) {
  Serve({Lines({Added("a", 1), InitialEnd(1), Deleted("a", 2), Added("a", 3)}, Then::kHold)});
  EXPECT_THAT(sink_.Take(3), ElementsAre("replace a@1", "delete a@2", "upsert a@3"));
}

TEST_F(InformerTest, AP2ASilentWatchIsDialledAgain) {
  config_.idle_timeout = milliseconds(50);
  Serve({Lines({Added("a", 1), InitialEnd(4)}, Then::kHold), Lines({Added("b", 5)}, Then::kHold)});
  EXPECT_THAT(sink_.Take(2), ElementsAre("replace a@1", "upsert b@5"));
  EXPECT_EQ(Requests(2)[1], "watch from 4");
}

TEST_F(InformerTest, AP7AWatchThatIsSilentTwiceListsAgain) {
  config_.idle_timeout = milliseconds(50);
  Serve({Lines({Added("a", 1), InitialEnd(99)}, Then::kHold), Lines({}, Then::kHold),
         Lines({Added("a", 1), InitialEnd(4)}, Then::kEnd), Lines({Added("b", 5)}, Then::kHold)});
  EXPECT_THAT(sink_.Take(3), ElementsAre("replace a@1", "replace a@1", "upsert b@5"));
  EXPECT_EQ(Requests(4)[3], "watch from 4");
}

TEST_F(InformerTest, AP17NonsenseInAWatchListsAgain) {
  Serve({Lines({Added("a", 1), InitialEnd(1), "{\"type\":\"ADDED\",\"object\"\n"}, Then::kHold),
         Lines({Added("a", 2), InitialEnd(2)}, Then::kHold)});
  const auto calls = sink_.Take(3);
  ASSERT_EQ(calls.size(), 3U);
  EXPECT_EQ(calls[2], "replace a@2");
  EXPECT_THAT(Requests(2), ElementsAre("stream", "stream"));
}

TEST_F(InformerTest, AP12AResourceThatIsNotServedCountsAsSyncedAndIsAskedForAgain) {
  Serve({Refusal(404, "page not found"), Refusal(404, "page not found"),
         Lines({Added("a", 1), InitialEnd(1)}, Then::kHold)});
  const auto calls = sink_.Take(2);
  EXPECT_THAT(calls,
              ElementsAre("failed kube: watch deployments: 404 page not found", "replace a@1"));
  WaitFor([&] { return informer_->state().served; });
}

TEST_F(InformerTest, AP12TheStateSaysThatAResourceIsNotServed) {
  config_.not_served_retry = seconds(600);
  Serve({Refusal(404, "page not found")});
  WaitFor([&] { return informer_->state().synced; });
  EXPECT_FALSE(informer_->state().served);
}

TEST_F(InformerTest, AP11AMissingRuleIsTheStateAndWhatIsKnownStands) {
  Serve({Lines({Added("a", 1), InitialEnd(1)}, Then::kEnd),
         Refusal(403, "deployments is forbidden")});
  EXPECT_THAT(sink_.Take(2), ElementsAre("replace a@1",
                                         "failed kube: watch deployments: 403 deployments is "
                                         "forbidden"));
  EXPECT_THAT(informer_->state().problem, HasSubstr("forbidden"));
  EXPECT_TRUE(informer_->state().synced);
  EXPECT_GE(Requests(4).size(), 4U) << "keeps asking";
  EXPECT_EQ(sink_.Take(2).size(), 2U) << "but does not repeat itself";
}

TEST_F(InformerTest, AP1WaitsForAServerThatIsDownAndGoesOnWhenItIsBack) {
  Serve({Lines({Added("a", 1), InitialEnd(1)}, Then::kHold)});
  sink_.Take(1);
  server_->Stop();
  EXPECT_THAT(sink_.Take(2)[1], HasSubstr("failed"));
  EXPECT_FALSE(informer_->state().problem.empty());
  EXPECT_TRUE(informer_->state().synced);
  WaitFor([&] { return !kube_->Answering(); });
}

TEST_F(InformerTest, TellsTheSinkWhenAFailedWatchIsUpAgain) {
  Serve({Lines({Added("a", 1), InitialEnd(1)}, Then::kEnd), Refusal(500), Refusal(500),
         Lines({Added("b", 2)}, Then::kHold)});
  const auto calls = sink_.Take(4);
  ASSERT_EQ(calls.size(), 4U);
  EXPECT_EQ(calls[0], "replace a@1");
  EXPECT_THAT(calls[1], HasSubstr("failed"));
  EXPECT_EQ(calls[2], "resumed");
  EXPECT_EQ(calls[3], "upsert b@2");
}

TEST_F(InformerTest, StopsAtOnceInEveryPhase) {
  config_.busy_backoff = {seconds(600), seconds(600), 1.0};
  const ScriptedAnswer phases[] = {Lines({InitialEnd(1)}, Then::kHold),
                                   Lines({Added("a", 1)}, Then::kHold), Refusal(500)};
  for (const ScriptedAnswer& phase : phases) {
    const std::size_t before = Requests(0).size();
    Serve({phase});
    Requests(before + 1);
    const Timestamp start = clock_.Now();
    informer_.reset();
    EXPECT_LT(clock_.Now() - start, seconds(1));
    kube_.reset();
  }
}

TEST_F(InformerTest, AP9AServerThatBreaksEveryWatchIsNotAskedWithoutAPause) {
  config_.dial_backoff = {seconds(600), seconds(600), 1.0};
  Serve({Lines({InitialEnd(1)}, Then::kBreak)});
  sink_.Take(1);
  static_cast<void>(clock_.WaitUntil(clock_.Now() + milliseconds(50), {}));
  EXPECT_EQ(Requests().size(), 1U);
}

TEST_F(InformerTest, AP4AServerThatExpiresEveryWatchIsNotAskedWithoutAPause) {
  config_.refused_backoff = {seconds(600), seconds(600), 1.0};
  Serve({Lines({InitialEnd(1), Event("ERROR", StatusOf(410, "too old"))}, Then::kEnd)});
  EXPECT_EQ(sink_.Take(2).size(), 2U);
  static_cast<void>(clock_.WaitUntil(clock_.Now() + milliseconds(50), {}));
  EXPECT_EQ(Requests().size(), 2U);
}

TEST_F(InformerTest, AWatchAsksForObjectsWhereAListAsksForAList) {
  config_.accept = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
  config_.watch_accept = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
  std::atomic<bool> as_told = false;
  server_ = std::make_unique<ScriptedServer>([&](const ScriptedRequest& request) {
    as_told = request.headers.at("accept") == config_.watch_accept;
    return Lines({InitialEnd(1)}, Then::kHold);
  });
  Start();
  EXPECT_THAT(sink_.Take(1), ElementsAre("replace"));
  EXPECT_TRUE(as_told);
  Close();
}

TEST_F(InformerTest, AsksForWhatItsConfigurationSays) {
  config_.query = "labelSelector=app%3Dweb";
  config_.accept = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
  std::atomic<bool> as_told = false;
  server_ = std::make_unique<ScriptedServer>([&](const ScriptedRequest& request) {
    as_told = request.path == config_.path && request.query.at("labelSelector") == "app=web" &&
              request.headers.at("accept") == config_.accept;
    return Lines({InitialEnd(1)}, Then::kHold);
  });
  Start();
  EXPECT_THAT(sink_.Take(1), ElementsAre("replace"));
  EXPECT_TRUE(as_told);
  EXPECT_EQ(telemetry_.objects().at("deployments"), 0U);
  Close();
}

}  // namespace
}  // namespace hpaplus::kube

#include "engine/kube/discovery.h"

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/kube/discovery_reply.h"
#include "engine/shell/curl_client.h"
#include "engine/shell/system_clock.h"
#include "test/support/fixed_access.h"
#include "test/support/scripted_server.h"

namespace hpaplus::kube {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(DiscoveryReply, GivesThePreferredVersionFirst) {
  const auto versions = ParseApiGroup(
      R"({"kind":"APIGroup","versions":[{"version":"v2"},{"version":"v1"},{"version":"v1beta1"}],
          "preferredVersion":{"groupVersion":"g/v1","version":"v1"}})");
  ASSERT_TRUE(versions) << versions.error().message;
  EXPECT_THAT(*versions, ElementsAre("v1", "v2", "v1beta1"));
}

TEST(DiscoveryReply, RefusesAnythingElse) {
  for (const char* text : {"", "[]", "{}", R"({"kind":"APIGroup"})", R"({"versions":[]})",
                           R"({"kind":"APIGroup","versions":[7]})",
                           R"({"kind":"APIGroup","versions":[{"version":""}]})"})
    EXPECT_EQ(ParseApiGroup(text).error().code, ErrorCode::kMalformedData) << text;
  for (const char* text :
       {"", "[]", "{}", R"({"kind":"APIResourceList"})",
        R"({"kind":"APIResourceList","resources":[{"name":"a","kind":"A"}]})",
        R"({"kind":"APIResourceList","resources":[{"name":"","kind":"A","namespaced":true}]})",
        R"({"kind":"APIResourceList","resources":[{"name":1,"kind":"A","namespaced":true}]})"})
    EXPECT_EQ(ParseApiResources(text).error().code, ErrorCode::kMalformedData) << text;
}

std::string Group(const std::vector<std::string>& versions) {
  std::string list;
  for (const std::string& version : versions)
    list += std::string(list.empty() ? "" : ",") + R"({"version":")" + version + "\"}";
  return R"({"kind":"APIGroup","versions":[)" + list + R"(],"preferredVersion":{"version":")" +
         versions.front() + R"("}})";
}
std::string Resources(const std::vector<std::pair<std::string, std::string>>& entries,
                      bool namespaced = true) {
  std::string list;
  for (const auto& [name, kind] : entries) {
    list += std::string(list.empty() ? "" : ",") + R"({"name":")" + name + R"(","kind":")" + kind +
            R"(","namespaced":)" + (namespaced ? "true" : "false") + "}";
  }
  return R"({"kind":"APIResourceList","resources":[)" + list + "]}";
}

// The machine's time and a shift, as requests really take place.
class ShiftedClock final : public Clock {
 public:
  explicit ShiftedClock(Clock& base) : base_(base) {}
  [[nodiscard]] Timestamp Now() override { return base_.Now() + shift_; }
  [[nodiscard]] bool WaitUntil(Timestamp deadline, std::stop_token stop) override {
    return base_.WaitUntil(deadline - shift_, stop);
  }
  void Advance(Duration duration) { shift_ += duration; }

 private:
  Clock& base_;
  Duration shift_{};
};

class DiscoveryTest : public testing::Test {
 protected:
  ~DiscoveryTest() override {
    kube_.reset();
    http_.reset();
  }
  test::ScriptedAnswer Answer(const std::string& path) {
    const std::lock_guard lock(mutex_);
    asked_.push_back(path);
    test::ScriptedAnswer answer;
    const auto found = answers_.find(path);
    answer.status = found == answers_.end() ? 404 : found->second.first;
    if (found != answers_.end()) answer.body = found->second.second;
    return answer;
  }
  std::vector<std::string> Asked() {
    const std::lock_guard lock(mutex_);
    return std::exchange(asked_, {});
  }
  void Put(const std::string& path, const std::string& body, int status = 200) {
    const std::lock_guard lock(mutex_);
    answers_[path] = {status, body};
  }

  SystemClock system_clock_;
  ShiftedClock clock_{system_clock_};
  NullTelemetry telemetry_;
  std::mutex mutex_;
  std::map<std::string, std::pair<int, std::string>> answers_;
  std::vector<std::string> asked_;
  test::ScriptedServer server_{
      [this](const test::ScriptedRequest& request) { return Answer(request.path); }};
  std::unique_ptr<CurlClient> http_ = std::make_unique<CurlClient>(system_clock_);
  std::unique_ptr<KubeClient> kube_ = std::make_unique<KubeClient>(
      KubeClient::Config{}, std::make_shared<test::FixedAccess>(server_.url()), *http_,
      system_clock_, telemetry_);
  Discovery discovery_{*kube_, clock_};
};

TEST_F(DiscoveryTest, FindsAKindOfAGroup) {
  Put("/apis/apps", Group({"v1"}));
  Put("/apis/apps/v1", Resources({{"deployments/scale", "Scale"}, {"deployments", "Deployment"}}));
  const auto found = discovery_.Find({"apps", "Deployment"}, "v1");
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->Path(""), "/apis/apps/v1/deployments");
  EXPECT_TRUE(found->has_scale);
}

TEST_F(DiscoveryTest, FindsAKindOfTheCoreGroup) {
  Put("/api/v1", Resources({{"replicationcontrollers", "ReplicationController"},
                            {"replicationcontrollers/scale", "Scale"},
                            {"pods", "Pod"}}));
  EXPECT_EQ(discovery_.Find({"", "ReplicationController"})->Path("n"),
            "/api/v1/namespaces/n/replicationcontrollers");
  EXPECT_FALSE(discovery_.Find({"", "Pod"})->has_scale);
}

TEST_F(DiscoveryTest, TakesTheNamedVersionThenThePreferredThenAny) {
  Put("/apis/g", Group({"v2", "v1", "v0"}));
  Put("/apis/g/v2", Resources({{"as", "A"}, {"as/scale", "Scale"}}));
  Put("/apis/g/v1", Resources({{"as", "A"}, {"as/scale", "Scale"}}));
  Put("/apis/g/v0", Resources({{"as", "A"}, {"bs", "B"}, {"bs/scale", "Scale"}}));
  EXPECT_EQ(discovery_.Find({"g", "A"}, "v1")->version, "v1");
  EXPECT_EQ(discovery_.Find({"g", "A"}, "v9")->version, "v2");
  EXPECT_EQ(discovery_.Find({"g", "B"})->version, "v0");
  EXPECT_EQ(discovery_.Find({"g", "A"}, "v0")->version, "v2") << "v0 cannot be scaled";
}

TEST_F(DiscoveryTest, AP23AFindIsKeptForTenMinutesAndAMissForTenSeconds) {
  EXPECT_EQ(discovery_.Find({"g", "A"}).error().code, ErrorCode::kNotFound);
  EXPECT_THAT(Asked(), ElementsAre("/apis/g"));
  Put("/apis/g", Group({"v1"}));
  Put("/apis/g/v1", Resources({{"as", "A"}}));
  EXPECT_FALSE(discovery_.Find({"g", "A"}));
  EXPECT_TRUE(Asked().empty());
  clock_.Advance(seconds(11));
  EXPECT_TRUE(discovery_.Find({"g", "A"}));
  EXPECT_EQ(Asked().size(), 2U);
  clock_.Advance(minutes(9));
  EXPECT_TRUE(discovery_.Find({"g", "A"}));
  EXPECT_TRUE(Asked().empty());
  clock_.Advance(minutes(2));
  EXPECT_TRUE(discovery_.Find({"g", "A"}));
  EXPECT_EQ(Asked().size(), 2U);
}

TEST_F(DiscoveryTest, AP23AGroupThatFailsLeavesOthersAloneAndIsAskedAgainAtOnce) {
  Put("/apis/down", R"({"kind":"Status","code":403,"message":"no"})", 403);
  Put("/apis/g", Group({"v1"}));
  Put("/apis/g/v1", Resources({{"as", "A"}}));
  EXPECT_EQ(discovery_.Find({"down", "A"}).error().code, ErrorCode::kPermissionDenied);
  EXPECT_TRUE(discovery_.Find({"g", "A"}));
  Put("/apis/down", Group({"v1"}));
  Put("/apis/down/v1", Resources({{"as", "A"}}));
  EXPECT_TRUE(discovery_.Find({"down", "A"}));
}

TEST_F(DiscoveryTest, AP12SaysWhatIsMissing) {
  Put("/apis/g", Group({"v1", "v2"}));
  Put("/apis/g/v1", Resources({{"as", "A"}}));
  EXPECT_THAT(discovery_.Find({"none", "A"}).error().message, HasSubstr("no API group none"));
  const auto missing = discovery_.Find({"g", "B"});
  EXPECT_EQ(missing.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(missing.error().message, HasSubstr("no kind B is served in API group g"));
  Put("/apis/h", Group({"v1"}));
  Put("/apis/h/v1", Resources({{"as", "A"}}, /*namespaced=*/false));
  EXPECT_EQ(discovery_.Find({"h", "A"}).error().code, ErrorCode::kInvalidArgument);
  Put("/apis/i", "<html>");
  EXPECT_EQ(discovery_.Find({"i", "A"}).error().code, ErrorCode::kMalformedData);
}

}  // namespace
}  // namespace hpaplus::kube

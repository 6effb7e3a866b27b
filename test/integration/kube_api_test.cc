// Our client against a real etcd and kube-apiserver; test/kube/README.md tells where they come
// from.

#include <algorithm>
#include <array>
#include <cctype>
#include <condition_variable>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <future>
#include <map>
#include <mutex>
#include <set>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/kube/discovery.h"
#include "engine/kube/informer.h"
#include "engine/kube/open_access.h"
#include "engine/shell/curl_client.h"
#include "engine/shell/system_clock.h"
#include "test/support/recorded_telemetry.h"
#include "test/support/temp_dir.h"

namespace hpaplus::kube {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::Contains;
using testing::HasSubstr;

// What the command printed, and whether it went well.
std::pair<std::string, bool> Shell(const std::string& command) {
  std::string output;
  FILE* const pipe = popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return {"popen failed", false};
  std::array<char, 4096> bytes{};
  while (const std::size_t count = fread(bytes.data(), 1, bytes.size(), pipe))
    output.append(bytes.data(), count);
  return {output, pclose(pipe) == 0};
}

// Remembers names and tells of calls; waits for what a test wants to see.
class NamesSink final : public ObjectSink {
 public:
  void Replace(const std::vector<std::string>& objects) override {
    Change([&] {
      names_.clear();
      for (const std::string& object : objects)
        names_.insert(NameOf(object));
      ++replaced_;
    });
  }
  void Upsert(std::string_view object) override {
    Change([&] { names_.insert(NameOf(object)); });
  }
  void Delete(std::string_view object) override {
    Change([&] { names_.erase(NameOf(object)); });
  }
  void Failed(const Error& error) override {
    Change([&] { problems_.push_back(error.message); });
  }

  template <class F>
  bool WaitFor(F&& condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, seconds(30), [&] { return condition(names_); });
  }
  int replaced() {
    const std::lock_guard lock(mutex_);
    return replaced_;
  }
  std::vector<std::string> problems() {
    const std::lock_guard lock(mutex_);
    return problems_;
  }

 private:
  static std::string NameOf(std::string_view object) {
    constexpr std::string_view kName = "\"name\":\"";
    const std::size_t begin = object.find(kName, object.find("\"metadata\"")) + kName.size();
    return std::string(object.substr(begin, object.find('"', begin) - begin));
  }
  template <class F>
  void Change(F&& change) {
    {
      const std::lock_guard lock(mutex_);
      change();
    }
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::set<std::string> names_;
  std::vector<std::string> problems_;
  int replaced_ = 0;
};

class KubeApiTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    const auto [why, has_assets] = Shell(kScripts + "/assets.sh --check");
    if (!has_assets) {
      why_not_ = why;
      return;
    }
    dir_ = new test::TempDir;
    const auto [output, is_up] = Cluster("up", "--owner " + std::to_string(getpid()));
    if (!is_up) why_not_ = output;
  }
  static void TearDownTestSuite() {
    if (dir_ == nullptr) return;
    Cluster("down");
    delete dir_;
    dir_ = nullptr;
  }
  static std::pair<std::string, bool> Cluster(const std::string& verb,
                                              const std::string& more = "") {
    return Shell(kScripts + "/cluster.sh " + verb + " " + dir_->path() + " " + more);
  }
  static void Kubectl(const std::string& arguments) {
    const auto [output, good] = Cluster("kubectl", arguments);
    EXPECT_TRUE(good) << arguments << ": " << output;
  }

  void SetUp() override {
    if (!why_not_.empty()) GTEST_SKIP() << "*** SKIPPED: no real API server: " << why_not_;
    kube_ = As("admin");
  }
  std::unique_ptr<KubeClient> As(const std::string& user) {
    AccessOptions options;
    options.kubeconfig = dir_->path() + "/" + user + ".kubeconfig";
    Result<std::shared_ptr<Access>> access = OpenAccess(options, clock_);
    EXPECT_TRUE(access) << access.error().message;
    return std::make_unique<KubeClient>(config_, *access, http_, clock_, telemetry_);
  }
  static KubeRequest Get(const std::string& path) {
    KubeRequest request;
    request.path = path;
    request.verb = "get";
    request.resource = "things";
    return request;
  }
  Result<std::string> Call(KubeClient& kube, const KubeRequest& request) {
    return kube.Call(request, clock_.Now() + seconds(20));
  }
  InformerConfig Watching(const std::string& resource) {
    InformerConfig config;
    config.path = "/api/v1/namespaces/default/" + resource;
    config.resource = resource;
    return config;
  }

  // Connections of this process to the API server.
  static std::size_t Connections() {
    std::set<std::string> ours;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
      std::error_code gone;
      const std::string target = std::filesystem::read_symlink(entry.path(), gone).string();
      if (target.starts_with("socket:[")) ours.insert(target.substr(8, target.size() - 9));
    }
    const std::string url = dir_->Read("url");
    std::array<char, 16> port{};
    std::snprintf(port.data(), port.size(), ":%04X", std::stoi(url.substr(url.rfind(':') + 1)));
    std::ifstream tcp("/proc/self/net/tcp");
    std::size_t count = 0;
    for (std::string line; std::getline(tcp, line);) {
      std::istringstream fields(line);
      std::array<std::string, 10> field;
      for (std::string& one : field)
        fields >> one;
      if (field[2].ends_with(port.data()) && field[3] == "01") count += ours.count(field[9]);
    }
    return count;
  }

  inline static const std::string kScripts = HPAPLUS_SOURCE_DIR "/test/kube";
  inline static test::TempDir* dir_ = nullptr;
  inline static std::string why_not_;

  KubeClient::Config config_;
  SystemClock clock_;
  test::RecordedTelemetry telemetry_;
  CurlClient http_{clock_};
  std::unique_ptr<KubeClient> kube_;
};

TEST_F(KubeApiTest, ManyRequestsShareOneConnectionByHttp2) {
  ASSERT_TRUE(Call(*kube_, Get("/version")));
  std::vector<std::promise<bool>> answers(500);
  for (std::promise<bool>& answer : answers) {
    kube_->Start(Get("/api/v1/namespaces/default/configmaps"),
                 [&answer](Result<std::string> body) { answer.set_value(body.has_value()); });
  }
  for (std::promise<bool>& answer : answers)
    EXPECT_TRUE(answer.get_future().get());
  EXPECT_EQ(Connections(), 1U) << "HTTP/1.1 would have taken 16";
}

TEST_F(KubeApiTest, AP11EveryKindOfCredentialIsUnderstood) {
  for (const char* user : {"admin", "token"})
    EXPECT_TRUE(Call(*As(user), Get("/api/v1/nodes"))) << user;
  const auto refused = Call(*As("nobody"), Get("/api/v1/nodes"));
  EXPECT_EQ(refused.error().code, ErrorCode::kPermissionDenied);
  EXPECT_THAT(refused.error().message, HasSubstr("cannot list resource \"nodes\""));
}

TEST_F(KubeApiTest, AP3AStaleVersionIsAConflict) {
  Kubectl("create deployment conflict --image=x");
  KubeRequest get = Get("/apis/apps/v1/namespaces/default/deployments/conflict/scale");
  const auto scale = Call(*kube_, get);
  ASSERT_TRUE(scale) << scale.error().message;
  Kubectl("scale deployment conflict --replicas=3");
  KubeRequest put = get;
  put.method = "PUT";
  put.body = *scale;
  EXPECT_EQ(Call(*kube_, put).error().code, ErrorCode::kConflict);
  EXPECT_EQ(Call(*kube_, Get("/apis/apps/v1/namespaces/default/deployments/none")).error().code,
            ErrorCode::kNotFound);
}

TEST_F(KubeApiTest, AP7AVersionYetToComeIsGone) {
  const auto list =
      Call(*kube_, Get("/api/v1/namespaces/default/configmaps?resourceVersion=999999999"));
  EXPECT_EQ(list.error().code, ErrorCode::kGone) << list.error().message;
}

TEST_F(KubeApiTest, DiscoveryFindsBuiltInAndCustomKinds) {
  Kubectl("apply -f " + kScripts + "/testdata/statefulsetplus-crd.yaml");
  Kubectl("wait --for=condition=Established crd/statefulsetpluses.apps.example.com");
  Discovery discovery(*kube_, clock_);
  EXPECT_EQ(discovery.Find({"apps", "Deployment"})->Path(""), "/apis/apps/v1/deployments");
  const auto custom = discovery.Find({"apps.example.com", "StatefulSetPlus"}, "v1");
  ASSERT_TRUE(custom) << custom.error().message;
  EXPECT_EQ(custom->Path("n"), "/apis/apps.example.com/v1/namespaces/n/statefulsetpluses");
  EXPECT_TRUE(custom->has_scale);
  EXPECT_FALSE(discovery.Find({"", "ConfigMap"})->has_scale);
  EXPECT_EQ(discovery.Find({"apps", "Nothing"}).error().code, ErrorCode::kNotFound);
}

TEST_F(KubeApiTest, AP6AStreamingListIsFollowedByChanges) {
  Kubectl("create configmap first");
  NamesSink sink;
  Informer informer(Watching("configmaps"), *kube_, clock_, telemetry_, sink);
  EXPECT_TRUE(sink.WaitFor([](const auto& names) { return names.contains("first"); }));
  Kubectl("create configmap second");
  EXPECT_TRUE(sink.WaitFor([](const auto& names) { return names.contains("second"); }));
  Kubectl("delete configmap first");
  EXPECT_TRUE(sink.WaitFor([](const auto& names) { return !names.contains("first"); }));
  EXPECT_EQ(sink.replaced(), 1);
  EXPECT_THAT(telemetry_.requests(), testing::Not(Contains("list configmaps 200")))
      << "not in pages";
}

TEST_F(KubeApiTest, AP4AnExpiredWatchListsAgain) {
  Kubectl("create secret generic before");
  NamesSink sink;
  Informer informer(Watching("secrets"), *kube_, clock_, telemetry_, sink);
  EXPECT_TRUE(sink.WaitFor([](const auto& names) { return names.contains("before"); }));
  const auto [output, good] = Cluster("expire");
  ASSERT_TRUE(good) << output;
  Kubectl("create secret generic after");
  EXPECT_TRUE(sink.WaitFor([](const auto& names) { return names.contains("after"); }));
  EXPECT_EQ(sink.replaced(), 2);
  EXPECT_THAT(telemetry_.restarts(), Contains("secrets Gone"));
}

TEST_F(KubeApiTest, AP1AKilledServerIsFoundAgainSoonAfterItIsBack) {
  NamesSink sink;
  Informer informer(Watching("configmaps"), *kube_, clock_, telemetry_, sink);
  EXPECT_TRUE(sink.WaitFor([](const auto& names) { return !names.contains("late"); }));
  ASSERT_TRUE(Cluster("kill-apiserver").second);
  const auto refused = kube_->Call(Get("/version"), clock_.Now() + seconds(2));
  EXPECT_EQ(refused.error().code, ErrorCode::kUnavailable);
  ASSERT_TRUE(Cluster("start-apiserver").second);
  const Timestamp back = clock_.Now();
  Kubectl("create configmap late");
  EXPECT_TRUE(sink.WaitFor([](const auto& names) { return names.contains("late"); }));
  EXPECT_LT(clock_.Now() - back, seconds(5));
}

TEST_F(KubeApiTest, AP2AHangingServerCostsNoMoreThanTheDeadline) {
  ASSERT_TRUE(Call(*kube_, Get("/version")));
  ASSERT_TRUE(Cluster("pause apiserver").second);
  const Timestamp start = clock_.Now();
  const auto refused = kube_->Call(Get("/version"), start + milliseconds(500));
  EXPECT_EQ(refused.error().code, ErrorCode::kDeadlineExceeded);
  EXPECT_LT(clock_.Now() - start, seconds(3));
  ASSERT_TRUE(Cluster("resume apiserver").second);
  EXPECT_TRUE(Call(*kube_, Get("/version")));
}

}  // namespace
}  // namespace hpaplus::kube

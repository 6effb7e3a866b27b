// The engine is killed at each of the requests by which quotas move: before it gets to the API
// server, and after it has, but before the answer comes back.

#include <algorithm>
#include <atomic>
#include <csignal>
#include <fstream>
#include <mutex>
#include <string_view>
#include <thread>

#include <gtest/gtest.h>

#include "test/kube/quota_fixture.h"
#include "test/kube/tiny_controllers.h"
#include "test/support/request_proxy.h"

namespace hpaplus::test {
namespace {

using std::chrono::seconds;
using Moment = RequestProxy::Moment;

constexpr Amount kCapacity = 10'000;

// Whether a request is part of the protocol: finalizer, shrink, ledger, grow.
bool MovesQuota(std::string_view request) {
  const std::string_view line = request.substr(0, request.find("\r\n"));
  const auto has = [line](std::string_view part) { return line.find(part) != line.npos; };
  if (!line.starts_with("PATCH ")) return false;
  if (has("/resourcequotas/")) return true;
  if (has("/dynamicquotas/")) return !has("/status?");
  return has("/quotapools/") && request.find("\"ledger\"") != request.npos;
}

// Lets a process die at one of its requests.
class Death {
 public:
  void Arm(int which, Moment moment) {
    const std::lock_guard lock(mutex_);
    which_ = which;
    moment_ = moment;
    seen_ = 0;
    unanswered_ = 0;
    dead_ = false;
    pid_ = 0;
  }
  void Watch(int pid) { pid_ = pid; }

  bool Look(const std::string& request, Moment moment) {
    while (pid_ == 0)
      std::this_thread::yield();
    const std::lock_guard lock(mutex_);
    if (dead_) return false;
    if (!MovesQuota(request)) return true;
    unanswered_ += moment == Moment::kAsked ? 1 : -1;
    if (moment != moment_ || ++seen_ != which_) return true;
    dead_ = true;
    ::kill(pid_, SIGKILL);
    return false;
  }

  // Whether it lives on: it may still die at the answer to what has been done.
  bool survived() {
    const std::lock_guard lock(mutex_);
    return unanswered_ == 0 && !dead_;
  }

 private:
  std::atomic<int> pid_ = 0;
  std::mutex mutex_;
  int which_ = 0;
  Moment moment_ = Moment::kAsked;
  int seen_ = 0;
  int unanswered_ = 0;
  bool dead_ = true;
};

class KubeQuotaDeath : public KubeQuota {
 protected:
  void SetUp() override {
    KubeQuota::SetUp();
    const int port = support::FreePort();
    auto started = cluster().StartKubectl({"proxy", "--port=" + std::to_string(port)});
    ASSERT_TRUE(started) << started.error().message;
    kubectl_ = *std::move(started);
    proxy_.emplace(port, [this](const std::string& request, Moment moment) {
      return death_.Look(request, moment);
    });
    KubeRest through("http://127.0.0.1:" + std::to_string(port), {});
    ASSERT_TRUE(Eventually([&] { return through.GetText("/version").has_value(); }));
    kubeconfig_ = cluster().File(ns() + ".kubeconfig");
    std::ofstream(kubeconfig_) << "apiVersion: v1\nkind: Config\ncurrent-context: test\n"
                                  "contexts: [{name: test, context: {cluster: test, user: test}}]\n"
                                  "clusters: [{name: test, cluster: {server: \"http://127.0.0.1:"
                               << proxy_->port() << "\"}}]\nusers: [{name: test, user: {}}]\n";
  }

  // Eight cores are to become two, and two eight, of ten that there are.
  void ApplyPair(const std::string& id) {
    Apply({{"apiVersion", "autoscaling.hpaplus.io/v1alpha1"},
           {"kind", "QuotaPool"},
           {"metadata", {{"name", PoolOf(id)}}},
           {"spec", {{"resources", {{{"name", "requests.cpu"}, {"capacity", "10"}}}}}}});
    ApplyQuota("8", "2", "gives-" + id);
    ApplyQuota("2", "2", "gets-" + id);
    ApplyOne("gives-" + id, id, 0);
    ApplyOne("gets-" + id, id, 300);
  }

  void ApplyOne(const std::string& name, const std::string& id, int headroom) {
    ApplyDynamic(
        {{"poolRef", {{"name", PoolOf(id)}}},
         {"resources",
          {{{"name", "requests.cpu"}, {"min", 1}, {"max", 20}, {"headroomPercent", headroom}}}},
         {"shrink", {{"stabilizationWindow", "0s"}, {"maxStepPercent", 100}}}},
        name, name);
  }

  void DeletePair(const std::string& id) {
    for (const std::string& name : {"gives-" + id, "gets-" + id}) {
      ASSERT_TRUE(api().Patch(DynamicPath(name), {{"metadata", {{"finalizers", nullptr}}}}));
      Delete(DynamicPath(name));
      Delete(QuotaPath(name));
    }
    Delete(PoolPath(id));
  }

  [[nodiscard]] std::string PoolOf(const std::string& id) const { return ns() + "-" + id; }
  [[nodiscard]] std::string PoolPath(const std::string& id) const {
    return PathOf("autoscaling.hpaplus.io/v1alpha1", "QuotaPool", "", PoolOf(id));
  }

  // What must hold at every instant. One list is one instant.
  void ExpectSafe() {
    const Json list = Read("/api/v1/namespaces/" + ns() + "/resourcequotas");
    Amount sum = 0;
    for (const Json& quota : list.at("items")) {
      const Amount hard = CpuAt(quota, "/spec/hard/requests.cpu");
      sum += hard;
      EXPECT_GE(hard, CpuAt(quota, "/status/used/requests.cpu")) << quota.dump(2);
    }
    EXPECT_LE(sum, kCapacity) << list.dump(2);
  }

  // Both have it, and the ledger says nothing else.
  bool Has(const std::string& id, const std::string& gives, const std::string& gets) {
    ExpectSafe();
    if (Hard("gives-" + id) != gives || Hard("gets-" + id) != gets) return false;
    const Json ledger = Read(PoolPath(id)).value("/status/ledger"_json_pointer, Json::object());
    Amount granted = 0;
    for (const Json& entry : ledger.value("entries", Json::array()))
      granted += CpuAt(entry, "/granted/requests.cpu");
    return granted == CpuAt({{"a", gives}}, "/a") + CpuAt({{"a", gets}}, "/a");
  }

  void StartThroughProxy(int which, Moment moment) {
    death_.Arm(which, moment);
    HpaplusProcess::Options options;
    options.kubeconfig = kubeconfig_;
    options.wait_until_ready = false;
    StartEngine(options);
    death_.Watch(engine().pid());
  }

  // Whether it has died; the next engine then does what is still wanted, or drops it.
  bool DiesAt(int which, Moment moment, bool drops) {
    const std::string id =
        std::string(moment == Moment::kAsked ? "asked" : "answered") + std::to_string(which);
    SCOPED_TRACE(id);
    ApplyPair(id);
    StartThroughProxy(which, moment);
    EXPECT_TRUE(Eventually([&] {
      return (Has(id, "2", "8") && death_.survived()) || !engine().running();
    })) << Log(id);
    const bool died = !engine().running();
    StopEngine();
    if (died) {
      if (drops) ApplyOne("gets-" + id, id, 0);
      StartEngine();
      EXPECT_TRUE(Eventually([&] { return Has(id, "2", drops ? "2" : "8"); })) << Log(id);
      StopEngine();
    }
    DeletePair(id);
    return died;
  }

  std::string Log(const std::string& id) {
    return Read(PoolPath(id)).dump(2) + Read(DynamicPath("gives-" + id)).dump(2) +
           Read(DynamicPath("gets-" + id)).dump(2) + engine().Log();
  }

  Death death_;
  std::unique_ptr<support::ChildProcess> kubectl_;
  std::optional<RequestProxy> proxy_;
  std::string kubeconfig_;
};

// Two finalizers, a shrink, the ledger and a growth at least.
constexpr int kWritesLeast = 5;
constexpr int kWritesMost = 12;

TEST_F(KubeQuotaDeath, DyingBeforeAnyWriteLeavesNothingThatIsWrong) {
  int which = 1;
  while (which < kWritesMost && DiesAt(which, Moment::kAsked, which % 2 == 0))
    ++which;
  EXPECT_GT(which, kWritesLeast);
  EXPECT_LT(which, kWritesMost) << "it never comes to rest";
}

TEST_F(KubeQuotaDeath, DyingAfterAnyWriteLeavesNothingThatIsWrong) {
  int which = 1;
  while (which < kWritesMost && DiesAt(which, Moment::kAnswered, which % 2 == 1))
    ++which;
  EXPECT_GT(which, kWritesLeast);
  EXPECT_LT(which, kWritesMost) << "it never comes to rest";
}

// Without an election both are at it all the time, and their wishes are turned round meanwhile.
TEST_F(KubeQuotaDeath, Q4TwoEnginesAtOnceGiveAwayNoMoreThanThereIs) {
  const std::string id = "both";
  ApplyPair(id);
  StartEngine();
  auto second = HpaplusProcess::Start({.kubeconfig = cluster().Kubeconfig(), .ns = ns()});
  ASSERT_TRUE(second) << second.error().message;
  for (int turn = 0; turn < 6; ++turn) {
    const bool gets = turn % 2 == 0;
    ApplyOne("gives-" + id, id, gets ? 0 : 300);
    ApplyOne("gets-" + id, id, gets ? 300 : 0);
    EXPECT_TRUE(Eventually([&] { return Has(id, gets ? "2" : "8", gets ? "8" : "2"); })) << Log(id);
  }
  StopEngine();
  second->reset();
  DeletePair(id);
}

}  // namespace
}  // namespace hpaplus::test

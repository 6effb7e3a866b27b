#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/kube/kube_cluster_view.h"
#include "test/unit/kube_cluster_view_fixture.h"

namespace hpaplus::kube {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::IsEmpty;

class PodDirectoryTest : public KubeClusterViewTest {
 protected:
  [[nodiscard]] Result<std::vector<PodAddress>> Web() const {
    LabelSelector selector;
    selector.match_labels = {{"app", "web"}};
    return view_.Select("shop", selector);
  }

  // Someone has asked, and the pods have been listed again.
  void StartAsked() {
    StartSynced();
    (void)Web();
    Chores();
    api_.SinkOf(kPodPath).Replace({kPlaced});
  }

  const std::string kPlaced =
      R"({"metadata":{"namespace":"shop","name":"web-1","uid":"u","resourceVersion":"5",
          "labels":{"app":"web"},"deletionTimestamp":"2026-01-01T00:00:00Z"},
          "spec":{"nodeName":"n1"},"status":{"phase":"Running","podIP":"10.0.0.7","hostIP":"192.168.0.1",
          "conditions":[{"type":"Ready","status":"True"}]}})";
};

TEST_F(PodDirectoryTest, TheFirstQuestionMakesThePodsBeListedWithTheirAddresses) {
  StartSynced();
  work_ = 0;
  EXPECT_EQ(Web().error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(work_, 1);
  EXPECT_EQ(Web().error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(work_, 1) << "asked for once";
  Chores();
  EXPECT_THAT(Web().error().message, HasSubstr("addresses are being read"));
  api_.SinkOf(kPodPath).Replace({kPlaced});
  const auto pods = Web();
  ASSERT_TRUE(pods) << pods.error().message;
  ASSERT_EQ(pods->size(), 1U);
  const PodAddress& pod = pods->front();
  EXPECT_EQ(pod.name, "web-1");
  EXPECT_EQ(pod.ip, "10.0.0.7");
  EXPECT_EQ(pod.node, "n1");
  EXPECT_EQ(pod.host_ip, "192.168.0.1");
  EXPECT_EQ(pod.phase, PodPhase::kRunning);
  EXPECT_TRUE(pod.ready);
  EXPECT_TRUE(pod.deleting);
}

TEST_F(PodDirectoryTest, NoPodsIsAnAnswerAndNotKnownIsNone) {
  Start();
  EXPECT_THAT(Web().error().message, HasSubstr("still being read"));
  Chores();
  api_.SinkOf(kPodPath).Replace({});
  ASSERT_TRUE(Web());
  EXPECT_THAT(*Web(), IsEmpty());
}

TEST_F(PodDirectoryTest, PodsOfAWatchThatStaysBrokenAreNotTrusted) {
  StartAsked();
  api_.SinkOf(kPodPath).Failed({ErrorCode::kUnavailable, "refused"});
  clock_.Advance(minutes(1));
  EXPECT_TRUE(Web());
  clock_.Advance(seconds(1));
  EXPECT_THAT(Web().error().message, HasSubstr("broken for too long"));
  api_.SinkOf(kPodPath).Resumed();
  EXPECT_TRUE(Web());
}

TEST_F(PodDirectoryTest, PodsThatWereTurnedAwayOrForbiddenAreNotKnown) {
  StartAsked();
  std::vector<std::string> pods;
  for (int i = 0; i < 5; ++i)
    pods.push_back(PodText("web-" + std::to_string(i), "web", 100 + i));
  api_.SinkOf(kPodPath).Replace(pods);
  EXPECT_THAT(Web().error().message, HasSubstr("more than can be kept"));
  pods.pop_back();
  api_.SinkOf(kPodPath).Replace(pods);
  EXPECT_EQ(Web()->size(), 4U);
  api_.SinkOf(kPodPath).Failed({ErrorCode::kPermissionDenied, "no"});
  EXPECT_THAT(Web().error().message, HasSubstr("needs list and watch on pods"));
}

TEST_F(PodDirectoryTest, ABadSelectorIsRefused) {
  StartAsked();
  LabelSelector selector;
  selector.match_expressions = {{"app", "Like", {"web"}}};
  EXPECT_EQ(view_.Select("shop", selector).error().code, ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace hpaplus::kube

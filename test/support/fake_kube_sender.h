#pragma once

#include <deque>
#include <utility>
#include <vector>

#include "engine/base/check.h"
#include "engine/kube/kube_client.h"

namespace hpaplus::test {

/// Stands in for KubeClient::Start: keeps the requests until the test answers them.
class FakeKubeSender {
 public:
  [[nodiscard]] auto Function() {
    return [this](kube::KubeRequest request, kube::KubeClient::OnDone on_done) {
      waiting_.emplace_back(std::move(request), std::move(on_done));
    };
  }

  [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }
  /// The requests that were really sent, that is not withdrawn.
  [[nodiscard]] const std::vector<kube::KubeRequest>& sent() const { return sent_; }
  [[nodiscard]] const kube::KubeRequest& next() const { return waiting_.front().first; }

  /// Sends the oldest waiting request, unless it is withdrawn, and answers it.
  void Answer(const Result<std::string>& answer) {
    HPAPLUS_CHECK(!waiting_.empty());
    auto [request, on_done] = std::move(waiting_.front());
    waiting_.pop_front();
    if (request.before_sending) {
      if (const Status wanted = request.before_sending(request.body); !wanted)
        return on_done(wanted.error());
    }
    sent_.push_back(request);
    on_done(answer);
  }

  void AnswerAll(const Result<std::string>& answer) {
    while (!waiting_.empty())
      Answer(answer);
  }

 private:
  std::deque<std::pair<kube::KubeRequest, kube::KubeClient::OnDone>> waiting_;
  std::vector<kube::KubeRequest> sent_;
};

}  // namespace hpaplus::test

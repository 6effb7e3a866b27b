#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "collectors/kubelet_board.h"

namespace hpaplus::test {

/// Kubelets that answer at once, or later, or as a test says. Thread-safe.
class FakeKubelets {
 public:
  using Done = std::function<void(Result<std::string>)>;

  /// What the page of a node shows: "n1/metrics/resource". A node that is not there hangs.
  void Show(const std::string& page, Result<std::string> body) {
    const std::lock_guard lock(mutex_);
    pages_.insert_or_assign(page, std::move(body));
  }
  void Hang(const std::string& page) {
    const std::lock_guard lock(mutex_);
    pages_.erase(page);
  }
  /// Answers what hangs.
  void AnswerLate(const Result<std::string>& body) {
    std::vector<Done> hanging;
    {
      const std::lock_guard lock(mutex_);
      hanging.swap(hanging_);
    }
    for (const Done& done : hanging)
      done(body);
  }

  [[nodiscard]] std::vector<std::string> seen() {
    const std::lock_guard lock(mutex_);
    return seen_;
  }
  [[nodiscard]] std::size_t hanging() {
    const std::lock_guard lock(mutex_);
    return hanging_.size();
  }
  [[nodiscard]] Timestamp deadline() {
    const std::lock_guard lock(mutex_);
    return deadline_;
  }

  [[nodiscard]] collectors::KubeletAsk AsFunction() {
    return [this](const collectors::KubeletRequest& request, Timestamp deadline, Done done) {
      const std::string page = request.node + std::string(collectors::PathOf(request.page));
      Result<std::string> body = std::string();
      {
        const std::lock_guard lock(mutex_);
        seen_.push_back(page);
        deadline_ = deadline;
        const auto found = pages_.find(page);
        if (found == pages_.end()) {
          hanging_.push_back(std::move(done));
          return;
        }
        body = found->second;
      }
      done(std::move(body));
    };
  }

 private:
  std::mutex mutex_;
  std::map<std::string, Result<std::string>> pages_;
  std::vector<Done> hanging_;
  std::vector<std::string> seen_;
  Timestamp deadline_{};
};

}  // namespace hpaplus::test

#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/check.h"
#include "engine/kube/kube_api.h"
#include "test/support/fake_kube_sender.h"

namespace hpaplus::test {

/// An API server that says what the test tells it to, when the test does.
class FakeKubeApi {
 public:
  [[nodiscard]] kube::KubeApi Api() {
    kube::KubeApi api;
    api.send = sender.Function();
    api.watch = [this](const kube::WatchRequest& request, kube::ObjectSink& sink) {
      HPAPLUS_CHECK(!sinks_.contains(request.path));
      ++started;
      sinks_[request.path] = &sink;
      requests_[request.path] = request;
      return std::make_unique<Running>(*this, request.path);
    };
    api.find_kind = [this](const kube::KindKey& kind) -> Result<kube::ServedKind> {
      ++look_ups;
      const auto at = kinds.find(kind);
      if (at == kinds.end()) return Error{ErrorCode::kNotFound, "no such kind"};
      return at->second;
    };
    return api;
  }

  [[nodiscard]] bool IsWatched(const std::string& path) const { return sinks_.contains(path); }
  [[nodiscard]] std::size_t watches() const { return sinks_.size(); }
  [[nodiscard]] const kube::WatchRequest& RequestOf(const std::string& path) const {
    return requests_.at(path);
  }
  [[nodiscard]] kube::ObjectSink& SinkOf(const std::string& path) const { return *sinks_.at(path); }

  FakeKubeSender sender;
  std::map<kube::KindKey, Result<kube::ServedKind>> kinds;
  int look_ups = 0;
  int started = 0;                                // Watches.
  std::map<std::string, std::string> last_words;  // An object that a watch sends while it is ended.

 private:
  struct Running final : kube::RunningWatch {
    Running(FakeKubeApi& owner, std::string watched) : api(owner), path(std::move(watched)) {}
    ~Running() override {
      if (api.last_words.contains(path)) api.SinkOf(path).Upsert(api.last_words[path]);
      api.sinks_.erase(path);
    }
    FakeKubeApi& api;
    std::string path;
  };

  std::map<std::string, kube::ObjectSink*> sinks_;
  std::map<std::string, kube::WatchRequest> requests_;
};

}  // namespace hpaplus::test

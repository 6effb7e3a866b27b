#pragma once

#include <functional>
#include <memory>
#include <string>

namespace hpaplus::test {

/// A server on a free port of this host that passes HTTP/1.1 on to another port of it, and lets a
/// function look at every request: before it is passed on, and again when its answer has come and
/// before that is given back. What was seen at the second moment has happened, but whoever asked
/// does not know.
class RequestProxy {
 public:
  enum class Moment { kAsked, kAnswered };
  /// `request` is head and body. False: the connection ends here and now. Called on many threads.
  using Look = std::function<bool(const std::string& request, Moment moment)>;

  RequestProxy(int port, Look look);
  ~RequestProxy();
  RequestProxy(const RequestProxy&) = delete;
  RequestProxy& operator=(const RequestProxy&) = delete;

  [[nodiscard]] int port() const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace hpaplus::test

#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hpaplus {

/// What a request begins with. Views of the listener's memory, valid during the call.
struct HttpHead {
  std::string_view method;
  std::string_view path;  // Without the query.
  std::string_view query;
  std::vector<std::pair<std::string, std::string_view>> headers;  // Names in lower case.
  std::size_t content_length = 0;

  /// The first header of that name, which is given in lower case; empty when there is none.
  [[nodiscard]] std::string_view Header(std::string_view name) const {
    for (const auto& [key, value] : headers) {
      if (key == name) return value;
    }
    return {};
  }
};

struct HttpReply {
  int status = 200;
  std::string body;  // Plain text.
  std::vector<std::pair<std::string, std::string>> headers;
};

/// What answers the requests of a listener. Thread-safe; must not block: it is called by the thread
/// that reads and writes for everybody else, too.
class HttpService {
 public:
  virtual ~HttpService() = default;

  /// Asked before anything of the body is read: who may not, or sends what is not taken, is told so
  /// here, and nothing is kept for it.
  [[nodiscard]] virtual std::optional<HttpReply> Refuse(const HttpHead& head) = 0;

  /// The whole request, content_length bytes of body.
  [[nodiscard]] virtual HttpReply Serve(const HttpHead& head, std::string_view body) = 0;
};

}  // namespace hpaplus

#include "engine/shell/admin_server.h"

#include <thread>
#include <utility>

#include <httplib.h>
#include <sys/socket.h>

#include "engine/shell/own_host.h"

namespace hpaplus {
namespace {

constexpr std::size_t kThreads = 4;
constexpr std::size_t kMaxRequestBytes = 16 * 1024;
constexpr int kTimeoutSeconds = 5;

class HttplibAdminServer final : public AdminServer {
 public:
  HttplibAdminServer(Pages pages, std::vector<std::string> names)
      : pages_(std::move(pages)), names_(std::move(names)) {
    server_.new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
    server_.set_socket_options([](socket_t socket) {
      // Not httplib's SO_REUSEPORT, with which a second process could listen here too.
      const int on = 1;
      setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    });
    // An idle connection would hold a thread, and the end of the server, for seconds.
    server_.set_keep_alive_max_count(1);
    server_.set_payload_max_length(kMaxRequestBytes);
    server_.set_read_timeout(kTimeoutSeconds);
    server_.set_write_timeout(kTimeoutSeconds);
    server_.set_default_headers({{"X-Content-Type-Options", "nosniff"},
                                 {"Cross-Origin-Resource-Policy", "same-origin"},
                                 {"Referrer-Policy", "no-referrer"}});
    server_.Get("/metrics", [this](const httplib::Request&, httplib::Response& response) {
      response.set_content(pages_.metrics(), "text/plain; version=0.0.4; charset=utf-8");
    });
    AddCheck("/healthz", pages_.unhealthy);
    AddCheck("/readyz", pages_.unready);
    AddReading("/v1/.*", [this](const httplib::Request& request, httplib::Response& response) {
      JsonReply reply{404, "{\"error\":\"not found\"}\n"};
      if (pages_.json) reply = pages_.json(request.path, request.params);
      response.status = reply.status;
      response.set_header("Cache-Control", "no-store");
      response.set_content(reply.body, "application/json");
    });
    if (pages_.status.text.empty()) return;
    AddReading("/", [this](const httplib::Request&, httplib::Response& response) {
      response.set_header("Content-Security-Policy", pages_.status.policy);
      response.set_header("Cache-Control", "no-cache");
      response.set_content(pages_.status.text, "text/html; charset=utf-8");
    });
  }

  ~HttplibAdminServer() override {
    server_.stop();
    if (thread_.joinable()) thread_.join();
  }

  bool Listen(const Config& config) {
    port_ = config.port == 0                                 ? server_.bind_to_any_port(config.host)
            : server_.bind_to_port(config.host, config.port) ? config.port
                                                             : -1;
    if (port_ < 0) return false;
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    while (!server_.is_running())
      std::this_thread::yield();
    return true;
  }

  [[nodiscard]] int port() const override { return port_; }

 private:
  void AddCheck(const char* path, const std::function<std::string()>& problem) {
    server_.Get(path, [&problem](const httplib::Request&, httplib::Response& response) {
      const std::string wrong = problem();
      response.status = wrong.empty() ? 200 : 503;
      response.set_content(wrong.empty() ? "ok\n" : wrong + "\n", "text/plain; charset=utf-8");
    });
  }

  // What a browser may show only to those who opened it under a name of ours.
  void AddReading(const char* path, const httplib::Server::Handler& read) {
    server_.Get(path, [this, read](const httplib::Request& request, httplib::Response& response) {
      if (IsOwnHost(request.get_header_value("Host"), names_)) return read(request, response);
      response.status = 403;
      response.set_content("this host name is not in http.hosts\n", "text/plain; charset=utf-8");
    });
  }

  const Pages pages_;
  const std::vector<std::string> names_;
  httplib::Server server_;
  int port_ = -1;
  std::thread thread_;
};

}  // namespace

Result<std::unique_ptr<AdminServer>> AdminServer::Start(const Config& config, Pages pages) {
  auto server = std::make_unique<HttplibAdminServer>(std::move(pages), config.names);
  if (!server->Listen(config)) {
    return Error{ErrorCode::kUnavailable, "admin server: cannot listen on " + config.host + ":" +
                                              std::to_string(config.port)};
  }
  return std::unique_ptr<AdminServer>(std::move(server));
}

}  // namespace hpaplus

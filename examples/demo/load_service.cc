#include "examples/demo/load_service.h"

#include <atomic>
#include <thread>

#include <fmt/core.h>
#include <httplib.h>

namespace hpaplus::demo {
namespace {

class HttpLoadService final : public LoadService {
 public:
  explicit HttpLoadService(const std::vector<std::string>& services)
      : services_(services), loads_(services.size()) {
    server_.Get("/metrics", [this](const httplib::Request&, httplib::Response& response) {
      std::string text =
          "# HELP demo_load Load of a service of the demo.\n# TYPE demo_load gauge\n";
      for (std::size_t i = 0; i < services_.size(); ++i) {
        text += fmt::format("demo_load{{service=\"{}\"}} {}\n", services_[i], loads_[i].load());
      }
      response.set_content(text, "text/plain; version=0.0.4");
    });
    for (std::size_t i = 0; i < services_.size(); ++i) {
      server_.Get("/monitor/" + services_[i],
                  [this, i](const httplib::Request&, httplib::Response& response) {
                    response.set_content(fmt::format(R"({{"service":"{}","queue":{{"depth":{}}}}})",
                                                     services_[i], loads_[i].load()),
                                         "application/json");
                  });
    }
  }

  ~HttpLoadService() override {
    server_.stop();
    if (thread_.joinable()) thread_.join();
  }

  bool Listen() {
    port_ = server_.bind_to_any_port("127.0.0.1");
    if (port_ < 0) return false;
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    return true;
  }

  [[nodiscard]] int port() const override { return port_; }
  void Set(std::size_t service, double load) override { loads_[service] = load; }

 private:
  const std::vector<std::string> services_;
  std::vector<std::atomic<double>> loads_;
  httplib::Server server_;
  int port_ = -1;
  std::thread thread_;
};

}  // namespace

Result<std::unique_ptr<LoadService>> LoadService::Start(const std::vector<std::string>& services) {
  auto service = std::make_unique<HttpLoadService>(services);
  if (!service->Listen()) {
    return Error{ErrorCode::kUnavailable, "load service: no free port on 127.0.0.1"};
  }
  return std::unique_ptr<LoadService>(std::move(service));
}

}  // namespace hpaplus::demo

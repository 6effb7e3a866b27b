#include "test/support/scripted_server.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>

#include <httplib.h>
#include <openssl/pem.h>

#include "engine/base/check.h"

namespace hpaplus::test {
namespace {

constexpr std::size_t kThreads = 96;  // One per open connection.

template <class T, class Read>
T* FromPem(const std::string& pem, Read read) {
  BIO* memory = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  T* parsed = read(memory, nullptr, nullptr, nullptr);
  BIO_free(memory);
  HPAPLUS_CHECK(parsed != nullptr);
  return parsed;
}

std::unique_ptr<httplib::Server> MakeServer(const std::optional<ScriptedTls>& tls) {
  if (!tls) return std::make_unique<httplib::Server>();
  X509* certificate = FromPem<X509>(tls->certificate_pem, &PEM_read_bio_X509);
  EVP_PKEY* key = FromPem<EVP_PKEY>(tls->key_pem, &PEM_read_bio_PrivateKey);
  X509_STORE* client_cas = nullptr;
  if (!tls->client_ca_pem.empty()) {
    X509* ca = FromPem<X509>(tls->client_ca_pem, &PEM_read_bio_X509);
    client_cas = X509_STORE_new();
    X509_STORE_add_cert(client_cas, ca);
    X509_free(ca);
  }
  auto server = std::make_unique<httplib::SSLServer>(certificate, key, client_cas);
  X509_free(certificate);
  EVP_PKEY_free(key);
  return server;
}

std::string LowerCase(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

}  // namespace

class ScriptedServer::State {
 public:
  State(Script script, const std::optional<ScriptedTls>& tls, const std::string& address)
      : script_(std::move(script)), server_(MakeServer(tls)) {
    HPAPLUS_CHECK(server_->is_valid());
    server_->new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
    server_->set_keep_alive_max_count(1'000'000);
    server_->set_tcp_nodelay(true);
    server_->set_keep_alive_timeout(1);  // Stop() waits for idle connections.
    const auto handle = [this](const httplib::Request& request, httplib::Response& response) {
      Handle(request, response);
    };
    server_->Get(".*", handle).Post(".*", handle).Put(".*", handle);
    server_->Patch(".*", handle).Delete(".*", handle);
    port_ = server_->bind_to_any_port(address.c_str());
    HPAPLUS_CHECK(port_ > 0);
    url_ = (tls ? "https://" : "http://") + address + ":" + std::to_string(port_);
    thread_ = std::thread([this] { server_->listen_after_bind(); });
    while (!server_->is_running())
      std::this_thread::yield();
  }

  ~State() { Stop(); }

  void Stop() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    stopped_.notify_all();
    server_->stop();
    if (thread_.joinable()) thread_.join();
  }

  [[nodiscard]] int port() const { return port_; }
  [[nodiscard]] const std::string& url() const { return url_; }
  [[nodiscard]] std::size_t connections() const {
    const std::lock_guard lock(mutex_);
    return client_ports_.size();
  }

 private:
  class Writer final : public ScriptedWriter {
   public:
    Writer(State& state, httplib::DataSink& sink) : state_(state), sink_(sink) {}
    bool Write(std::string_view bytes) override {
      return sink_.is_writable() && sink_.write(bytes.data(), bytes.size());
    }
    bool Pause(Duration duration) override {
      std::unique_lock lock(state_.mutex_);
      if (state_.stopped_.wait_for(lock, duration, [this] { return state_.stopping_; })) {
        return false;
      }
      return sink_.is_writable();
    }

   private:
    State& state_;
    httplib::DataSink& sink_;
  };

  void Handle(const httplib::Request& request, httplib::Response& response) {
    {
      const std::lock_guard lock(mutex_);
      client_ports_.insert(request.remote_port);
    }
    ScriptedRequest asked{request.method, request.path, {}, {}, request.body};
    asked.query.insert(request.params.begin(), request.params.end());
    for (const auto& [name, value] : request.headers)
      asked.headers.emplace(LowerCase(name), value);
    ScriptedAnswer answer = script_(asked);
    response.status = answer.status;
    for (const auto& [name, value] : answer.headers)
      response.set_header(name.c_str(), value);
    if (!answer.stream) return response.set_content(answer.body, answer.content_type.c_str());
    response.set_chunked_content_provider(
        answer.content_type.c_str(),
        [this, stream = std::move(answer.stream)](std::size_t, httplib::DataSink& sink) {
          Writer writer(*this, sink);
          if (!stream(writer)) return false;
          sink.done();
          return true;
        });
  }

  const Script script_;
  const std::unique_ptr<httplib::Server> server_;
  int port_ = 0;
  std::string url_;
  mutable std::mutex mutex_;
  std::condition_variable stopped_;
  bool stopping_ = false;
  std::set<int> client_ports_;
  std::thread thread_;
};

ScriptedServer::ScriptedServer(Script script, const std::optional<ScriptedTls>& tls,
                               const std::string& address)
    : state_(std::make_unique<State>(std::move(script), tls, address)) {}
ScriptedServer::~ScriptedServer() = default;
int ScriptedServer::port() const {
  return state_->port();
}
const std::string& ScriptedServer::url() const {
  return state_->url();
}
std::size_t ScriptedServer::connections() const {
  return state_->connections();
}
void ScriptedServer::Stop() {
  state_->Stop();
}

}  // namespace hpaplus::test

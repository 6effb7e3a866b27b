#include "engine/embedded/http_server.h"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <set>
#include <thread>
#include <vector>

#include <httplib.h>
#include <nlohmann/json.hpp>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/base/mutex.h"
#include "engine/embedded/connection_stream.h"

namespace hpaplus::embedded {
namespace {

constexpr Duration kIdleTimeout = std::chrono::minutes(2);
// How long a watch waits before it looks whether its client is still there.
constexpr Duration kWatchPatience = std::chrono::seconds(1);

// Runs each connection on a thread of its own. Threads are made when they are needed; when there
// may be no more of them, the accepting thread waits, and the kernel's queue with it.
class ConnectionThreads final : public httplib::TaskQueue {
 public:
  explicit ConnectionThreads(std::size_t threads_max) : threads_max_(threads_max) {}

  void enqueue(std::function<void()> task) override {
    MutexLock lock(mutex_);
    changed_.wait(lock, [this]() HPAPLUS_REQUIRES(mutex_) {
      return stopping_ || tasks_.size() < idle_ || threads_.size() < threads_max_;
    });
    if (tasks_.size() >= idle_ && threads_.size() < threads_max_) {
      threads_.emplace_back([this] { Work(); });
    }
    tasks_.push_back(std::move(task));
    changed_.notify_all();
  }

  void shutdown() override {
    std::vector<std::jthread> threads;
    {
      const MutexLock lock(mutex_);
      stopping_ = true;
      threads.swap(threads_);
      changed_.notify_all();
    }
    threads.clear();  // Joins. Tasks that are left are run: they close their sockets.
  }

 private:
  void Work() {
    while (true) {
      std::function<void()> task;
      {
        MutexLock lock(mutex_);
        ++idle_;
        changed_.notify_all();
        changed_.wait(lock,
                      [this]() HPAPLUS_REQUIRES(mutex_) { return stopping_ || !tasks_.empty(); });
        --idle_;
        if (tasks_.empty()) return;
        task = std::move(tasks_.front());
        tasks_.pop_front();
      }
      task();
    }
  }

  const std::size_t threads_max_;
  Mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<std::function<void()>> tasks_ HPAPLUS_GUARDED_BY(mutex_);
  std::size_t idle_ HPAPLUS_GUARDED_BY(mutex_) = 0;
  bool stopping_ HPAPLUS_GUARDED_BY(mutex_) = false;
  std::vector<std::jthread> threads_ HPAPLUS_GUARDED_BY(mutex_);
};

class HttplibStream final : public httplib::Stream {
 public:
  explicit HttplibStream(ConnectionStream& stream) : stream_(stream) {}

  bool is_readable() const override { return stream_.AwaitReadable(Duration::zero()); }
  bool is_writable() const override { return stream_.IsWritable(); }
  ssize_t read(char* to, std::size_t size) override { return stream_.Read(to, size); }
  ssize_t write(const char* from, std::size_t size) override { return stream_.Write({from, size}); }
  void get_remote_ip_and_port(std::string& ip, int& port) const override { Unknown(ip, port); }
  void get_local_ip_and_port(std::string& ip, int& port) const override { Unknown(ip, port); }
  // The library only asks whether the number fits into an fd_set, which is not used here.
  socket_t socket() const override { return 0; }

 private:
  static void Unknown(std::string& ip, int& port) {
    ip = "127.0.0.1";
    port = 0;
  }

  ConnectionStream& stream_;
};

// The library's own loop over a connection polls every 10 ms and cannot be told to let go of one
// that is idle; this one waits and is cut.
class CuttableServer final : public httplib::Server {
 public:
  void CutAll() {
    const MutexLock lock(mutex_);
    cut_ = true;
    for (const int socket : sockets_)
      ::shutdown(socket, SHUT_RDWR);
  }

 private:
  bool process_and_close_socket(socket_t socket) override {
    if (Enter(socket)) {
      ConnectionStream stream(socket);
      HttplibStream adapter(stream);
      bool closed = false;
      while (!closed && stream.AwaitReadable(kIdleTimeout)) {
        // Answers are not compressed: a watch has to be written out line by line.
        const auto plain = [](httplib::Request& request) {
          request.headers.erase("Accept-Encoding");
        };
        if (!process_request(adapter, false, closed, plain)) break;
      }
    }
    Leave(socket);
    ::shutdown(socket, SHUT_RDWR);
    ::close(socket);
    return true;
  }

  bool Enter(int socket) {
    const MutexLock lock(mutex_);
    if (!cut_) sockets_.insert(socket);
    return !cut_;
  }

  void Leave(int socket) {
    const MutexLock lock(mutex_);
    sockets_.erase(socket);
  }

  Mutex mutex_;
  std::set<int> sockets_ HPAPLUS_GUARDED_BY(mutex_);
  bool cut_ HPAPLUS_GUARDED_BY(mutex_) = false;
};

ApiRequest RequestOf(const httplib::Request& from) {
  ApiRequest request;
  request.method = from.method;
  request.path = from.path;
  for (const auto& [key, value] : from.params)
    request.query.try_emplace(key, value);
  request.accept = from.get_header_value("Accept");
  request.host = from.get_header_value("Host");
  const std::string type = from.get_header_value("Content-Type");
  request.content_type = type.substr(0, type.find_first_of("; "));
  request.body = from.body;
  return request;
}

void StreamWatch(std::shared_ptr<Watch> watch, httplib::Response& response) {
  response.set_chunked_content_provider(
      "application/json", [watch](std::size_t /*offset*/, httplib::DataSink& sink) {
        std::string lines;
        const Watch::State state = watch->Next(kWatchPatience, lines);
        if (!lines.empty()) sink.write(lines.data(), lines.size());
        if (state == Watch::State::kFinished) sink.done();
        return state != Watch::State::kAborted && sink.is_writable();
      });
}

class HttplibServer final : public HttpServer {
 public:
  explicit HttplibServer(Api& api) : api_(api) {}

  ~HttplibServer() override { Cut(); }

  Status Listen(const Config& config) {
    server_.new_task_queue = [limit = config.connections_max] {
      return new ConnectionThreads(limit);  // The library takes ownership.
    };
    // Not SO_REUSEPORT, the library's default: two servers would share a port.
    server_.set_socket_options([](socket_t socket) {
      const int on = 1;
      ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    });
    server_.set_tcp_nodelay(true);
    server_.set_payload_max_length(config.body_bytes_max);
    server_.set_keep_alive_timeout(
        std::chrono::duration_cast<std::chrono::seconds>(kIdleTimeout).count());
    server_.set_keep_alive_max_count(1'000'000);
    const auto serve = [this](const httplib::Request& request, httplib::Response& response) {
      Serve(request, response);
    };
    server_.Get(".*", serve).Post(".*", serve).Put(".*", serve).Patch(".*", serve);
    server_.Delete(".*", serve);
    server_.set_error_handler([](const httplib::Request&, httplib::Response& response) {
      if (!response.body.empty()) return;
      ApiError error;
      error.code = response.status;
      error.reason = response.status == 413 ? "RequestEntityTooLarge" : "BadRequest";
      error.message = response.status == 413 ? "the request is too large" : "bad request";
      response.set_content(Dump(StatusOf(error)), "application/json");
    });
    port_ = config.port;
    const bool bound = config.port == 0 ? (port_ = server_.bind_to_any_port(config.address)) > 0
                                        : server_.bind_to_port(config.address, config.port);
    if (!bound) {
      return Error{ErrorCode::kUnavailable, "embedded cluster: cannot listen on " + config.address +
                                                ":" + std::to_string(config.port)};
    }
    thread_ = std::jthread([this] { server_.listen_after_bind(); });
    while (!server_.is_running())
      std::this_thread::yield();
    listening_ = true;
    return Done{};
  }

  [[nodiscard]] int port() const override { return port_; }

  void Cut() override {
    if (!listening_.exchange(false)) return;
    server_.stop();
    server_.CutAll();
  }

 private:
  void Serve(const httplib::Request& from, httplib::Response& to) {
    ApiResponse answer = api_.Handle(RequestOf(from), from.get_header_value("Authorization"));
    to.status = answer.status;
    for (const auto& [name, value] : answer.headers)
      to.headers.emplace(name, value);
    if (answer.watch != nullptr) {
      StreamWatch(std::move(answer.watch), to);
    } else {
      to.set_content(answer.body, answer.content_type);
    }
  }

  Api& api_;
  CuttableServer server_;
  int port_ = 0;
  std::atomic<bool> listening_ = false;
  std::jthread thread_;
};

}  // namespace

Result<std::unique_ptr<HttpServer>> HttpServer::Start(const Config& config, Api& api) {
  auto server = std::make_unique<HttplibServer>(api);
  if (Status status = server->Listen(config); !status) return status.error();
  return std::unique_ptr<HttpServer>(std::move(server));
}

}  // namespace hpaplus::embedded

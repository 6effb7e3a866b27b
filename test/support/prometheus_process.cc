#include "test/support/prometheus_process.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>
#include <utility>

#include <unistd.h>

#include "test/support/child_process.h"

namespace hpaplus::test {
namespace {

namespace fs = std::filesystem;

constexpr Duration kLookEvery = std::chrono::milliseconds(10);
constexpr std::size_t kLastWords = 2000;  // Bytes of its log in an error.

/// A directory that goes with its owner.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = (fs::temp_directory_path() / "hpaplus-prometheus-XXXXXX").string();
    if (::mkdtemp(name.data()) != nullptr) path_ = name;
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  [[nodiscard]] bool exists() const { return !path_.empty(); }
  [[nodiscard]] std::string File(const char* name) const { return (path_ / name).string(); }

 private:
  fs::path path_;
};

std::string ReadFile(const std::string& name) {
  std::ifstream in(name, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string Configuration(const PrometheusProcess::Options& options) {
  const std::string interval = FormatDuration(options.scrape_interval);
  std::string text = "global: {scrape_interval: " + interval + ", scrape_timeout: " + interval +
                     "}\nscrape_configs:\n- job_name: test\n  static_configs:\n  - targets: [";
  for (const std::string& target : options.targets)
    text += "'" + target + "', ";
  return text + "]\n" + options.config;
}

// What its log says stands between `before` and the next blank.
std::string After(std::string_view log, std::string_view before) {
  const std::size_t start = log.find(before);
  if (start == std::string_view::npos) return "";
  const std::string_view rest = log.substr(start + before.size());
  const std::size_t end = rest.find_first_of(" \n");
  return end == std::string_view::npos ? "" : std::string(rest.substr(0, end));
}

std::string LastWords(const std::string& log) {
  return log.substr(log.size() - std::min(log.size(), kLastWords));
}

}  // namespace

class PrometheusProcess::State {
 public:
  [[nodiscard]] const std::string& url() const { return url_; }
  [[nodiscard]] int pid() const { return process_->pid(); }

  Status Launch(const Options& options) {
    if (!directory_.exists()) {
      return Error{ErrorCode::kUnavailable, "there is no temporary directory for Prometheus"};
    }
    std::ofstream(directory_.File("prometheus.yml")) << Configuration(options);
    support::ChildProcess::Options child;
    child.output_file = directory_.File("log");
    child.arguments = {"prometheus", "--config.file=" + directory_.File("prometheus.yml"),
                       "--storage.tsdb.path=" + directory_.File("data"),
                       "--web.listen-address=127.0.0.1:" + std::to_string(options.port)};
    if (!options.web_config.empty()) {
      std::ofstream(directory_.File("web.yml")) << options.web_config;
      child.arguments.push_back("--web.config.file=" + directory_.File("web.yml"));
    }
    child.arguments.insert(child.arguments.end(), options.flags.begin(), options.flags.end());
    auto started = support::ChildProcess::Start(child);
    if (!started) return started.error();
    process_ = std::move(*started);
    return Done{};
  }

  // Until the log says that it is ready, which it says after the port is open.
  Status WaitUntilReady(Duration patience) {
    for (Duration waited{}; waited < patience; waited += kLookEvery) {
      const bool ended = process_->Wait(kLookEvery).has_value();
      const std::string log = ReadFile(directory_.File("log"));
      if (ended) {
        return Error{ErrorCode::kUnavailable, "Prometheus has ended: " + LastWords(log)};
      }
      const std::string address = After(log, "msg=\"Listening on\" address=");
      if (!address.empty() && log.find("Server is ready") != std::string::npos) {
        url_ = "http://" + address;
        return Done{};
      }
    }
    return Error{ErrorCode::kUnavailable,
                 "Prometheus is not ready: " + LastWords(ReadFile(directory_.File("log")))};
  }

 private:
  TemporaryDirectory directory_;
  std::string url_;
  std::unique_ptr<support::ChildProcess> process_;  // Last, so that it ends before its data goes.
};

std::string PrometheusProcess::Find() {
  const char* const path = std::getenv("PATH");
  std::string_view rest = path == nullptr ? "" : path;
  while (!rest.empty()) {
    const std::size_t end = rest.find(':');
    const std::string program = std::string(rest.substr(0, end)) + "/prometheus";
    if (::access(program.c_str(), X_OK) == 0) return program;
    rest = end == std::string_view::npos ? "" : rest.substr(end + 1);
  }
  return "";
}

Result<std::unique_ptr<PrometheusProcess>> PrometheusProcess::Start(const Options& options) {
  auto state = std::make_unique<State>();
  if (Status launched = state->Launch(options); !launched) return launched.error();
  if (Status ready = state->WaitUntilReady(options.patience); !ready) return ready.error();
  return std::unique_ptr<PrometheusProcess>(new PrometheusProcess(std::move(state)));
}

PrometheusProcess::PrometheusProcess(std::unique_ptr<State> state) : state_(std::move(state)) {}
PrometheusProcess::~PrometheusProcess() = default;

const std::string& PrometheusProcess::url() const {
  return state_->url();
}

int PrometheusProcess::pid() const {
  return state_->pid();
}

}  // namespace hpaplus::test

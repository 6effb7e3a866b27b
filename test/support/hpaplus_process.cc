#include "test/support/hpaplus_process.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

#include <unistd.h>

#include "engine/shell/curl_client.h"
#include "engine/shell/system_clock.h"
#include "test/support/child_process.h"
#include "test/support/kube_cluster.h"

namespace hpaplus::test {
namespace {

namespace fs = std::filesystem;

constexpr Duration kLookEvery = std::chrono::milliseconds(20);
constexpr Duration kAnswerWithin = std::chrono::seconds(5);
constexpr std::size_t kLargestAnswer = 64U << 20U;

std::string LastWords(const std::string& log) {
  constexpr std::size_t kMost = 4000;
  return log.substr(log.size() - std::min(log.size(), kMost));
}

}  // namespace

class HpaplusProcess::State {
 public:
  State() : http_(clock_) {
    std::string name = (fs::temp_directory_path() / "hpaplus-run-XXXXXX").string();
    if (::mkdtemp(name.data()) != nullptr) directory_ = name;
  }
  ~State() {
    process_.reset();
    std::error_code ignored;
    if (!directory_.empty()) fs::remove_all(directory_, ignored);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  Status Launch(const Options& options) {
    const std::string address = "127.0.0.1:" + std::to_string(support::FreePort());
    url_ = "http://" + address;
    const std::string config = directory_ + "/config.yaml";
    std::ofstream(config) << "apiVersion: autoscaling.hpaplus.io/v1alpha1\n"
                             "kind: ControllerConfiguration\n"
                          << "http: {listen: \"" << address << "\"}\n"
                          << "sources: {egress: {allow: [127.0.0.0/8]}"
                          << (options.sources.empty() ? "" : ", ") << options.sources << "}\n"
                          << options.config << "\n";
    support::ChildProcess::Options child;
    child.arguments = {options.program, "run",          "--config",
                       config,          "--kubeconfig", options.kubeconfig};
    if (!options.ns.empty()) {
      child.arguments.emplace_back("--namespace");
      child.arguments.push_back(options.ns);
    }
    child.arguments.insert(child.arguments.end(), options.flags.begin(), options.flags.end());
    child.output_file = directory_ + "/log";
    auto started = support::ChildProcess::Start(child);
    if (!started) return started.error();
    process_ = std::move(*started);
    return Done{};
  }

  Status WaitUntilReady(Duration patience) {
    const Timestamp deadline = clock_.Now() + patience;
    while (clock_.Now() < deadline) {
      if (const auto code = process_->Wait(kLookEvery)) {
        return Error{ErrorCode::kUnavailable, "hpaplus has ended with exit code " +
                                                  std::to_string(*code) + ": " + LastWords(Log())};
      }
      if (ready()) return Done{};
    }
    return Error{ErrorCode::kUnavailable, "hpaplus is not ready: " + LastWords(Log())};
  }

  Result<std::string> Get(const std::string& path) {
    HttpRequest request;
    request.url = url_ + path;
    request.max_response_bytes = kLargestAnswer;
    auto answers = http_.SendAll({&request, 1}, clock_.Now() + kAnswerWithin);
    if (!answers.front()) return answers.front().error();
    if (answers.front()->status != 200) {
      return Error{ErrorCode::kUnavailable, std::to_string(answers.front()->status)};
    }
    return std::move(answers.front()->body);
  }

  bool ready() { return Get("/readyz").has_value(); }
  [[nodiscard]] std::string Log() const { return ReadFile(directory_ + "/log"); }
  support::ChildProcess& process() { return *process_; }

 private:
  std::string directory_;
  std::string url_;
  SystemClock clock_;
  CurlClient http_;
  std::unique_ptr<support::ChildProcess> process_;
};

Result<std::unique_ptr<HpaplusProcess>> HpaplusProcess::Start(const Options& options) {
  auto state = std::make_unique<State>();
  if (Status launched = state->Launch(options); !launched) return launched.error();
  if (options.wait_until_ready) {
    if (Status ready = state->WaitUntilReady(options.patience); !ready) return ready.error();
  }
  return std::unique_ptr<HpaplusProcess>(new HpaplusProcess(std::move(state)));
}

HpaplusProcess::HpaplusProcess(std::unique_ptr<State> state) : state_(std::move(state)) {}
HpaplusProcess::~HpaplusProcess() = default;

bool HpaplusProcess::running() {
  return state_->process().running();
}
int HpaplusProcess::pid() const {
  return state_->process().pid();
}
bool HpaplusProcess::ready() {
  return state_->ready();
}
std::string HpaplusProcess::Log() const {
  return state_->Log();
}
void HpaplusProcess::Signal(int signal) {
  state_->process().Signal(signal);
}
std::optional<int> HpaplusProcess::Wait(Duration most) {
  return state_->process().Wait(most);
}

Result<HpaplusProcess::Series> HpaplusProcess::Metrics() {
  const Result<std::string> text = state_->Get("/metrics");
  if (!text) return text.error();
  return ParseSeries(*text);
}

HpaplusProcess::Series ParseSeries(const std::string& text) {
  HpaplusProcess::Series series;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line.front() == '#') continue;
    const std::size_t labels_end = line.rfind('}');
    const std::size_t name_end = labels_end == std::string::npos ? line.find(' ') : labels_end + 1;
    if (name_end >= line.size()) continue;
    series[line.substr(0, name_end)] = std::strtod(line.c_str() + name_end, nullptr);
  }
  return series;
}

double Sum(const HpaplusProcess::Series& series, const std::string& name,
           const std::vector<std::string>& labels) {
  double sum = 0;
  for (auto at = series.lower_bound(name); at != series.end() && at->first.starts_with(name);
       ++at) {
    const bool is_named = at->first.size() == name.size() || at->first[name.size()] == '{';
    const bool has_all = std::ranges::all_of(labels, [&](const std::string& label) {
      return at->first.find(label) != std::string::npos;
    });
    if (is_named && has_all) sum += at->second;
  }
  return sum;
}

}  // namespace hpaplus::test

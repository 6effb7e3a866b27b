#include "test/support/kube_cluster.h"

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include <unistd.h>

#include "test/support/child_process.h"

namespace hpaplus::test {
namespace {

namespace fs = std::filesystem;

constexpr const char* kScripts = HPAPLUS_SOURCE_DIR "/test/kube/";
constexpr Duration kPatience = std::chrono::minutes(4);
constexpr int kNotOnThisMachine = 3;  // Exit code of assets.sh.

std::string TemporaryDirectory() {
  std::string name = (fs::temp_directory_path() / "hpaplus-kube-XXXXXX").string();
  return ::mkdtemp(name.data()) == nullptr ? "" : name;
}

struct Finished {
  int exit_code = -1;
  std::string output;
};

Finished RunToEnd(const std::vector<std::string>& arguments,
                  const std::vector<std::string>& environment, const std::string& output_file) {
  support::ChildProcess::Options options;
  options.arguments = arguments;
  options.environment = environment;
  options.output_file = output_file;
  auto process = support::ChildProcess::Start(options);
  if (!process) return {-1, process.error().message};
  const auto code = (*process)->Wait(kPatience);
  return {code.value_or(-1), ReadFile(output_file)};
}

std::string FirstLine(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

}  // namespace

std::string ReadFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string KubeCluster::WhyNot() {
  const std::string directory = TemporaryDirectory();
  const Finished check =
      RunToEnd({std::string(kScripts) + "assets.sh", "--check"}, {}, directory + "/output");
  std::error_code ignored;
  fs::remove_all(directory, ignored);
  return check.exit_code == kNotOnThisMachine ? FirstLine(check.output) : "";
}

Result<std::unique_ptr<KubeCluster>> KubeCluster::Start(const std::string& apiserver_flags) {
  const std::string directory = TemporaryDirectory();
  if (directory.empty()) return Error{ErrorCode::kUnavailable, "no temporary directory"};
  auto cluster = std::unique_ptr<KubeCluster>(new KubeCluster(directory));
  cluster->flags_ = apiserver_flags;
  const Result<std::string> up =
      cluster->Run({"up", directory, "--owner", std::to_string(::getpid())});
  if (!up) return up.error();
  cluster->Connect();
  return cluster;
}

Result<std::unique_ptr<KubeCluster>> KubeCluster::StartWithCrds() {
  auto cluster = Start();
  if (!cluster) return cluster;
  if (Status installed = (*cluster)->InstallCrds(); !installed) return installed.error();
  return cluster;
}

Result<std::unique_ptr<KubeCluster>> KubeCluster::Attach(const std::string& directory) {
  auto cluster = std::unique_ptr<KubeCluster>(new KubeCluster(directory));
  cluster->is_ours_ = false;
  cluster->Connect();
  if (const auto version = cluster->api().GetText("/version"); !version) return version.error();
  return cluster;
}

KubeCluster::~KubeCluster() {
  api_.reset();
  if (!is_ours_) return;
  static_cast<void>(Verb({"down", directory_}));
  std::error_code ignored;
  fs::remove_all(directory_, ignored);
}

void KubeCluster::Connect() {
  url_ = FirstLine(ReadFile(File("url")));
  api_ = std::make_unique<KubeRest>(url_, AdminAuth());
}

Status KubeCluster::KillApiserver() {
  return Verb({"kill-apiserver", directory_});
}
Status KubeCluster::StartApiserver() {
  return Verb({"start-apiserver", directory_});
}
Status KubeCluster::Expire() {
  return Verb({"expire", directory_});
}
Status KubeCluster::Pause(const std::string& process) {
  return Verb({"pause", process, directory_});
}
Status KubeCluster::Resume(const std::string& process) {
  return Verb({"resume", process, directory_});
}

Result<std::int64_t> KubeCluster::Revision() {
  const Result<std::string> output = Run({"revision", directory_});
  if (!output) return output.error();
  return std::atoll(output->c_str());
}

int KubeCluster::Pid(const std::string& process) const {
  return std::atoi(ReadFile(File(process + ".pid")).c_str());
}

Result<std::string> KubeCluster::Kubectl(const std::vector<std::string>& arguments) {
  std::vector<std::string> all = {"kubectl", directory_};
  all.insert(all.end(), arguments.begin(), arguments.end());
  return Run(all);
}

Result<std::unique_ptr<support::ChildProcess>> KubeCluster::StartKubectl(
    const std::vector<std::string>& arguments) {
  std::vector<std::string> all = {std::string(kScripts) + "cluster.sh", "kubectl", directory_};
  all.insert(all.end(), arguments.begin(), arguments.end());
  return support::ChildProcess::Start({.arguments = all, .output_file = "/dev/null"});
}

Status KubeCluster::InstallCrds() {
  const std::string crds = HPAPLUS_SOURCE_DIR "/charts/hpaplus/crds";
  const std::string workload = std::string(kScripts) + "testdata/statefulsetplus-crd.yaml";
  const Result<std::string> applied =
      Kubectl({"apply", "--server-side", "-f", crds, "-f", workload});
  if (!applied) return applied.error();
  const Result<std::string> waited =
      Kubectl({"wait", "--for=condition=Established", "--timeout=30s", "crd", "--all"});
  if (!waited) return waited.error();
  return Done{};
}

Result<std::string> KubeCluster::Run(const std::vector<std::string>& arguments) const {
  static std::atomic<int> runs = 0;  // Several threads may run verbs, and several processes.
  std::vector<std::string> all = {std::string(kScripts) + "cluster.sh"};
  all.insert(all.end(), arguments.begin(), arguments.end());
  std::vector<std::string> environment;
  if (!flags_.empty()) environment.push_back("HPAPLUS_KUBE_APISERVER_ARGS=" + flags_);
  const Finished done = RunToEnd(
      all, environment, File("verb-" + std::to_string(::getpid()) + "-" + std::to_string(++runs)));
  if (done.exit_code == 0) return done.output;
  return Error{ErrorCode::kInvalidArgument, "cluster.sh " + arguments.front() + ": exit code " +
                                                std::to_string(done.exit_code) + ": " +
                                                done.output};
}

Status KubeCluster::Verb(const std::vector<std::string>& arguments) const {
  const Result<std::string> output = Run(arguments);
  if (!output) return output.error();
  return Done{};
}

HttpAuth KubeCluster::AdminAuth() const {
  HttpAuth auth;
  auth.ca_pem = ReadFile(File("ca.crt"));
  auth.client_cert_pem = ReadFile(File("admin.crt"));
  auth.client_key_pem = ReadFile(File("admin.key"));
  return auth;
}

}  // namespace hpaplus::test

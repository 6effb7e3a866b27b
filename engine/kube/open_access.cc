#include "engine/kube/open_access.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <utility>

#include <fmt/core.h>

#include "engine/kube/credential_access.h"
#include "engine/kube/read_file.h"
#include "engine/model/yaml_json.h"

namespace hpaplus::kube {
namespace {

constexpr std::size_t kMaxKubeconfigBytes = 1U << 20U;
constexpr std::size_t kMaxNamespaceBytes = 256;

std::string Variable(const char* name) {
  // Read before any thread is started, and never written by us.
  const char* const value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
  return value == nullptr ? "" : value;
}

std::vector<std::string> SplitNames(std::string_view names) {
  std::vector<std::string> files;
  while (!names.empty()) {
    const std::size_t end = std::min(names.find(':'), names.size());
    if (end > 0) files.emplace_back(names.substr(0, end));
    names.remove_prefix(std::min(end + 1, names.size()));
  }
  return files;
}

std::string DirectoryOf(const std::string& file) {
  std::error_code ignored;
  const std::filesystem::path absolute = std::filesystem::absolute(file, ignored);
  return absolute.parent_path().string();
}

Result<Kubeconfig> LoadKubeconfig(const std::string& file) {
  Result<std::string> text = ReadFile(file, kMaxKubeconfigBytes);
  if (!text) return Error{text.error().code, "kubeconfig: " + text.error().message};
  const auto fail = [&file](const Error& error) {
    return Error{error.code, fmt::format("kubeconfig {}: {}", file, error.message)};
  };
  Result<std::vector<YamlDocument>> documents = ParseYaml(*text);
  if (!documents) return fail(documents.error());
  if (documents->empty()) return Kubeconfig{};
  Result<Kubeconfig> config = ParseKubeconfig(documents->front().json, DirectoryOf(file));
  if (!config) return fail(config.error());
  return config;
}

std::shared_ptr<Access> MakeAccess(SelectedContext context, Clock& clock) {
  CredentialAccess::Config config;
  config.context = std::move(context);
  return std::make_shared<CredentialAccess>(std::move(config), clock);
}

// A pod's own: see "Accessing the Kubernetes API from a Pod" in Kubernetes' documentation.
Result<SelectedContext> InClusterContext(const AccessOptions& options) {
  SelectedContext context;
  const bool is_ipv6 = options.service_host.find(':') != std::string::npos;
  context.cluster.name = "in-cluster";
  context.cluster.server =
      fmt::format("https://{}{}{}:{}", is_ipv6 ? "[" : "", options.service_host, is_ipv6 ? "]" : "",
                  options.service_port);
  context.cluster.ca.file = options.service_account + "/ca.crt";
  context.user.token_file = options.service_account + "/token";
  Result<std::string> ns = ReadFile(options.service_account + "/namespace", kMaxNamespaceBytes);
  if (!ns && ns.error().code != ErrorCode::kNotFound) return ns.error();
  context.ns = ns ? ns->substr(0, ns->find_first_of(" \r\n\t")) : "";
  if (context.ns.empty()) context.ns = "default";
  return context;
}

}  // namespace

AccessOptions AccessOptions::FromEnvironment() {
  AccessOptions options;
  options.kubeconfig_variable = Variable("KUBECONFIG");
  options.home = Variable("HOME");
  options.service_host = Variable("KUBERNETES_SERVICE_HOST");
  options.service_port = Variable("KUBERNETES_SERVICE_PORT");
  return options;
}

Result<SelectedContext> LoadKubeconfigs(const std::vector<std::string>& files,
                                        const std::string& context) {
  Kubeconfig merged;
  std::optional<Error> missing;
  bool has_any = false;
  for (const std::string& file : files) {
    Result<Kubeconfig> config = LoadKubeconfig(file);
    if (config) {
      MergeKubeconfig(*std::move(config), &merged);
      has_any = true;
    } else if (config.error().code == ErrorCode::kNotFound) {
      if (!missing) missing = config.error();
    } else {
      return config.error();
    }
  }
  if (!has_any && missing) return *missing;
  return SelectContext(merged, context);
}

Result<std::shared_ptr<Access>> OpenAccess(const AccessOptions& options, Clock& clock) {
  std::vector<std::string> files = SplitNames(options.kubeconfig_variable);
  if (!options.kubeconfig.empty()) files = {options.kubeconfig};
  Result<SelectedContext> context = SelectedContext{};
  if (!files.empty()) {
    context = LoadKubeconfigs(files, options.context);
  } else if (!options.service_host.empty() && !options.service_port.empty()) {
    context = InClusterContext(options);
  } else {
    const std::string usual = options.home + "/.kube/config";
    context = LoadKubeconfigs({usual}, options.context);
    if (!context && context.error().code == ErrorCode::kNotFound) {
      return Error{ErrorCode::kInvalidArgument,
                   fmt::format("no cluster is configured: neither --kubeconfig nor $KUBECONFIG is "
                               "set, this is no pod, and there is no {}",
                               usual)};
    }
  }
  if (!context) return context.error();
  return MakeAccess(*std::move(context), clock);
}

}  // namespace hpaplus::kube

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/result.h"
#include "engine/base/time.h"

namespace hpaplus::kube {

// The parts of a kubeconfig and of an exec plug-in's answer. Pure; safe to call on any number of
// threads. Errors name the place and never a value.

/// A PEM text, or the file that holds it.
struct PemSource {
  std::string pem;
  std::string file;  // Absolute; only when `pem` is empty.
  [[nodiscard]] bool empty() const { return pem.empty() && file.empty(); }
};

struct KubeconfigCluster {
  std::string name;
  std::string server;
  std::string tls_server_name;
  std::string proxy_url;
  PemSource ca;
  bool insecure_skip_tls_verify = false;
  std::string exec_config;  // JSON of the extension meant for exec plug-ins; empty for none.
};

struct ExecSpec {
  std::string api_version;
  std::string command;  // With its directory when it has one.
  std::vector<std::string> arguments;
  std::vector<std::pair<std::string, std::string>> environment;
  std::string install_hint;
  std::string interactive_mode;
  bool provide_cluster_info = false;
};

struct KubeconfigUser {
  std::string name;
  PemSource client_cert;
  PemSource client_key;
  std::string token;
  std::string token_file;  // Absolute.
  std::string username;
  std::string password;
  std::optional<ExecSpec> exec;
  std::string unsupported;  // A field that we must not ignore: "auth-provider".
};

struct KubeconfigContext {
  std::string name;
  std::string cluster;
  std::string user;
  std::string ns;
};

struct Kubeconfig {
  std::string current_context;
  std::vector<KubeconfigCluster> clusters;
  std::vector<KubeconfigUser> users;
  std::vector<KubeconfigContext> contexts;
};

/// A kubeconfig as JSON. Relative file names are taken from `directory`.
[[nodiscard]] Result<Kubeconfig> ParseKubeconfig(std::string_view json, std::string_view directory);

/// Adds what `into` does not have yet: of two entries with one name the first counts.
void MergeKubeconfig(Kubeconfig from, Kubeconfig* into);

struct SelectedContext {
  KubeconfigCluster cluster;
  KubeconfigUser user;
  std::string ns;  // "default" when the context has none.
};

/// The context of that name, the current one when `context` is empty. kInvalidArgument says what is
/// missing, or what in it we do not support.
[[nodiscard]] Result<SelectedContext> SelectContext(const Kubeconfig& config,
                                                    std::string_view context);

/// What an exec plug-in gave us.
struct ExecCredential {
  std::string token;
  std::string client_cert_pem;
  std::string client_key_pem;
  std::optional<Timestamp> expires;
};

/// kMalformedData when it is not a credential of that API version.
[[nodiscard]] Result<ExecCredential> ParseExecCredential(std::string_view json,
                                                         std::string_view api_version);

/// $KUBERNETES_EXEC_INFO for a plug-in. `ca_pem` is the cluster's.
[[nodiscard]] std::string MakeExecInfo(const ExecSpec& exec, const KubeconfigCluster& cluster,
                                       std::string_view ca_pem);

}  // namespace hpaplus::kube

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/kube/access.h"
#include "engine/kube/kubeconfig_parse.h"
#include "engine/ports/clock.h"

namespace hpaplus::kube {

/// Where this process finds what it is told about the cluster.
struct AccessOptions {
  std::string kubeconfig;  // As given by the user; empty: look around.
  std::string context;     // Empty: the current one.

  // The environment; FromEnvironment() fills these.
  std::string kubeconfig_variable;  // $KUBECONFIG: names separated by colons.
  std::string home;
  std::string service_host;
  std::string service_port;
  std::string service_account = "/var/run/secrets/kubernetes.io/serviceaccount";

  [[nodiscard]] static AccessOptions FromEnvironment();
};

/// The first that applies: the kubeconfig that was named, those of $KUBECONFIG, the service account
/// of the pod that we run in, ~/.kube/config. The error says what was looked for. `clock` must
/// outlive the access.
[[nodiscard]] Result<std::shared_ptr<Access>> OpenAccess(const AccessOptions& options,
                                                         Clock& clock);

/// The context of several kubeconfigs merged as kubectl does: the first that says something about a
/// name counts. Files that do not exist are left out, one of them at least must.
[[nodiscard]] Result<SelectedContext> LoadKubeconfigs(const std::vector<std::string>& files,
                                                      const std::string& context);

}  // namespace hpaplus::kube

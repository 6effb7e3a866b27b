#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/ports/http_client.h"
#include "test/support/child_process.h"
#include "test/support/kube_rest.h"

namespace hpaplus::test {

/// A real control plane, etcd and kube-apiserver, of one test program: test/kube/cluster.sh over a
/// temporary directory. It goes down with its owner, even when that one is killed.
///
/// There is no controller manager: nothing gives deployments pods or a status.
class KubeCluster {
 public:
  /// Why this machine has no Kubernetes binaries and cannot build any; empty when it has them or
  /// can. Builds nothing.
  [[nodiscard]] static std::string WhyNot();

  /// Takes about three seconds. `apiserver_flags` are more flags of kube-apiserver.
  [[nodiscard]] static Result<std::unique_ptr<KubeCluster>> Start(
      const std::string& apiserver_flags = "");

  /// With what InstallCrds() installs.
  [[nodiscard]] static Result<std::unique_ptr<KubeCluster>> StartWithCrds();

  /// The environment variable with the directory of a control plane to share.
  static constexpr const char* kSharedDirectory = "HPAPLUS_KUBE_CLUSTER";
  /// One that another process has started, in `directory`, and ends.
  [[nodiscard]] static Result<std::unique_ptr<KubeCluster>> Attach(const std::string& directory);

  ~KubeCluster();
  KubeCluster(const KubeCluster&) = delete;
  KubeCluster& operator=(const KubeCluster&) = delete;

  [[nodiscard]] const std::string& directory() const { return directory_; }
  [[nodiscard]] const std::string& url() const { return url_; }
  [[nodiscard]] std::string File(const std::string& name) const { return directory_ + "/" + name; }
  /// Of "admin", "token" or "nobody": test/kube/README.md.
  [[nodiscard]] std::string Kubeconfig(const std::string& user = "admin") const {
    return File(user + ".kubeconfig");
  }
  /// As cluster admin, by client certificate.
  [[nodiscard]] KubeRest& api() { return *api_; }

  [[nodiscard]] Status KillApiserver();   // SIGKILL.
  [[nodiscard]] Status StartApiserver();  // Returns when it is ready.
  /// Makes all resource versions up to now too old to watch from. Restarts the API server.
  [[nodiscard]] Status Expire();
  [[nodiscard]] Status Pause(const std::string& process);  // "etcd" or "apiserver".
  [[nodiscard]] Status Resume(const std::string& process);
  /// The newest resourceVersion there is, known even while the API server is not there.
  [[nodiscard]] Result<std::int64_t> Revision();
  /// The process's pid; 0 when it does not run.
  [[nodiscard]] int Pid(const std::string& process) const;

  /// What kubectl prints, as cluster admin; kInvalidArgument with it when it fails.
  [[nodiscard]] Result<std::string> Kubectl(const std::vector<std::string>& arguments);

  /// One that runs beside the test until it is destroyed: "proxy".
  [[nodiscard]] Result<std::unique_ptr<support::ChildProcess>> StartKubectl(
      const std::vector<std::string>& arguments);

  /// Applies the CRDs of charts/hpaplus, and the StatefulSetPlus of test/kube/testdata; returns
  /// when they are served.
  [[nodiscard]] Status InstallCrds();

 private:
  explicit KubeCluster(std::string directory) : directory_(std::move(directory)) {}

  [[nodiscard]] Result<std::string> Run(const std::vector<std::string>& arguments) const;
  [[nodiscard]] Status Verb(const std::vector<std::string>& arguments) const;
  [[nodiscard]] HttpAuth AdminAuth() const;

  void Connect();

  const std::string directory_;
  bool is_ours_ = true;
  std::string flags_;
  std::string url_;
  std::unique_ptr<KubeRest> api_;
};

/// The bytes of a file; empty when it cannot be read.
[[nodiscard]] std::string ReadFile(const std::string& path);

}  // namespace hpaplus::test

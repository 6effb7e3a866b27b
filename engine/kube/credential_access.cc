#include "engine/kube/credential_access.h"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "engine/base/log.h"
#include "engine/kube/read_file.h"
#include "engine/kube/run_program.h"

namespace hpaplus::kube {
namespace {

constexpr std::size_t kMaxFileBytes = 1U << 20U;
// A credential is renewed so long before it ends, as clocks and requests take their time.
constexpr Duration kExpiryMargin = std::chrono::seconds(10);

bool IsSame(const HttpAuth& a, const HttpAuth& b) {
  return a.bearer_token == b.bearer_token && a.basic_username == b.basic_username &&
         a.basic_password == b.basic_password && a.header == b.header && a.ca_pem == b.ca_pem &&
         a.client_cert_pem == b.client_cert_pem && a.client_key_pem == b.client_key_pem &&
         a.tls_server_name == b.tls_server_name;
}

Status ReadPem(const PemSource& source, std::string* pem) {
  *pem = source.pem;
  if (source.file.empty()) return Done{};
  Result<std::string> text = ReadFile(source.file, kMaxFileBytes);
  if (!text) return text.error();
  *pem = *std::move(text);
  return Done{};
}

Status ReadToken(const std::string& file, std::string* token) {
  Result<std::string> text = ReadFile(file, kMaxFileBytes);
  if (!text) return text.error();
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t begin = text->find_first_not_of(kSpace);
  if (begin == std::string::npos) {
    return Error{ErrorCode::kInvalidArgument, "the token file " + file + " is empty"};
  }
  *token = text->substr(begin, text->find_last_not_of(kSpace) - begin + 1);
  return Done{};
}

}  // namespace

CredentialAccess::CredentialAccess(Config config, Clock& clock)
    : config_(std::move(config)), clock_(clock) {}

Result<std::shared_ptr<const HttpAuth>> CredentialAccess::Auth() {
  const MutexLock lock(mutex_);
  const Timestamp now = clock_.Now();
  if (failure_ && now < read_again_at_) return *failure_;
  const bool refused = refused_.exchange(false);
  if (auth_ != nullptr && !refused && now < read_again_at_) return auth_;

  Result<HttpAuth> read = Read(refused, now);
  failure_.reset();
  if (!read) {
    read_again_at_ = now + config_.retry_after;
    HPAPLUS_LOG(kWarning, "credentials cannot be read", {{"error", read.error().message}});
    if (auth_ != nullptr && !refused) return auth_;
    failure_ = Error{read.error().code, "credentials: " + read.error().message};
    return *failure_;
  }
  read_again_at_ = now + config_.read_again_after;
  if (plugin_ && plugin_->expires) {
    read_again_at_ = std::min(read_again_at_, *plugin_->expires - kExpiryMargin);
  }
  if (auth_ == nullptr || !IsSame(*auth_, *read)) {
    auth_ = std::make_shared<const HttpAuth>(*std::move(read));
  }
  return auth_;
}

Result<HttpAuth> CredentialAccess::Read(bool refused, Timestamp now) {
  const KubeconfigCluster& cluster = config_.context.cluster;
  const KubeconfigUser& user = config_.context.user;
  HttpAuth auth;
  auth.tls_server_name = cluster.tls_server_name;
  auth.bearer_token = user.token;
  auth.basic_username = user.username;
  auth.basic_password = user.password;
  Status good = ReadPem(cluster.ca, &auth.ca_pem);
  if (good) good = ReadPem(user.client_cert, &auth.client_cert_pem);
  if (good) good = ReadPem(user.client_key, &auth.client_key_pem);
  if (good && !user.token_file.empty()) good = ReadToken(user.token_file, &auth.bearer_token);
  if (good && user.exec) good = AddPlugin(refused, now, &auth);
  if (!good) return good.error();
  return auth;
}

Status CredentialAccess::AddPlugin(bool refused, Timestamp now, HttpAuth* auth) {
  const ExecSpec& exec = *config_.context.user.exec;
  const bool is_over = plugin_ && plugin_->expires && now >= *plugin_->expires - kExpiryMargin;
  const bool may_run_again = now - plugin_ran_at_ >= config_.retry_after;
  if (!plugin_ || ((is_over || refused) && may_run_again)) {
    Program program;
    program.command = exec.command;
    program.arguments = exec.arguments;
    program.environment = exec.environment;
    program.environment.emplace_back("KUBERNETES_EXEC_INFO",
                                     MakeExecInfo(exec, config_.context.cluster, auth->ca_pem));
    program.timeout = config_.plugin_timeout;
    plugin_ran_at_ = now;
    Result<std::string> output = RunProgram(program, clock_);
    if (!output) {
      std::string message = output.error().message;
      const bool is_missing = output.error().code == ErrorCode::kNotFound;
      if (is_missing && !exec.install_hint.empty()) message += "; " + exec.install_hint;
      return Error{output.error().code, std::move(message)};
    }
    Result<ExecCredential> credential = ParseExecCredential(*output, exec.api_version);
    if (!credential) {
      return Error{credential.error().code,
                   fmt::format("{}: {}", exec.command, credential.error().message)};
    }
    plugin_ = *std::move(credential);
  }
  if (!plugin_->token.empty()) auth->bearer_token = plugin_->token;
  if (!plugin_->client_cert_pem.empty()) {
    auth->client_cert_pem = plugin_->client_cert_pem;
    auth->client_key_pem = plugin_->client_key_pem;
  }
  return Done{};
}

}  // namespace hpaplus::kube

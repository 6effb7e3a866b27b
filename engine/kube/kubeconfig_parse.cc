#include "engine/kube/kubeconfig_parse.h"

#include <algorithm>
#include <array>

#include <fmt/core.h>
#include <nlohmann/json.hpp>
#include <simdjson.h>

#include "engine/base/base64.h"

namespace hpaplus::kube {
namespace {

namespace dom = simdjson::dom;
using simdjson::SUCCESS;

constexpr std::size_t kMaxBytes = 4U << 20U;
constexpr std::string_view kExecExtension = "client.authentication.k8s.io/exec";
constexpr std::array<std::string_view, 2> kExecVersions = {"client.authentication.k8s.io/v1",
                                                           "client.authentication.k8s.io/v1beta1"};

// An object of the document whose fields are read one by one; the first that is wrong is the
// problem. Absent and null are the same.
class Fields {
 public:
  Fields(std::optional<dom::element> element, std::string where, std::string_view directory,
         std::string* problem)
      : where_(std::move(where)), directory_(directory), problem_(problem) {
    if (!element || element->is_null()) return;
    if (element->get_object().get(object_) == SUCCESS) {
      there_ = true;
    } else {
      Wrong("", "is not an object");
    }
  }

  [[nodiscard]] std::string Text(std::string_view key) const {
    std::string_view text;
    if (const auto value = At(key); value && value->get_string().get(text) != SUCCESS) {
      Wrong(key, "is not a string");
    }
    return std::string(text);
  }

  [[nodiscard]] bool Flag(std::string_view key) const {
    bool flag = false;
    if (const auto value = At(key); value && value->get_bool().get(flag) != SUCCESS) {
      Wrong(key, "is neither true nor false");
    }
    return flag;
  }

  // A file name, absolute.
  [[nodiscard]] std::string File(std::string_view key) const {
    std::string file = Text(key);
    if (file.empty() || file.starts_with('/')) return file;
    return fmt::format("{}/{}", directory_, file);
  }

  [[nodiscard]] PemSource Pem(const std::string& key) const {
    PemSource source;
    std::string encoded = Text(key + "-data");
    std::erase_if(encoded, [](char c) { return c == '\n' || c == '\r' || c == ' '; });
    if (const std::optional<std::string> pem = DecodeBase64(encoded)) {
      source.pem = *pem;
    } else {
      Wrong(key + "-data", "is not base64");
    }
    if (source.pem.empty()) source.file = File(key);
    return source;
  }

  [[nodiscard]] Fields Object(std::string_view key) const {
    return {At(key), Path(key), directory_, problem_};
  }

  // Calls each(Fields) for the entries of a list of objects.
  template <class F>
  void ForEach(std::string_view key, F&& each) const {
    const auto value = At(key);
    if (!value) return;
    dom::array array;
    if (value->get_array().get(array) != SUCCESS) return Wrong(key, "is not a list");
    std::size_t index = 0;
    for (const dom::element element : array)
      each(Fields(element, fmt::format("{}[{}]", Path(key), index++), directory_, problem_));
  }

  [[nodiscard]] std::vector<std::string> Texts(std::string_view key) const {
    std::vector<std::string> texts;
    dom::array array;
    const auto value = At(key);
    if (!value) return texts;
    if (value->get_array().get(array) != SUCCESS) {
      Wrong(key, "is not a list");
      return texts;
    }
    for (const dom::element element : array) {
      std::string_view text;
      if (element.get_string().get(text) != SUCCESS) Wrong(key, "is not a list of strings");
      texts.emplace_back(text);
    }
    return texts;
  }

  [[nodiscard]] bool Has(std::string_view key) const { return At(key).has_value(); }
  [[nodiscard]] bool there() const { return there_; }
  [[nodiscard]] std::string_view directory() const { return directory_; }

  [[nodiscard]] std::string Json(std::string_view key) const {
    const auto value = At(key);
    return value ? std::string(simdjson::minify(*value)) : std::string();
  }

  void Wrong(std::string_view key, std::string_view what) const {
    if (problem_->empty()) *problem_ = fmt::format("{} {}", Path(key), what);
  }

 private:
  [[nodiscard]] std::optional<dom::element> At(std::string_view key) const {
    dom::element value;
    if (!there_ || object_.at_key(key).get(value) != SUCCESS || value.is_null()) {
      return std::nullopt;
    }
    return value;
  }
  [[nodiscard]] std::string Path(std::string_view key) const {
    if (where_.empty()) return key.empty() ? "the document" : std::string(key);
    return key.empty() ? where_ : fmt::format("{}.{}", where_, key);
  }

  dom::object object_;
  bool there_ = false;
  std::string where_;
  std::string_view directory_;
  std::string* problem_;
};

KubeconfigCluster ReadCluster(const Fields& entry) {
  KubeconfigCluster cluster;
  cluster.name = entry.Text("name");
  const Fields body = entry.Object("cluster");
  cluster.server = body.Text("server");
  while (cluster.server.ends_with('/'))
    cluster.server.pop_back();
  cluster.tls_server_name = body.Text("tls-server-name");
  cluster.proxy_url = body.Text("proxy-url");
  cluster.ca = body.Pem("certificate-authority");
  cluster.insecure_skip_tls_verify = body.Flag("insecure-skip-tls-verify");
  body.ForEach("extensions", [&cluster](const Fields& extension) {
    if (extension.Text("name") == kExecExtension) cluster.exec_config = extension.Json("extension");
  });
  return cluster;
}

ExecSpec ReadExec(const Fields& body) {
  ExecSpec exec;
  exec.api_version = body.Text("apiVersion");
  exec.command = body.Text("command");
  if (exec.command.find('/') != std::string::npos && !exec.command.starts_with('/')) {
    exec.command = fmt::format("{}/{}", body.directory(), exec.command);
  }
  exec.arguments = body.Texts("args");
  body.ForEach("env", [&exec](const Fields& entry) {
    exec.environment.emplace_back(entry.Text("name"), entry.Text("value"));
  });
  exec.install_hint = body.Text("installHint");
  exec.interactive_mode = body.Text("interactiveMode");
  exec.provide_cluster_info = body.Flag("provideClusterInfo");
  return exec;
}

KubeconfigUser ReadUser(const Fields& entry) {
  KubeconfigUser user;
  user.name = entry.Text("name");
  const Fields body = entry.Object("user");
  user.client_cert = body.Pem("client-certificate");
  user.client_key = body.Pem("client-key");
  user.token = body.Text("token");
  user.token_file = body.File("tokenFile");
  user.username = body.Text("username");
  user.password = body.Text("password");
  if (const Fields exec = body.Object("exec"); exec.there()) user.exec = ReadExec(exec);
  for (const char* field : {"auth-provider", "as", "as-uid", "as-groups", "as-user-extra"}) {
    if (body.Has(field)) user.unsupported = field;
  }
  return user;
}

KubeconfigContext ReadContext(const Fields& entry) {
  const Fields body = entry.Object("context");
  return {entry.Text("name"), body.Text("cluster"), body.Text("user"), body.Text("namespace")};
}

template <class T>
void MergeByName(std::vector<T> from, std::vector<T>* into) {
  for (T& entry : from) {
    const bool is_known = std::any_of(
        into->begin(), into->end(), [&entry](const T& known) { return known.name == entry.name; });
    if (!is_known) into->push_back(std::move(entry));
  }
}

template <class T>
const T* FindByName(const std::vector<T>& entries, std::string_view name) {
  const auto found = std::find_if(entries.begin(), entries.end(),
                                  [name](const T& entry) { return entry.name == name; });
  return found == entries.end() ? nullptr : &*found;
}

Error Invalid(std::string message) {
  return {ErrorCode::kInvalidArgument, "kubeconfig: " + std::move(message)};
}

bool IsLoopback(std::string_view url) {
  for (const std::string_view host : {"http://127.0.0.1", "http://localhost", "http://[::1]"}) {
    if (!url.starts_with(host)) continue;
    const std::string_view rest = url.substr(host.size());
    if (rest.empty() || rest.starts_with(':') || rest.starts_with('/')) return true;
  }
  return false;
}

Status CheckCluster(const KubeconfigCluster& cluster, bool has_credential) {
  const std::string where = fmt::format("cluster \"{}\": ", cluster.name);
  if (cluster.server.empty()) return Invalid(where + "it has no server");
  const bool is_tls = cluster.server.starts_with("https://");
  if (!is_tls && !cluster.server.starts_with("http://")) {
    return Invalid(where + "server is not an http or https URL");
  }
  if (!is_tls && has_credential && !IsLoopback(cluster.server)) {
    return Invalid(where + "credentials are not sent over plain http; use https");
  }
  if (cluster.insecure_skip_tls_verify) {
    return Invalid(where +
                   "insecure-skip-tls-verify is refused, as anybody could pose as the API server; "
                   "give its CA in certificate-authority-data, or tls-server-name when only the "
                   "name differs");
  }
  if (!cluster.proxy_url.empty()) return Invalid(where + "proxy-url is not supported");
  return Done{};
}

Status CheckUser(const KubeconfigUser& user) {
  const std::string where = fmt::format("user \"{}\": ", user.name);
  if (user.unsupported == "auth-provider") {
    return Invalid(where + "auth-provider is gone from Kubernetes since 1.26; use exec");
  }
  if (!user.unsupported.empty()) return Invalid(where + user.unsupported + " is not supported");
  if (user.client_cert.empty() != user.client_key.empty()) {
    return Invalid(where + "client-certificate and client-key need each other");
  }
  if (!user.exec) return Done{};
  const ExecSpec& exec = *user.exec;
  if (std::find(kExecVersions.begin(), kExecVersions.end(), exec.api_version) ==
      kExecVersions.end()) {
    return Invalid(where + "exec.apiVersion must be client.authentication.k8s.io/v1 or /v1beta1");
  }
  if (exec.command.empty()) return Invalid(where + "exec.command is empty");
  if (exec.interactive_mode == "Always") {
    return Invalid(where + "exec needs a terminal (interactiveMode: Always); there is none");
  }
  return Done{};
}

}  // namespace

Result<Kubeconfig> ParseKubeconfig(std::string_view json, std::string_view directory) {
  if (json.size() > kMaxBytes) return Error{ErrorCode::kMalformedData, "it is too long"};
  dom::parser parser;
  dom::element root;
  if (parser.parse(simdjson::padded_string(json)).get(root) != SUCCESS) {
    return Error{ErrorCode::kMalformedData, "it is neither YAML nor JSON"};
  }
  std::string problem;
  const Fields document(root, "", directory, &problem);
  Kubeconfig config;
  if (const std::string kind = document.Text("kind"); !kind.empty() && kind != "Config") {
    document.Wrong("kind", "is not Config");
  }
  config.current_context = document.Text("current-context");
  document.ForEach("clusters",
                   [&](const Fields& entry) { config.clusters.push_back(ReadCluster(entry)); });
  document.ForEach("users", [&](const Fields& entry) { config.users.push_back(ReadUser(entry)); });
  document.ForEach("contexts",
                   [&](const Fields& entry) { config.contexts.push_back(ReadContext(entry)); });
  if (!problem.empty()) return Error{ErrorCode::kMalformedData, problem};
  return config;
}

void MergeKubeconfig(Kubeconfig from, Kubeconfig* into) {
  if (into->current_context.empty()) into->current_context = std::move(from.current_context);
  MergeByName(std::move(from.clusters), &into->clusters);
  MergeByName(std::move(from.users), &into->users);
  MergeByName(std::move(from.contexts), &into->contexts);
}

Result<SelectedContext> SelectContext(const Kubeconfig& config, std::string_view context) {
  if (context.empty()) context = config.current_context;
  if (context.empty()) return Invalid("it has no current-context; name one with --context");
  const KubeconfigContext* const chosen = FindByName(config.contexts, context);
  if (chosen == nullptr) return Invalid(fmt::format("it has no context \"{}\"", context));
  const KubeconfigCluster* const cluster = FindByName(config.clusters, chosen->cluster);
  if (cluster == nullptr) {
    return Invalid(
        fmt::format("context \"{}\": there is no cluster \"{}\"", context, chosen->cluster));
  }
  SelectedContext selected;
  selected.cluster = *cluster;
  selected.ns = chosen->ns.empty() ? "default" : chosen->ns;
  if (!chosen->user.empty()) {
    const KubeconfigUser* const user = FindByName(config.users, chosen->user);
    if (user == nullptr) {
      return Invalid(fmt::format("context \"{}\": there is no user \"{}\"", context, chosen->user));
    }
    selected.user = *user;
  }
  const KubeconfigUser& user = selected.user;
  if (Status good = CheckUser(user); !good) return good.error();
  const bool has_credential = !user.token.empty() || !user.token_file.empty() ||
                              !user.username.empty() || user.exec.has_value();
  if (Status good = CheckCluster(*cluster, has_credential); !good) return good.error();
  return selected;
}

Result<ExecCredential> ParseExecCredential(std::string_view json, std::string_view api_version) {
  const auto malformed = [](std::string_view what) {
    return Error{ErrorCode::kMalformedData, fmt::format("its answer is no credential: {}", what)};
  };
  dom::parser parser;
  dom::element root;
  if (json.size() > kMaxBytes || parser.parse(simdjson::padded_string(json)).get(root) != SUCCESS) {
    return malformed("it is not JSON");
  }
  std::string problem;
  const Fields document(root, "", "", &problem);
  if (document.Text("kind") != "ExecCredential") return malformed("kind is not ExecCredential");
  if (document.Text("apiVersion") != api_version) {
    return malformed(fmt::format("apiVersion is not {}", api_version));
  }
  const Fields status = document.Object("status");
  ExecCredential credential;
  credential.token = status.Text("token");
  credential.client_cert_pem = status.Text("clientCertificateData");
  credential.client_key_pem = status.Text("clientKeyData");
  const std::string expires = status.Text("expirationTimestamp");
  if (!problem.empty()) return malformed(problem);
  if (credential.client_cert_pem.empty() != credential.client_key_pem.empty()) {
    return malformed("a certificate without a key, or a key without a certificate");
  }
  if (credential.token.empty() && credential.client_cert_pem.empty()) {
    return malformed("neither a token nor a certificate");
  }
  if (!expires.empty()) {
    const Result<Timestamp> at = ParseRfc3339(expires);
    if (!at) return malformed("expirationTimestamp is not a time");
    credential.expires = *at;
  }
  return credential;
}

std::string MakeExecInfo(const ExecSpec& exec, const KubeconfigCluster& cluster,
                         std::string_view ca_pem) {
  using Json = nlohmann::ordered_json;
  Json info = {{"kind", "ExecCredential"},
               {"apiVersion", exec.api_version},
               {"spec", {{"interactive", false}}}};
  if (exec.provide_cluster_info) {
    Json& out = info["spec"]["cluster"];
    out["server"] = cluster.server;
    if (!cluster.tls_server_name.empty()) out["tls-server-name"] = cluster.tls_server_name;
    if (!ca_pem.empty()) out["certificate-authority-data"] = EncodeBase64(ca_pem);
    if (!cluster.exec_config.empty()) {
      Json config = Json::parse(cluster.exec_config, nullptr, /*allow_exceptions=*/false);
      if (!config.is_discarded()) out["config"] = std::move(config);
    }
  }
  return info.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace hpaplus::kube

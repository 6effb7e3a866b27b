#include "engine/kube/source_auth.h"

#include <array>
#include <optional>
#include <tuple>
#include <utility>

namespace hpaplus::kube {
namespace {

using Find = std::function<Result<SecretData>(const std::string& secret)>;

auto References(const SourceSpec& source) {
  return std::array{&source.bearer,         &source.basic_username, &source.basic_password,
                    &source.header_value,   &source.tls_ca,         &source.tls_client_cert,
                    &source.tls_client_key, &source.query_value};
}

Result<std::string> ReadKey(const SecretKeyRef& reference, const Find& find) {
  const Result<SecretData> data = find(reference.name);
  if (!data) return data.error();
  const auto at = data->find(reference.key);
  if (at != data->end()) return at->second;
  return Error{ErrorCode::kNotFound, "secret " + reference.name + " has no key " + reference.key};
}

// Files and pasted tokens end in a newline more often than not; no header may.
std::string WithoutLineEnd(std::string text) {
  while (text.ends_with('\n') || text.ends_with('\r'))
    text.pop_back();
  return text;
}

}  // namespace

std::set<std::string> SecretsOf(const SourceSpec& source) {
  std::set<std::string> names;
  for (const std::optional<SecretKeyRef>* reference : References(source)) {
    if (*reference) names.insert((*reference)->name);
  }
  return names;
}

Result<HttpAuth> ResolveAuth(const SourceSpec& source, const Find& find) {
  HttpAuth auth;
  if (source.header_name) auth.header.first = *source.header_name;
  if (source.query_name) auth.query.first = *source.query_name;
  auth.tls_server_name = source.tls_server_name;
  auth.headers.assign(source.headers.begin(), source.headers.end());
  const std::array<std::string*, 8> fields = {
      &auth.bearer_token, &auth.basic_username,  &auth.basic_password, &auth.header.second,
      &auth.ca_pem,       &auth.client_cert_pem, &auth.client_key_pem, &auth.query.second};
  const auto references = References(source);
  for (std::size_t i = 0; i < references.size(); ++i) {
    if (!*references.at(i)) continue;
    Result<std::string> value = ReadKey(**references.at(i), find);
    if (!value) return value.error();
    *fields.at(i) = WithoutLineEnd(*std::move(value));
  }
  return auth;
}

bool SameAuth(const HttpAuth& a, const HttpAuth& b) {
  const auto fields = [](const HttpAuth& auth) {
    return std::tie(auth.bearer_token, auth.basic_username, auth.basic_password, auth.header,
                    auth.ca_pem, auth.client_cert_pem, auth.client_key_pem, auth.tls_server_name,
                    auth.headers, auth.query);
  };
  return fields(a) == fields(b);
}

}  // namespace hpaplus::kube

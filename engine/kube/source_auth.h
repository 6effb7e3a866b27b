#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>

#include "engine/base/result.h"
#include "engine/model/source.h"
#include "engine/ports/http_client.h"

namespace hpaplus::kube {

using SecretData = std::map<std::string, std::string>;

/// The names of the Secrets that a source refers to.
[[nodiscard]] std::set<std::string> SecretsOf(const SourceSpec& source);

/// A source's credentials out of its Secrets, with its plain headers. `find` gives the data of one
/// Secret. kNotFound for a key that is not there; other errors are find's. No error ever shows a
/// value.
[[nodiscard]] Result<HttpAuth> ResolveAuth(
    const SourceSpec& source,
    const std::function<Result<SecretData>(const std::string& secret)>& find);

[[nodiscard]] bool SameAuth(const HttpAuth& a, const HttpAuth& b);

}  // namespace hpaplus::kube

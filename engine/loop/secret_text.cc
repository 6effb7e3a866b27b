#include "engine/loop/secret_text.h"

#include <algorithm>

#include "engine/base/base64.h"
#include "engine/base/url.h"

namespace hpaplus {
namespace {

constexpr std::size_t kShortest = 4;

}  // namespace

std::vector<std::string> SecretValuesOf(const HttpAuth& auth) {
  std::vector<std::string> values = {auth.bearer_token, auth.basic_password, auth.header.second,
                                     auth.query.second, PercentEncode(auth.query.second)};
  if (!auth.basic_password.empty()) {
    values.push_back(EncodeBase64(auth.basic_username + ":" + auth.basic_password));
  }
  std::erase_if(values, [](const std::string& value) { return value.size() < kShortest; });
  // One may contain another: the longest first.
  std::ranges::sort(values, std::ranges::greater(), &std::string::size);
  return values;
}

std::string HideSecrets(std::string text, std::span<const std::string> secrets) {
  constexpr std::string_view kHidden = "***";
  for (const std::string& secret : secrets) {
    for (std::size_t at = text.find(secret); at != std::string::npos;
         at = text.find(secret, at + kHidden.size()))
      text.replace(at, secret.size(), kHidden);
  }
  return text;
}

}  // namespace hpaplus

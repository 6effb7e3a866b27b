#include "engine/shell/own_host.h"

#include <algorithm>

#include <arpa/inet.h>
#include <netinet/in.h>

namespace hpaplus {
namespace {

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return lower;
}

bool IsAddress(const std::string& host) {
  in6_addr address{};
  return inet_pton(AF_INET, host.c_str(), &address) == 1 ||
         inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

std::string WithoutPort(std::string_view header) {
  if (header.starts_with('[')) return Lower(header.substr(1, header.find(']') - 1));
  return Lower(header.substr(0, header.find(':')));
}

}  // namespace

bool IsOwnHost(std::string_view header, const std::vector<std::string>& names) {
  if (header.empty()) return true;
  const std::string host = WithoutPort(header);
  if (IsAddress(host) || host.find('.') == std::string::npos) return true;
  for (const char* inside : {".localhost", ".svc", ".cluster.local"}) {
    if (host.ends_with(inside)) return true;
  }
  return std::ranges::any_of(names, [&host](const auto& name) { return Lower(name) == host; });
}

}  // namespace hpaplus

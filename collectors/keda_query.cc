#include "collectors/keda_query.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/core.h>

#include "collectors/http_answer.h"

namespace hpaplus::collectors {
namespace {

constexpr std::size_t kLongest = 8192;

Error Bad(std::string_view what) {
  return {ErrorCode::kInvalidArgument, fmt::format("external scaler: the query {}", what)};
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::string> PercentDecode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (text.size() - i < 3) return std::nullopt;
    const int high = HexDigit(text[i + 1]);
    const int low = HexDigit(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

// The names that get through the metric APIs of Kubernetes.
bool IsMetricName(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  });
}

Status AddPair(std::string_view pair, const KedaScalerSource& source, KedaQuery& query) {
  const std::size_t equals = pair.find('=');
  if (equals == std::string_view::npos) return Bad("has a part that is not key=value");
  std::optional<std::string> key = PercentDecode(pair.substr(0, equals));
  std::optional<std::string> value = PercentDecode(pair.substr(equals + 1));
  if (!key || !value) return Bad("has a % that is not followed by two hexadecimal digits");
  if (!std::ranges::binary_search(source.query_keys, *key)) {
    return Bad(
        fmt::format("sets {}, which is not among the queryKeys of the source", Printable(*key)));
  }
  const bool added = query.metadata.emplace(*std::move(key), *std::move(value)).second;
  if (!added) return Bad("sets a key twice, or one that the source has set");
  return Done{};
}

}  // namespace

Result<KedaQuery> ParseKedaQuery(std::string_view text, const KedaScalerSource& source) {
  if (text.size() > kLongest) return Bad("is too long");
  KedaQuery query;
  query.metadata = source.metadata;
  const std::size_t mark = text.find('?');
  const std::string_view name = text.substr(0, mark);
  if (name == "isActive()") {
    query.asks = KedaQuery::Asks::kActivity;
  } else if (name == "*") {
    query.asks = KedaQuery::Asks::kOnlyMetric;
  } else if (IsMetricName(name)) {
    query.metric = name;
  } else {
    return Bad("is none of a metric's name, * and isActive()");
  }
  if (mark == std::string_view::npos) return query;
  for (std::string_view rest = text.substr(mark + 1);;) {
    const std::size_t end = rest.find('&');
    if (Status added = AddPair(rest.substr(0, end), source, query); !added) return added.error();
    if (end == std::string_view::npos) return query;
    rest.remove_prefix(end + 1);
  }
}

}  // namespace hpaplus::collectors

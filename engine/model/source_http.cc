#include "engine/model/source_http.h"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "engine/model/source_fields.h"

namespace hpaplus {
namespace {

constexpr std::size_t kBodyMost = 16U << 10U;
constexpr std::int64_t kAnswersMost = 1000;

HttpSource::Pods ReadPods(const JsonField& field) {
  HttpSource::Pods pods;
  const JsonField labels = field.Field("selector").Field("matchLabels");
  labels.EachField([&](std::string_view key, const JsonField& value) {
    pods.selector.match_labels.emplace_back(key, value.Text());
  });
  std::ranges::sort(pods.selector.match_labels);
  if (pods.selector.match_labels.empty()) labels.Fail("is missing or empty");
  const JsonField port = field.Field("port");
  if (!port.present()) port.Fail("is missing");
  pods.port = static_cast<std::uint16_t>(port.Integer(1, 1, 65535));
  const std::string scheme = field.Field("scheme").Text("HTTP");
  pods.tls = scheme == "HTTPS";
  if (!pods.tls && scheme != "HTTP") field.Field("scheme").Fail("is neither HTTP nor HTTPS");
  pods.path = field.Field("path").Text("/");
  const bool printable =
      std::ranges::all_of(pods.path, [](char c) { return c > ' ' && c <= '~' && c != '#'; });
  if (!pods.path.starts_with('/') || !printable) {
    field.Field("path").Fail("must begin with a slash and have neither blanks nor a fragment");
  }
  using Combine = HttpSource::Pods::Combine;
  constexpr std::pair<std::string_view, Combine> kCombines[] = {{"Sum", Combine::kSum},
                                                                {"Average", Combine::kAverage},
                                                                {"Max", Combine::kMax},
                                                                {"Min", Combine::kMin}};
  const JsonField combine = field.Field("combine");
  const auto* const named = std::ranges::find(kCombines, combine.Required(),
                                              &std::pair<std::string_view, Combine>::first);
  if (named == std::end(kCombines)) {
    combine.Fail("is none of Sum, Average, Max and Min");
  } else {
    pods.combine = named->second;
  }
  const JsonField least = field.Field("minAnswers");
  if (least.present()) {
    pods.min_answers = static_cast<std::size_t>(least.Integer(1, 1, kAnswersMost));
  }
  return pods;
}

}  // namespace

HttpSource ReadHttpSource(const JsonField& http) {
  HttpSource source;
  const JsonField format = http.Field("format");
  if (format.present()) {
    source.format = DocumentFormatNamed(format.Text());
    if (!source.format) format.Fail("is none of the formats that can be read");
  }
  const std::string method = http.Field("method").Text("GET");
  source.post = method == "POST";
  if (!source.post && method != "GET") http.Field("method").Fail("is neither GET nor POST");
  source.body = http.Field("body").Text();
  if (source.body.size() > kBodyMost) {
    http.Field("body").Fail(fmt::format("is longer than {} bytes", kBodyMost));
  }
  if (!source.body.empty() && !source.post) http.Field("body").Fail("goes with method POST");
  source.body_type = http.Field("bodyType").Text("application/json");
  if (http.Field("pods").present()) source.pods = ReadPods(http.Field("pods"));
  return source;
}

}  // namespace hpaplus

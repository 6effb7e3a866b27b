#include "engine/model/source_scrape_json.h"

#include <algorithm>

#include "engine/model/label_selector.h"

namespace hpaplus {
namespace {

constexpr std::size_t kLongestPath = 1024;

LabelSelector ReadPods(const JsonField& field) {
  const auto parsed = ParseSelector(field.Required());
  auto selector = parsed ? ToLabelSelector(*parsed) : parsed.error();
  if (selector) return *std::move(selector);
  field.Fail("is unusable: " + selector.error().message);
  return {};
}

bool IsPath(const std::string& path) {
  return path.starts_with('/') && path.size() <= kLongestPath &&
         std::ranges::all_of(path, [](char c) { return c > ' ' && c <= '~' && c != '#'; });
}

}  // namespace

void ReadScrapeSource(const JsonField& spec, SourceSpec& source) {
  const JsonField scrape = spec.Field("scrape");
  if (scrape.present() != (source.type == "Scrape")) scrape.Fail("goes with type Scrape");
  if (!scrape.present() || source.type != "Scrape") return;
  ScrapeSource read;
  read.pods = ReadPods(scrape.Field("podSelector"));
  if (!scrape.Field("port").present()) scrape.Field("port").Fail("is missing");
  read.port = static_cast<std::uint16_t>(scrape.Field("port").Integer(1, 1, 65535));
  read.path = scrape.Field("path").Text(read.path);
  if (!IsPath(read.path)) scrape.Field("path").Fail("is no path that begins with /");
  const std::string scheme = scrape.Field("scheme").Text("HTTP");
  read.tls = scheme == "HTTPS";
  if (!read.tls && scheme != "HTTP") scrape.Field("scheme").Fail("is neither HTTP nor HTTPS");
  read.targets_most = static_cast<std::size_t>(
      scrape.Field("maxTargets").Integer(static_cast<std::int64_t>(read.targets_most), 10, 2000));
  read.error_percent_most =
      static_cast<int>(scrape.Field("maxErrorPercent").Integer(read.error_percent_most, 1, 100));
  for (const char* block : {"auth", "tls"}) {
    if (!read.tls && spec.Field(block).present()) {
      spec.Field(block).Fail("needs scrape.scheme HTTPS");
    }
  }
  source.scrape = std::move(read);
}

}  // namespace hpaplus

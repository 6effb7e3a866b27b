#include "engine/model/source_type.h"

#include <algorithm>

namespace hpaplus {
namespace {

constexpr SourceType kTypes[] = {
    {"Cron", "", "", false},
    {"File", "", "", false},
    {"GRPC", "grpc://", "grpcs://", true},
    {"HTTP", "http://", "https://", true},
    {"KedaExternalScaler", "grpc://", "grpcs://", true},
    {"Prometheus", "http://", "https://", true},
    {"Push", "", "", true},  // The credentials of those who send.
    {"Scrape", "", "", true, true},
    {"Workload", "", "", false},
};

}  // namespace

const SourceType* FindSourceType(std::string_view name) {
  const auto* const found = std::ranges::find(kTypes, name, &SourceType::name);
  return found == std::end(kTypes) ? nullptr : found;
}

}  // namespace hpaplus

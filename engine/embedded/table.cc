#include "engine/embedded/table.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "engine/embedded/json_path.h"

namespace hpaplus::embedded {
namespace {

Json DefinitionOf(const PrinterColumn& column) {
  return {{"name", column.name},
          {"type", column.type},
          {"format", column.format},
          {"description", column.description},
          {"priority", column.priority}};
}

Json CellOf(const PrinterColumn& column, const Json& object, Timestamp now) {
  const Result<JsonPath> path = JsonPath::Parse(column.json_path);
  if (!path) return nullptr;
  const std::vector<const Json*> found = path->Find(object);
  if (found.empty() || found[0]->is_null()) return nullptr;
  const Json& first = *found[0];
  if (column.type == "integer") {
    return first.is_number() ? Json(first.get<std::int64_t>()) : Json(nullptr);
  }
  if (column.type == "number") return first.is_number() ? first : Json(nullptr);
  if (column.type == "boolean") return first.is_boolean() ? first : Json(nullptr);
  if (column.type == "date") {
    const Result<Timestamp> at = ParseRfc3339(first.is_string() ? first.get<std::string>() : "");
    return at ? Json(HumanAge(now - *at)) : Json("<unknown>");
  }
  std::string text;
  for (const Json* one : found) {
    if (!text.empty()) text += " ";
    text += one->is_string() ? one->get<std::string>() : Dump(*one);
  }
  return text;
}

}  // namespace

std::string HumanAge(Duration age) {
  using std::chrono::floor;
  const std::int64_t seconds = floor<std::chrono::seconds>(age).count();
  if (seconds < -1) return "<invalid>";
  if (seconds < 0) return "0s";
  const std::int64_t minutes = seconds / 60;
  const std::int64_t hours = minutes / 60;
  const std::int64_t days = hours / 24;
  const std::int64_t years = days / 365;
  const auto two = [](std::int64_t big, char unit, std::int64_t small, char small_unit) {
    return small == 0 ? fmt::format("{}{}", big, unit)
                      : fmt::format("{}{}{}{}", big, unit, small, small_unit);
  };
  if (seconds < 120) return fmt::format("{}s", seconds);
  if (minutes < 10) return two(minutes, 'm', seconds % 60, 's');
  if (minutes < 180) return fmt::format("{}m", minutes);
  if (hours < 8) return two(hours, 'h', minutes % 60, 'm');
  if (hours < 48) return fmt::format("{}h", hours);
  if (days < 8) return two(days, 'd', hours % 24, 'h');
  if (years < 2) return fmt::format("{}d", days);
  if (years < 8) return two(years, 'y', days % 365, 'd');
  return fmt::format("{}y", years);
}

Json TableColumns(const Resource& resource) {
  Json definitions = Json::array();
  if (resource.custom) {
    definitions.push_back(DefinitionOf({"Name", "string", "name", "", "", 0}));
    for (PrinterColumn column : resource.columns) {
      if (column.description.empty()) {
        column.description =
            "Custom resource definition column (in JSONPath format): " + column.json_path;
      }
      definitions.push_back(DefinitionOf(column));
    }
    return definitions;
  }
  for (const PrinterColumn& column : BuiltinColumns(resource.kind)) {
    definitions.push_back(DefinitionOf(column));
  }
  return definitions;
}

Json TableRow(const Resource& resource, const Json& object, Timestamp now) {
  Json cells = Json::array();
  if (resource.custom) {
    cells.push_back(Text(object, "metadata.name"));
    for (const PrinterColumn& column : resource.columns) {
      cells.push_back(CellOf(column, object, now));
    }
  } else {
    cells = BuiltinCells(resource.kind, object, now);
  }
  return {{"cells", std::move(cells)}, {"object", MetadataOf(object)}};
}

Json MetadataOf(const Json& object) {
  const Json* metadata = FindKey(object, "metadata");
  return {{"kind", "PartialObjectMetadata"},
          {"apiVersion", "meta.k8s.io/v1"},
          {"metadata", metadata == nullptr ? Json::object() : *metadata}};
}

}  // namespace hpaplus::embedded

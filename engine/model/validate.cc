#include "engine/model/validate.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include <fmt/core.h>

#include "engine/model/json_fields.h"
#include "engine/model/spec_check.h"
#include "engine/model/spec_json.h"
#include "engine/model/yaml_json.h"

namespace hpaplus {
namespace {

constexpr std::string_view kGroup = "autoscaling.hpaplus.io";

// The part of an object that says what it is; what is not there is empty.
struct Identity {
  std::string api_version;
  std::string kind;
  std::string ns;
  std::string name;
};

std::string TextAt(simdjson::dom::element object, const char* pointer) {
  std::string_view text;
  if (object.at_pointer(pointer).get(text) != simdjson::SUCCESS) return "";
  return std::string(text);
}

Identity Identify(simdjson::dom::element object) {
  return {TextAt(object, "/apiVersion"), TextAt(object, "/kind"),
          TextAt(object, "/metadata/namespace"), TextAt(object, "/metadata/name")};
}

bool IsOurs(const Identity& identity) {
  const std::string_view version = identity.api_version;
  return version == kGroup || version.starts_with(std::string(kGroup) + "/");
}

// "items[2]" and "spec.x" -> "items[2].spec.x".
std::string Joined(const std::string& outer, const std::string& inner) {
  if (outer.empty() || inner.empty()) return outer + inner;
  return outer + "." + inner;
}

class Validator {
 public:
  explicit Validator(std::string_view file) : file_(file) {}

  void CheckDocument(const YamlDocument& document) {
    JsonDocument json;
    if (const Status parsed = json.Parse(document.json); !parsed) {
      Add(document.start, {}, {}, parsed.error().message);
      return;
    }
    const simdjson::dom::element root = json.root();
    simdjson::dom::array items;
    const bool is_list = TextAt(root, "/kind").ends_with("List") &&
                         root.at_key("items").get(items) == simdjson::SUCCESS;
    if (!is_list) {
      CheckOne(document, root, "");
      return;
    }
    std::size_t index = 0;
    for (const simdjson::dom::element item : items)
      CheckOne(document, item, fmt::format("items[{}]", index++));
  }

  void Add(TextPosition at, const Identity& identity, const std::string& path,
           const std::string& message) {
    const std::string name =
        identity.ns.empty() ? identity.name : identity.ns + "/" + identity.name;
    report_.findings.push_back({file_, at.line, at.column, identity.kind, name, path, message});
  }

  ValidationReport Take() {
    std::ranges::stable_sort(report_.findings, {}, [](const Finding& finding) {
      return std::tuple(finding.line, finding.column);
    });
    return std::move(report_);
  }

 private:
  void CheckOne(const YamlDocument& document, simdjson::dom::element object,
                const std::string& place) {
    const Identity identity = Identify(object);
    if (!IsOurs(identity)) {
      // Something without a kind is no object of anybody's.
      if (identity.kind.empty() || identity.api_version.empty()) {
        Add(document.Find(place), identity, place, "apiVersion and kind are required");
      } else {
        ++report_.skipped;
      }
      return;
    }
    ++report_.checked;
    const std::string json = simdjson::minify(object);
    const std::vector<FieldProblem> problems = CheckObject(json);
    if (problems.empty() && identity.kind == "HPAPlus") CheckReadable(document, json, place);
    for (const FieldProblem& problem : problems) {
      const std::string path = Joined(place, problem.path);
      Add(document.Find(path), identity, problem.path, problem.message);
    }
  }

  // What no schema knows: formulas, dates, the time zones of this machine. The reader's message
  // begins with the path.
  void CheckReadable(const YamlDocument& document, const std::string& json,
                     const std::string& place) {
    const auto spec = ParseWorkload(json);
    if (spec) return;
    JsonDocument parsed;
    if (!parsed.Parse(json)) return;
    constexpr std::string_view kPrefix = "HPAPlus: ";
    std::string message = spec.error().message;
    if (message.starts_with(kPrefix)) message.erase(0, kPrefix.size());
    const std::string path = message.substr(0, message.find(' '));
    message.erase(0, std::min(message.size(), path.size() + 1));
    Add(document.Find(Joined(place, path)), Identify(parsed.root()), path, message);
  }

  const std::string file_;
  ValidationReport report_;
};

}  // namespace

ValidationReport ValidateText(std::string_view file, std::string_view text) {
  Validator validator(file);
  const YamlText yaml = ReadYaml(text);
  for (const YamlDocument& document : yaml.documents)
    validator.CheckDocument(document);
  if (yaml.problem) validator.Add(yaml.problem->at, {}, {}, yaml.problem->message);
  return validator.Take();
}

std::string ToString(const Finding& finding) {
  std::string text = fmt::format("{}:{}:{}: ", finding.file, finding.line, finding.column);
  if (!finding.kind.empty()) {
    text += finding.kind + (finding.name.empty() ? "" : " " + finding.name) + ": ";
  }
  if (!finding.path.empty()) text += finding.path + ": ";
  return text + finding.message;
}

}  // namespace hpaplus

#include "engine/app/offline_objects.h"

#include <algorithm>
#include <optional>
#include <set>
#include <tuple>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "engine/kube/objects_reply.h"
#include "engine/kube/source_auth.h"
#include "engine/model/spec_json.h"
#include "engine/model/validate.h"
#include "engine/model/yaml_json.h"

namespace hpaplus::app {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kDefaultNamespace = "default";

// One object of a file, and how its fields are found again.
struct PlacedObject {
  const std::string& file;
  const YamlDocument& document;
  std::string item;  // "items[2]"; empty: the document itself.
  Json json;

  [[nodiscard]] std::string Text(const char* pointer) const {
    const Json::json_pointer at(pointer);
    return json.contains(at) && json[at].is_string() ? json[at].get<std::string>() : "";
  }
  [[nodiscard]] std::string kind() const { return Text("/kind"); }
  [[nodiscard]] std::string ns() const {
    const std::string ns = Text("/metadata/namespace");
    return ns.empty() ? std::string(kDefaultNamespace) : ns;
  }
  [[nodiscard]] std::string name() const { return Text("/metadata/name"); }
  [[nodiscard]] bool IsOurs() const { return Text("/apiVersion") == kApiVersion; }

  [[nodiscard]] Finding Problem(const std::string& path, const std::string& message) const {
    const bool whole = item.empty() || path.empty();
    const TextPosition at = document.Find(whole ? item + path : item + "." + path);
    const bool namespaced = kind() != "ClusterMetricSource" && kind() != "Namespace";
    return {file, at.line, at.column, kind(), namespaced ? ns() + "/" + name() : name(),
            path, message};
  }
};

// What Kubernetes lets one write in plain text becomes part of the data.
Result<kube::SecretData> SecretDataOf(const Json& json) {
  auto data = kube::ParseSecretData(json.dump(-1, ' ', false, Json::error_handler_t::replace));
  if (!data || !json.contains("stringData")) return data;
  const Json& plain = json["stringData"];
  if (!plain.is_object()) return Error{ErrorCode::kMalformedData, "stringData is not an object"};
  for (const auto& [key, value] : plain.items()) {
    if (!value.is_string()) {
      return Error{ErrorCode::kMalformedData, "stringData." + key + " is not a text"};
    }
    (*data)[key] = value.get<std::string>();
  }
  return data;
}

class Reader {
 public:
  explicit Reader(std::vector<std::string>& problems) : problems_(problems) {}

  void Add(const OfflineFile& file, const std::vector<YamlDocument>& documents) {
    for (const YamlDocument& document : documents) {
      Json json = Json::parse(document.json, nullptr, false);
      const bool is_list = json.is_object() && json.contains("items") && json["items"].is_array();
      if (!is_list) {
        objects_.push_back({file.name, document, "", std::move(json)});
        continue;
      }
      std::size_t index = 0;
      for (Json& item : json["items"]) {
        objects_.push_back(
            {file.name, document, fmt::format("items[{}]", index++), std::move(item)});
      }
    }
  }

  OfflineObjects Take() {
    for (const PlacedObject& object : objects_)
      ReadPlain(object);
    for (const PlacedObject& object : objects_)
      ReadSource(object);
    for (const PlacedObject& object : objects_)
      ReadWorkload(object);
    std::ranges::stable_sort(findings_, {}, [](const Finding& finding) {
      return std::tie(finding.file, finding.line, finding.column);
    });
    for (const Finding& finding : findings_)
      problems_.push_back(ToString(finding));
    return std::move(objects_read_);
  }

  void Report(Finding finding) { findings_.push_back(std::move(finding)); }

 private:
  bool IsNew(const PlacedObject& object) {
    const std::string ns = object.kind() == "ClusterMetricSource" ? "" : object.ns();
    if (names_.emplace(object.kind(), ns, object.name()).second) return true;
    Report(object.Problem("metadata.name", "there is an object of this name already"));
    return false;
  }

  void ReadPlain(const PlacedObject& object) {
    if (object.Text("/apiVersion") != "v1") return;
    if (object.kind() == "Secret" && IsNew(object)) {
      auto data = SecretDataOf(object.json);
      if (data) {
        secrets_[{object.ns(), object.name()}] = *std::move(data);
      } else {
        Report(object.Problem("", data.error().message));
      }
    }
    if (object.kind() != "Namespace") return;
    OfflineObjects::Labels& labels = objects_read_.namespaces[object.name()];
    const Json::json_pointer at("/metadata/labels");
    if (!object.json.contains(at) || !object.json[at].is_object()) return;
    for (const auto& [key, value] : object.json[at].items())
      if (value.is_string()) labels[key] = value.get<std::string>();
  }

  void ReadSource(const PlacedObject& object) {
    const std::string kind = object.kind();
    if (!object.IsOurs() || (kind != "MetricSource" && kind != "ClusterMetricSource")) return;
    if (!IsNew(object)) return;
    auto spec = ParseSource(object.json.dump());
    if (!spec) return Report(object.Problem("", spec.error().message));
    sources_.insert(NameOf(*spec));
    auto auth = kube::ResolveAuth(
        *spec, [this, &spec](const std::string& secret) { return FindSecret(spec->ns, secret); });
    if (!auth) return Report(object.Problem("spec.auth", auth.error().message));
    objects_read_.sources.push_back({*std::move(spec), *std::move(auth)});
  }

  // A ClusterMetricSource's Secrets are the controller's, in whatever namespace it may be.
  [[nodiscard]] Result<kube::SecretData> FindSecret(const std::string& ns,
                                                    const std::string& name) const {
    for (const auto& [key, data] : secrets_) {
      if (key.second == name && (ns.empty() || key.first == ns)) return data;
    }
    return Error{ErrorCode::kNotFound, ns.empty()
                                           ? "no Secret " + name + " in these files"
                                           : "no Secret " + ns + "/" + name + " in these files"};
  }

  void ReadWorkload(const PlacedObject& object) {
    if (!object.IsOurs() || object.kind() != "HPAPlus" || !IsNew(object)) return;
    auto parsed = ParseWorkload(object.json.dump());
    if (!parsed) return Report(object.Problem("", parsed.error().message));
    WorkloadSpec spec = *std::move(parsed);
    for (std::size_t i = 0; i < spec.metrics.size(); ++i)
      CheckMetric(object, spec, i);
    spec.uid = spec.ns + "/" + spec.name;
    // Nothing is written anyway; the size that is kept in mind follows the decisions.
    if (spec.mode == Mode::kDryRun) spec.mode = Mode::kActive;
    objects_read_.workloads.push_back(std::make_shared<const WorkloadSpec>(std::move(spec)));
  }

  void CheckMetric(const PlacedObject& object, const WorkloadSpec& spec, std::size_t index) {
    const MetricSpec& metric = spec.metrics[index];
    const std::string path = fmt::format("spec.metrics[{}]", index);
    if (metric.type == MetricType::kFormula) return;  // Its inputs are looked at themselves.
    if (metric.type != MetricType::kSource) {
      return Report(object.Problem(
          path + ".type", fmt::format("{} metrics need a cluster; without one there are only "
                                      "Source and Formula metrics",
                                      MetricTypeName(metric.type))));
    }
    const bool cluster = metric.source.kind == "ClusterMetricSource";
    const std::string name = cluster ? metric.source.name : spec.ns + "/" + metric.source.name;
    if (sources_.contains(metric.source.kind + "/" + name)) return;
    Report(object.Problem(path + ".source.ref.name",
                          fmt::format("no {} {} in these files", metric.source.kind, name)));
  }

  std::vector<std::string>& problems_;
  std::vector<PlacedObject> objects_;
  std::vector<Finding> findings_;
  std::set<std::tuple<std::string, std::string, std::string>> names_;
  std::map<std::pair<std::string, std::string>, kube::SecretData> secrets_;
  std::set<SourceName> sources_;
  OfflineObjects objects_read_;
};

}  // namespace

OfflineObjects ReadOfflineObjects(const std::vector<OfflineFile>& files,
                                  std::vector<std::string>& problems) {
  std::vector<YamlText> texts;
  texts.reserve(files.size());
  for (const OfflineFile& file : files) {
    const ValidationReport report = ValidateText(file.name, file.text);
    for (const Finding& finding : report.findings)
      problems.push_back(ToString(finding));
    texts.push_back(ReadYaml(file.text));
  }
  if (!problems.empty()) return {};
  Reader reader(problems);
  for (std::size_t i = 0; i < files.size(); ++i)
    reader.Add(files[i], texts[i].documents);
  return reader.Take();
}

}  // namespace hpaplus::app

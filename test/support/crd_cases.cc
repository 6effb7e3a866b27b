#include "test/support/crd_cases.h"

#include <fstream>
#include <iterator>
#include <map>

#include "engine/model/yaml_json.h"

namespace hpaplus::test {
namespace {

using Json = nlohmann::ordered_json;

std::vector<Json> Load(const std::string& name) {
  std::ifstream in(std::string(HPAPLUS_SOURCE_DIR "/test/data/crd/") + name);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  std::vector<Json> objects;
  const auto documents = ParseYaml(text);
  if (!documents) return objects;
  for (const YamlDocument& document : *documents)
    objects.push_back(Json::parse(document.json));
  return objects;
}

void Change(Json& object, const Json& bad) {
  const Json set = bad.value("set", Json::object());
  for (const auto& [pointer, value] : set.items())
    object[Json::json_pointer(pointer)] = value;
  const Json remove = bad.value("remove", Json::array());
  for (const Json& pointer : remove) {
    const Json::json_pointer place(pointer.get<std::string>());
    object.at(place.parent_pointer()).erase(place.back());
  }
}

}  // namespace

std::vector<Json> LoadGoodObjects() {
  return Load("good.yaml");
}

std::vector<BadObject> LoadBadObjects() {
  std::map<std::string, Json> good;
  for (const Json& object : LoadGoodObjects()) {
    good[object["kind"].get<std::string>() + "/" + object["metadata"]["name"].get<std::string>()] =
        object;
  }
  const std::vector<Json> documents = Load("bad.yaml");
  std::vector<BadObject> objects;
  if (documents.empty()) return objects;
  for (const Json& bad : documents.front()["cases"]) {
    Json object = bad.contains("object") ? bad["object"] : good.at(bad["base"].get<std::string>());
    object["metadata"]["name"] = "bad";
    Change(object, bad);
    objects.push_back({bad["name"], std::move(object), bad["answers"]});
  }
  return objects;
}

}  // namespace hpaplus::test

#include "engine/model/json_tree.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "engine/model/json_fields.h"

namespace hpaplus {

using Json = nlohmann::ordered_json;

JsonTree::JsonTree() : root(std::make_unique<Json>()) {}
JsonTree::~JsonTree() = default;
JsonTree::JsonTree(JsonTree&&) noexcept = default;
JsonTree& JsonTree::operator=(JsonTree&&) noexcept = default;

namespace {

namespace dom = simdjson::dom;

constexpr std::size_t kValuesMost = 20'000;
constexpr int kDepthMost = 64;

class Copier {
 public:
  explicit Copier(JsonTree& tree) : tree_(tree) {}

  // False: beyond a limit.
  bool Copy(dom::element from, Json& to, const std::string& path, int depth) {
    if (++values_ > kValuesMost || depth > kDepthMost) return false;
    switch (from.type()) {
      case dom::element_type::OBJECT:
        return CopyObject(from, to, path, depth);
      case dom::element_type::ARRAY:
        return CopyArray(from, to, path, depth);
      case dom::element_type::STRING:
        to = std::string(Get<std::string_view>(from));
        return true;
      case dom::element_type::INT64:
        to = Get<std::int64_t>(from);
        return true;
      case dom::element_type::UINT64:
        to = Get<std::uint64_t>(from);
        return true;
      case dom::element_type::DOUBLE:
        to = Get<double>(from);
        return true;
      case dom::element_type::BOOL:
        to = Get<bool>(from);
        return true;
      case dom::element_type::NULL_VALUE:
        to = nullptr;
        return true;
    }
    return false;
  }

 private:
  // The type has been looked at: this cannot fail.
  template <class T>
  static T Get(dom::element element) {
    T value{};
    HPAPLUS_CHECK(element.get(value) == simdjson::SUCCESS);
    return value;
  }

  bool CopyObject(dom::element from, Json& to, const std::string& path, int depth) {
    to = Json::object();
    const std::string dot = path.empty() ? "" : path + ".";
    for (const auto& [key, value] : Get<dom::object>(from)) {
      const std::string name(key);
      if (to.contains(name)) tree_.duplicates.push_back(dot + name);
      if (!Copy(value, to[name], dot + name, depth + 1)) return false;
    }
    return true;
  }

  bool CopyArray(dom::element from, Json& to, const std::string& path, int depth) {
    to = Json::array();
    for (const dom::element value : Get<dom::array>(from)) {
      const std::string place = fmt::format("{}[{}]", path, to.size());
      to.push_back(nullptr);
      if (!Copy(value, to.back(), place, depth + 1)) return false;
    }
    return true;
  }

  JsonTree& tree_;
  std::size_t values_ = 0;
};

}  // namespace

Result<JsonTree> ParseJsonTree(std::string_view json) {
  JsonDocument document;
  if (const Status parsed = document.Parse(json); !parsed) return parsed.error();
  JsonTree tree;
  if (!Copier(tree).Copy(document.root(), *tree.root, "", 0)) {
    return Error{ErrorCode::kMalformedData, "json: more than 20000 values or 64 levels"};
  }
  return tree;
}

}  // namespace hpaplus

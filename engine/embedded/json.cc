#include "engine/embedded/json.h"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace hpaplus::embedded {
namespace {

// Builds the value bottom up from the parser's events, so that duplicates and depth are seen where
// they are. The parser itself does not recurse.
class Builder final : public nlohmann::json_sax<Json> {
 public:
  ParsedJson parsed;
  std::string failure;

  Builder() { parsed.value = std::make_shared<Json>(); }

  bool null() override { return Add(nullptr); }
  bool boolean(bool value) override { return Add(value); }
  bool number_integer(number_integer_t value) override { return Add(value); }
  bool number_unsigned(number_unsigned_t value) override { return Add(value); }
  bool number_float(number_float_t value, const string_t& /*text*/) override { return Add(value); }
  bool string(string_t& value) override { return Add(std::move(value)); }
  bool binary(binary_t& /*value*/) override { return false; }
  bool start_object(std::size_t /*elements*/) override { return Open(Json::object()); }
  bool end_object() override { return Close(); }
  bool start_array(std::size_t /*elements*/) override { return Open(Json::array()); }
  bool end_array() override { return Close(); }

  bool key(string_t& value) override {
    key_ = std::move(value);
    if (FindKey(*open_.back(), key_) != nullptr) NoteDuplicate();
    path_.back() = key_;
    return true;
  }

  bool parse_error(std::size_t position, const std::string& /*last_token*/,
                   const nlohmann::detail::exception& /*error*/) override {
    failure = "invalid JSON at byte " + std::to_string(position);
    return false;
  }

 private:
  Json* Put(Json value) {
    if (open_.empty()) {
      *parsed.value = std::move(value);
      return parsed.value.get();
    }
    Json& parent = *open_.back();
    if (parent.is_array()) {
      parent.push_back(std::move(value));
      return &parent.back();
    }
    Json& slot = parent[key_];
    slot = std::move(value);
    return &slot;
  }

  bool Add(Json value) {
    Put(std::move(value));
    return true;
  }

  bool Open(Json value) {
    if (open_.size() >= kJsonDepthMax) {
      failure = "nested too deeply";
      return false;
    }
    open_.push_back(Put(std::move(value)));
    path_.emplace_back();
    return true;
  }

  bool Close() {
    open_.pop_back();
    path_.pop_back();
    return true;
  }

  void NoteDuplicate() {
    constexpr std::size_t kDuplicatesMax = 16;
    if (parsed.duplicates.size() >= kDuplicatesMax) return;
    std::string path;
    for (std::size_t i = 0; i + 1 < path_.size(); ++i) {
      if (!path_[i].empty()) path += path_[i] + ".";
    }
    parsed.duplicates.push_back(path + key_);
  }

  // Pointers into the tree: a container is only added to while it is the innermost, so what they
  // point at does not move.
  std::vector<Json*> open_;
  std::vector<std::string> path_;
  std::string key_;
};

template <class J>
J* FindKeyIn(J& value, std::string_view key) {
  if (!value.is_object()) return nullptr;
  for (auto it = value.begin(); it != value.end(); ++it) {
    if (it.key() == key) return &it.value();
  }
  return nullptr;
}

template <class J>
J* FindIn(J& value, std::string_view path) {
  J* at = &value;
  while (at != nullptr && !path.empty()) {
    const std::size_t dot = path.find('.');
    at = FindKeyIn(*at, path.substr(0, dot));
    path = dot == std::string_view::npos ? std::string_view() : path.substr(dot + 1);
  }
  return at;
}

}  // namespace

Result<ParsedJson> ParseJson(std::string_view text) {
  Builder builder;
  try {
    if (Json::sax_parse(text.begin(), text.end(), &builder)) return std::move(builder.parsed);
  } catch (const std::exception& error) {
    return Error{ErrorCode::kMalformedData, std::string("json: ") + error.what()};
  }
  return Error{ErrorCode::kMalformedData, "json: " + builder.failure};
}

std::string Dump(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

const Json* FindKey(const Json& value, std::string_view key) {
  return FindKeyIn(value, key);
}
Json* FindKey(Json& value, std::string_view key) {
  return FindKeyIn(value, key);
}
const Json* Find(const Json& value, std::string_view path) {
  return FindIn(value, path);
}
Json* Find(Json& value, std::string_view path) {
  return FindIn(value, path);
}

std::string Text(const Json& value, std::string_view path) {
  const Json* at = Find(value, path);
  return at != nullptr && at->is_string() ? at->get<std::string>() : std::string();
}

std::int64_t Int(const Json& value, std::string_view path, std::int64_t fallback) {
  const Json* at = Find(value, path);
  return at != nullptr && at->is_number_integer() ? at->get<std::int64_t>() : fallback;
}

bool Flag(const Json& value, std::string_view path) {
  const Json* at = Find(value, path);
  return at != nullptr && at->is_boolean() && at->get<bool>();
}

Json& ObjectAt(Json& value, std::string_view path) {
  Json* at = &value;
  while (true) {
    if (!at->is_object()) *at = Json::object();
    if (path.empty()) return *at;
    const std::size_t dot = path.find('.');
    at = &(*at)[std::string(path.substr(0, dot))];
    path = dot == std::string_view::npos ? std::string_view() : path.substr(dot + 1);
  }
}

void Set(Json& value, std::string_view path, Json member) {
  const std::size_t dot = path.rfind('.');
  Json& parent =
      dot == std::string_view::npos ? ObjectAt(value, "") : ObjectAt(value, path.substr(0, dot));
  parent[std::string(path.substr(dot == std::string_view::npos ? 0 : dot + 1))] = std::move(member);
}

void Remove(Json& value, std::string_view path) {
  const std::size_t dot = path.rfind('.');
  Json* parent = dot == std::string_view::npos ? &value : Find(value, path.substr(0, dot));
  if (parent == nullptr || !parent->is_object()) return;
  parent->erase(std::string(path.substr(dot == std::string_view::npos ? 0 : dot + 1)));
}

void Merge(Json& value, const Json& defaults) {
  if (!value.is_object() || !defaults.is_object()) return;
  for (auto it = defaults.begin(); it != defaults.end(); ++it) {
    Json* present = FindKey(value, it.key());
    if (present == nullptr || present->is_null()) {
      value[it.key()] = it.value();
    } else {
      Merge(*present, it.value());
    }
  }
}

bool SameValue(const Json& a, const Json& b) {
  if (a.is_object() && b.is_object()) {
    if (a.size() != b.size()) return false;
    for (auto it = a.begin(); it != a.end(); ++it) {
      const Json* other = FindKey(b, it.key());
      if (other == nullptr || !SameValue(it.value(), *other)) return false;
    }
    return true;
  }
  if (a.is_array() && b.is_array()) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), SameValue);
  }
  return a == b;
}

std::string_view TypeName(const Json& value) {
  if (value.is_string()) return "string";
  if (value.is_number()) return "number";
  if (value.is_boolean()) return "bool";
  if (value.is_object()) return "object";
  if (value.is_array()) return "array";
  return "null";
}

}  // namespace hpaplus::embedded

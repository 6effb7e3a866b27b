#include "engine/app/quota_table.h"

#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace hpaplus::app {
namespace {

using Json = nlohmann::ordered_json;

std::string TextOf(const Json& json, const char* key) {
  const auto found = json.find(key);
  if (found == json.end() || found->is_null()) return "-";
  return found->is_string() ? found->get<std::string>() : found->dump();
}

bool Holds(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_boolean() && found->get<bool>();
}

const Json& ListOf(const Json& json, const char* key) {
  static const Json kEmpty = Json::array();
  const auto found = json.find(key);
  return found != json.end() && found->is_array() ? *found : kEmpty;
}

// What convinced a stage: the key that no other step's field has.
std::string EvidenceText(const Json& step) {
  for (const auto& [key, value] : step.items()) {
    const std::string_view name = key;
    const bool other = name == "stage" || name == "before" || name == "after" || name == "reason";
    if (!other) return fmt::format(", {} {}", key, TextOf(step, key.c_str()));
  }
  return "";
}

std::string StepsText(const Json& resource) {
  std::string out;
  std::size_t number = 0;
  for (const Json& step : ListOf(resource, "steps")) {
    const std::string before = TextOf(step, "before");
    const std::string after = TextOf(step, "after");
    out += fmt::format("{:>4} {:<12}{:>10} -> {:<10} {}{}{}\n", ++number, TextOf(step, "stage"),
                       before, after, TextOf(step, "reason"), EvidenceText(step),
                       before == after ? "" : "   <- changed here");
  }
  return out;
}

std::string RoundText(const Json& round) {
  const std::string at = TextOf(round, "at");
  const std::string since = TextOf(round, "since");
  std::string out = fmt::format("{}  {}", at, TextOf(round, "result"));
  if (since != at) out += ", the same since " + since;
  if (TextOf(round, "problem") != "-") out += ": " + TextOf(round, "problem");
  if (Holds(round, "stale")) out += "; what is known is old";
  out += "\n";
  for (const Json& one : ListOf(round, "resources")) {
    out += fmt::format("\n  {:<18} {} -> {}{}   used {}, wanted {}, guaranteed {}, unmet {}\n",
                       TextOf(one, "name"), TextOf(one, "before"), TextOf(one, "target"),
                       Holds(one, "written") ? ", written" : "", TextOf(one, "used"),
                       TextOf(one, "wanted"), TextOf(one, "guaranteed"), TextOf(one, "unmet"));
    out += StepsText(one);
  }
  return out;
}

}  // namespace

std::string QuotaTable(const Json& quota) {
  const std::string pool = TextOf(quota, "pool");
  std::string out =
      fmt::format("DynamicQuota {}/{}  keeps {}{}, mode {}\n", TextOf(quota, "namespace"),
                  TextOf(quota, "name"), TextOf(quota, "quota"),
                  pool == "-" ? "" : ", in pool " + pool, TextOf(quota, "mode"));
  for (const Json& round : ListOf(quota, "rounds"))
    out += "\n" + RoundText(round);
  return out;
}

}  // namespace hpaplus::app

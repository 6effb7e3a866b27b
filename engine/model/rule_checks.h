#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Internal to this layer's rules: only their .cc files include this header.
#include <nlohmann/json.hpp>

#include "engine/base/quantity.h"
#include "engine/base/time.h"
#include "engine/model/field_problem.h"

namespace hpaplus {

/// What all rules about objects have in common: how they read fields, how they complain, bounds.
class RuleChecks {
 public:
  using Json = nlohmann::ordered_json;
  using Problems = std::vector<FieldProblem>;

  explicit RuleChecks(Problems& problems) : problems_(problems) {}

  /// Null: there is none, or `object` is null or no object.
  [[nodiscard]] static const Json* Find(const Json* object, const char* key);

  // What a field says; nothing when it is absent or of another type, which is the schema's
  // business.
  [[nodiscard]] static std::string TextOf(const Json* value);
  [[nodiscard]] static std::optional<Duration> DurationOf(const Json* value);
  [[nodiscard]] static std::optional<Quantity> QuantityOf(const Json* value);
  [[nodiscard]] static bool IsWhole(const Json& value);
  [[nodiscard]] static int Count(const Json* object, std::initializer_list<const char*> keys);

 protected:
  /// A rule about an object or a list; those are not printed.
  void Refuse(std::string path, std::string_view message);
  void Refuse(const std::string& path, const Json& value, const std::string& message);

  /// The schema takes 3.0 for an integer; a rule that looks at it does not.
  void RefuseFloat(const std::string& path, std::string_view rule);

  void CheckDuration(const Json* value, const std::string& path, const std::string& least,
                     const std::string& most);
  void CheckQuantity(const Json* value, const std::string& path, const std::string& least,
                     const std::string& most);

 private:
  Problems& problems_;
};

}  // namespace hpaplus

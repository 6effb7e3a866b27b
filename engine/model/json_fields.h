#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

// For readers of JSON: only their .cc files include this header.
#include <simdjson.h>

#include "engine/base/quantity.h"
#include "engine/base/result.h"
#include "engine/base/time.h"

namespace hpaplus {

/// A value in a JSON document, or the absence of one, with its path. A field that is missing or
/// null is absent, which is fine; one that makes no sense is the document's problem, of which the
/// first is kept. Valid as long as the document.
class JsonField {
 public:
  JsonField(std::string path, std::string& problem) : path_(std::move(path)), problem_(&problem) {}
  JsonField(simdjson::dom::element element, std::string path, std::string& problem)
      : path_(std::move(path)), problem_(&problem) {
    if (!element.is_null()) element_ = element;
  }

  [[nodiscard]] bool present() const { return element_.has_value(); }
  [[nodiscard]] bool is_text() const { return present() && element_->is_string(); }
  [[nodiscard]] const std::string& path() const { return path_; }

  [[nodiscard]] JsonField Field(std::string_view key) const;

  // Each gives `absent` for an absent value, and for a wrong one after keeping the problem.
  [[nodiscard]] std::string Text(std::string_view absent = {}) const;
  [[nodiscard]] std::int64_t Integer(std::int64_t absent, std::int64_t least,
                                     std::int64_t most) const;
  [[nodiscard]] std::optional<std::int32_t> Int32() const;
  [[nodiscard]] std::optional<Duration> Period(Duration least, Duration most) const;
  /// As a cluster has it after writing it back: canonical.
  [[nodiscard]] std::optional<Quantity> Amount() const;
  /// The text of a quantity that can be parsed, a JSON number's included.
  [[nodiscard]] std::optional<std::string> AmountText() const;
  [[nodiscard]] std::optional<Timestamp> Time() const;
  [[nodiscard]] std::optional<double> Number() const;
  [[nodiscard]] bool Flag(bool absent) const;

  /// Text that must be there and not empty.
  [[nodiscard]] std::string Required() const;

  void Fail(std::string_view what) const;

  /// The value as JSON text, for another reader; "null" when it is absent.
  [[nodiscard]] std::string Json() const;

  /// Calls visit(const JsonField&) for each element of a list.
  template <class F>
  void Each(const F& visit) const {
    if (!present()) return;
    simdjson::dom::array items;
    if (element_->get_array().get(items) != simdjson::SUCCESS) return Fail("is not a list");
    std::size_t index = 0;
    for (const simdjson::dom::element item : items) {
      visit(JsonField(item, path_ + "[" + std::to_string(index++) + "]", *problem_));
    }
  }

  /// Calls visit(std::string_view key, const JsonField&) for each field of an object.
  template <class F>
  void EachField(const F& visit) const {
    if (!present()) return;
    simdjson::dom::object fields;
    if (element_->get_object().get(fields) != simdjson::SUCCESS) return Fail("is not an object");
    for (const auto& [key, value] : fields)
      visit(key, JsonField(value, path_ + "." + std::string(key), *problem_));
  }

 private:
  std::optional<simdjson::dom::element> element_;
  std::string path_;
  std::string* problem_;
};

/// A parsed text. kMalformedData: it is no JSON, or longer than `most`; 3 MiB is what an API server
/// takes.
class JsonDocument {
 public:
  static constexpr std::size_t kTextMost = 3U << 20U;
  [[nodiscard]] Status Parse(std::string_view text, std::size_t most = kTextMost);

  /// Precondition: Parse() succeeded. Both must outlive the field.
  [[nodiscard]] JsonField Root(std::string& problem) const { return {root_, "", problem}; }
  [[nodiscard]] simdjson::dom::element root() const { return root_; }

 private:
  simdjson::dom::parser parser_;
  simdjson::dom::element root_;
};

}  // namespace hpaplus

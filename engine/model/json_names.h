#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "engine/model/json_fields.h"

namespace hpaplus {

/// What a text in a document means.
template <class T, std::size_t N>
using Names = std::array<std::pair<std::string_view, T>, N>;

/// Null when it is none of them.
template <class T, std::size_t N>
[[nodiscard]] std::optional<T> Named(const Names<T, N>& names, std::string_view name) {
  const auto found = std::ranges::find(names, name, &std::pair<std::string_view, T>::first);
  if (found == names.end()) return std::nullopt;
  return found->second;
}

/// A name that is none of them is a problem.
template <class T, std::size_t N>
[[nodiscard]] T OneOf(const JsonField& field, const Names<T, N>& names, T absent) {
  if (!field.present()) return absent;
  const auto value = Named(names, field.Text());
  if (!value) field.Fail("is \"" + field.Text().substr(0, 64) + "\", which is unknown");
  return value.value_or(absent);
}

}  // namespace hpaplus

#pragma once

#include <cstdint>
#include <string_view>

#include "engine/base/quantity.h"

namespace hpaplus {

/// So much of one resource, in the smallest unit that is shared out: thousandths of a core for
/// "cpu", "requests.cpu" and "limits.cpu", else whole units (bytes, objects). Never negative.
using Amount = std::int64_t;

/// Beyond this nothing is read: 72 PB, or 72 million million cores. With 16,384 claims of that size
/// every product in a share still fits 128 bits.
inline constexpr Amount kAmountMost = (Amount{1} << 56) - 1;

/// What does not fit the unit is rounded towards less, or towards more.
enum class AmountRounding { kDown, kUp };

/// Cut off at 0 and kAmountMost.
[[nodiscard]] Amount AmountOf(std::string_view resource, const Quantity& quantity,
                              AmountRounding rounding);

/// As it is written into a ResourceQuota: memory and storage in binary units where they are whole.
[[nodiscard]] Quantity QuantityOf(std::string_view resource, Amount amount);

}  // namespace hpaplus

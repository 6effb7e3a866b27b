#pragma once

#include <bit>
#include <concepts>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "engine/base/quantity.h"
#include "engine/base/shared_value.h"
#include "engine/base/time.h"
#include "engine/record/packer.h"

namespace hpaplus::record {

// One list of a struct's fields writes and reads it:
//
//     template <class A>
//     void Fields(A& a, Of<Recommendation> auto& r) { Items(a, r.replicas, r.at); }
//
// `A` is a Packer, and then the struct is const, or an Unpacker. An enum has its last enumerator in
// LastOf(). What is read is checked for its form only.

/// T or const T.
template <class S, class T>
concept Of = std::same_as<std::remove_const_t<S>, T>;

template <class A, class T>
void Item(A& a, T& item);

template <class A, class... T>
void Items(A& a, T&... items) {
  (Item(a, items), ...);
}

namespace items {

template <class T>
inline constexpr bool kIsOptional = false;
template <class T>
inline constexpr bool kIsOptional<std::optional<T>> = true;
template <class T>
inline constexpr bool kIsVector = false;
template <class T>
inline constexpr bool kIsVector<std::vector<T>> = true;
template <class T>
inline constexpr bool kIsPair = false;
template <class T, class U>
inline constexpr bool kIsPair<std::pair<T, U>> = true;
template <class T>
inline constexpr bool kIsShared = false;
template <class T>
inline constexpr bool kIsShared<SharedValue<T>> = true;
template <class T>
inline constexpr bool kIsPointer = false;
template <class T>
inline constexpr bool kIsPointer<std::shared_ptr<const T>> = true;

template <class A, class T>
void Number(A& a, T& number) {
  using V = std::remove_const_t<T>;
  if constexpr (!A::kReads) {
    a.PutInteger(static_cast<std::int64_t>(number));
  } else {
    const std::int64_t read = a.TakeInteger();
    constexpr bool kSigned = std::is_signed_v<V>;
    if constexpr (sizeof(V) < sizeof(std::int64_t)) {
      using Limits = std::numeric_limits<V>;
      const bool fits = read >= std::int64_t{Limits::min()} && read <= std::int64_t{Limits::max()};
      if (!fits) return void(a.Fail());
    }
    static_assert(kSigned || std::is_unsigned_v<V>);
    number = static_cast<V>(read);
  }
}

template <class A, class T>
void Enum(A& a, T& value) {
  using V = std::remove_const_t<T>;
  if constexpr (!A::kReads) {
    a.PutCount(static_cast<std::uint64_t>(value));
  } else {
    const std::uint64_t read = a.TakeCount();
    if (read > static_cast<std::uint64_t>(LastOf(V{}))) return void(a.Fail());
    value = static_cast<V>(read);
  }
}

// 8 bytes, whatever the value: what is written again a second later differs in few of them.
template <class A>
void Wide(A& a, auto& value) {
  using V = std::remove_const_t<std::remove_reference_t<decltype(value)>>;
  if constexpr (std::same_as<V, double>) {
    if constexpr (A::kReads) {
      value = std::bit_cast<double>(a.TakeWide());
    } else {
      a.PutWide(std::bit_cast<std::uint64_t>(value));
    }
  } else if constexpr (A::kReads) {
    value = V(Duration(static_cast<std::int64_t>(a.TakeWide())));
  } else {
    a.PutWide(static_cast<std::uint64_t>(value.time_since_epoch().count()));
  }
}

template <class A>
void Span(A& a, Of<Duration> auto& value) {
  if constexpr (A::kReads) {
    value = Duration(a.TakeInteger());
  } else {
    a.PutInteger(value.count());
  }
}

template <class A>
void Amount(A& a, Of<Quantity> auto& value) {
  if constexpr (A::kReads) {
    auto parsed = Quantity::Parse(a.TakeText());
    if (!parsed) return void(a.Fail());
    value = *std::move(parsed);
  } else {
    a.PutText(value.ToString());
  }
}

template <class A, class T>
void List(A& a, T& list) {
  if constexpr (A::kReads) {
    const std::uint64_t count = a.TakeCount();
    if (count > a.left()) return void(a.Fail());  // An element takes a byte at least.
    list.clear();
    for (std::uint64_t i = 0; i < count && !a.bad(); ++i)
      Item(a, list.emplace_back());
  } else {
    a.PutCount(list.size());
    for (const auto& element : list)
      Item(a, element);
  }
}

template <class A, class T>
void Maybe(A& a, T& maybe) {
  if constexpr (A::kReads) {
    maybe.reset();
    const std::uint8_t has = a.TakeByte();
    if (has > 1) a.Fail();
    if (has == 1) Item(a, maybe.emplace());
  } else {
    a.PutByte(maybe.has_value() ? 1 : 0);
    if (maybe) Item(a, *maybe);
  }
}

// Never null.
template <class A, class V>
void Shared(A& a, auto& shared) {
  if constexpr (A::kReads) {
    V value;
    Item(a, value);
    if constexpr (std::is_assignable_v<decltype(shared), std::shared_ptr<const V>>) {
      shared = std::make_shared<const V>(std::move(value));
    } else {
      shared = std::move(value);
    }
  } else {
    Item(a, *shared);
  }
}

}  // namespace items

template <class A, class T>
void Item(A& a, T& item) {
  using V = std::remove_const_t<T>;
  if constexpr (std::same_as<V, bool>) {
    if constexpr (A::kReads) {
      const std::uint8_t read = a.TakeByte();
      if (read > 1) a.Fail();
      item = read == 1;
    } else {
      a.PutByte(item ? 1 : 0);
    }
  } else if constexpr (std::is_enum_v<V>) {
    items::Enum(a, item);
  } else if constexpr (std::is_integral_v<V>) {
    items::Number(a, item);
  } else if constexpr (std::same_as<V, double> || std::same_as<V, Timestamp>) {
    items::Wide(a, item);
  } else if constexpr (std::same_as<V, Duration>) {
    items::Span(a, item);
  } else if constexpr (std::same_as<V, Quantity>) {
    items::Amount(a, item);
  } else if constexpr (std::same_as<V, std::string>) {
    if constexpr (A::kReads) {
      item = a.TakeText();
    } else {
      a.PutText(item);
    }
  } else if constexpr (items::kIsVector<V>) {
    items::List(a, item);
  } else if constexpr (items::kIsOptional<V>) {
    items::Maybe(a, item);
  } else if constexpr (items::kIsPair<V>) {
    Items(a, item.first, item.second);
  } else if constexpr (items::kIsShared<V> || items::kIsPointer<V>) {
    items::Shared<A, std::remove_cvref_t<decltype(*item)>>(a, item);
  } else {
    Fields(a, item);
  }
}

/// A whole thing as bytes.
template <class T>
[[nodiscard]] std::string Pack(const T& thing) {
  Packer packer;
  Item(packer, thing);
  return packer.Take();
}

/// Null: these bytes are no such thing.
template <class T>
[[nodiscard]] std::optional<T> Unpack(std::string_view bytes) {
  Unpacker unpacker(bytes);
  T thing;
  Item(unpacker, thing);
  if (unpacker.bad() || unpacker.left() > 0) return std::nullopt;
  return thing;
}

}  // namespace hpaplus::record

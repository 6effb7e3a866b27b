#pragma once

#include <memory>
#include <utility>

namespace hpaplus {

/// An immutable value that many owners share; copying it copies a pointer. Equal by value, at once
/// where it is the same one. Thread-safe as const objects are.
template <class T>
class SharedValue {
 public:
  SharedValue() {
    static const auto empty = std::make_shared<const T>();
    value_ = empty;
  }
  SharedValue(T value)  // NOLINT(google-explicit-constructor): a value is what it is.
      : value_(std::make_shared<const T>(std::move(value))) {}
  // Moving copies, so that what is moved from has a value, too.
  SharedValue(const SharedValue&) = default;
  SharedValue& operator=(const SharedValue&) = default;
  ~SharedValue() = default;

  [[nodiscard]] const T& operator*() const { return *value_; }
  [[nodiscard]] const T* operator->() const { return value_.get(); }
  /// Null never; the same address means the same value as long as somebody owns it.
  [[nodiscard]] const T* get() const { return value_.get(); }
  /// How many owners there are, at about this moment.
  [[nodiscard]] long use_count() const { return value_.use_count(); }  // NOLINT(google-runtime-int)

  friend bool operator==(const SharedValue& a, const SharedValue& b) {
    return a.value_ == b.value_ || *a.value_ == *b.value_;
  }

 private:
  std::shared_ptr<const T> value_;  // Never null.
};

}  // namespace hpaplus

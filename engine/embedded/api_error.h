#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "engine/base/check.h"
#include "engine/embedded/json.h"

namespace hpaplus::embedded {

struct StatusCause {
  std::string reason;
  std::string message;
  std::string field;
};

/// Whom a Status is about. Empty members are left out of its details.
struct Subject {
  std::string group;
  std::string kind;  // The plural or the kind, whichever a real API server names there.
  std::string name;
  std::string uid;
};

/// A refusal as an API server puts it into a metav1.Status.
struct ApiError {
  int code = 500;
  std::string reason;
  std::string message;
  std::optional<Subject> subject;  // Without one, the Status has no details.
  std::vector<StatusCause> causes;
  int retry_after_seconds = 0;
  std::string continue_token;
};

[[nodiscard]] Json StatusOf(const ApiError& error);
[[nodiscard]] Json SuccessStatus(const Subject& subject);

/// "deployments.apps", or "pods" in the core group.
[[nodiscard]] std::string Qualified(const Subject& subject);

[[nodiscard]] ApiError NotFound(const Subject& subject);
[[nodiscard]] ApiError AlreadyExists(const Subject& subject);
[[nodiscard]] ApiError Conflict(const Subject& subject, const std::string& why);
/// The conflict of a resourceVersion that is not the present one.
[[nodiscard]] ApiError Modified(const Subject& subject);
[[nodiscard]] ApiError Forbidden(const Subject& subject, const std::string& why);
/// `causes` must not be empty.
[[nodiscard]] ApiError Invalid(const Subject& subject, std::vector<StatusCause> causes);
[[nodiscard]] ApiError BadRequest(const std::string& message);
[[nodiscard]] ApiError ResourceNotServed();
[[nodiscard]] ApiError MethodNotAllowed();
[[nodiscard]] ApiError UnsupportedMediaType(const std::string& accepted);
[[nodiscard]] ApiError Unauthorized();
[[nodiscard]] ApiError Expired(const std::string& message);
[[nodiscard]] ApiError TooLargeVersion(std::uint64_t asked, std::uint64_t current);
[[nodiscard]] ApiError Internal(const std::string& message);

[[nodiscard]] StatusCause InvalidValue(const std::string& field, const Json& value,
                                       const std::string& why);
[[nodiscard]] StatusCause RequiredValue(const std::string& field, const std::string& why = "");

/// Either a T or an ApiError.
template <class T>
class [[nodiscard]] ApiResult {
 public:
  ApiResult(T value) : state_(std::in_place_index<0>, std::move(value)) {}         // NOLINT
  ApiResult(ApiError error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT

  explicit operator bool() const { return state_.index() == 0; }
  T& operator*() { return Value(); }
  T* operator->() { return &Value(); }
  [[nodiscard]] const ApiError& error() const {
    HPAPLUS_CHECK(state_.index() == 1);
    return *std::get_if<1>(&state_);
  }

 private:
  T& Value() {
    HPAPLUS_CHECK(state_.index() == 0);
    return *std::get_if<0>(&state_);
  }

  std::variant<T, ApiError> state_;
};

}  // namespace hpaplus::embedded

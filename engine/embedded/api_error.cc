#include "engine/embedded/api_error.h"

#include <nlohmann/json.hpp>

namespace hpaplus::embedded {
namespace {

std::string Quoted(const std::string& text) {
  return Dump(Json(text));
}

ApiError Named(int code, const char* reason, const Subject& subject, std::string message) {
  ApiError error;
  error.code = code;
  error.reason = reason;
  error.message = std::move(message);
  error.subject = subject;
  return error;
}

ApiError Plain(int code, const char* reason, std::string message) {
  ApiError error;
  error.code = code;
  error.reason = reason;
  error.message = std::move(message);
  return error;
}

void PutUnlessEmpty(Json& object, const char* key, const std::string& value) {
  if (!value.empty()) object[key] = value;
}

}  // namespace

Json StatusOf(const ApiError& error) {
  Json status{{"kind", "Status"}, {"apiVersion", "v1"}, {"metadata", Json::object()}};
  PutUnlessEmpty(status["metadata"], "continue", error.continue_token);
  status["status"] = "Failure";
  status["message"] = error.message;
  PutUnlessEmpty(status, "reason", error.reason);
  if (error.subject || !error.causes.empty() || error.retry_after_seconds > 0) {
    const Subject subject = error.subject.value_or(Subject{});
    Json details = Json::object();
    PutUnlessEmpty(details, "name", subject.name);
    PutUnlessEmpty(details, "group", subject.group);
    PutUnlessEmpty(details, "kind", subject.kind);
    PutUnlessEmpty(details, "uid", subject.uid);
    for (const StatusCause& cause : error.causes) {
      Json one = Json::object();
      PutUnlessEmpty(one, "reason", cause.reason);
      PutUnlessEmpty(one, "message", cause.message);
      PutUnlessEmpty(one, "field", cause.field);
      details["causes"].push_back(std::move(one));
    }
    if (error.retry_after_seconds > 0) details["retryAfterSeconds"] = error.retry_after_seconds;
    status["details"] = std::move(details);
  }
  status["code"] = error.code;
  return status;
}

Json SuccessStatus(const Subject& subject) {
  Json details = Json::object();
  PutUnlessEmpty(details, "name", subject.name);
  PutUnlessEmpty(details, "group", subject.group);
  PutUnlessEmpty(details, "kind", subject.kind);
  PutUnlessEmpty(details, "uid", subject.uid);
  return Json{{"kind", "Status"},
              {"apiVersion", "v1"},
              {"metadata", Json::object()},
              {"status", "Success"},
              {"details", std::move(details)}};
}

std::string Qualified(const Subject& subject) {
  return subject.group.empty() ? subject.kind : subject.kind + "." + subject.group;
}

ApiError NotFound(const Subject& subject) {
  return Named(404, "NotFound", subject,
               Qualified(subject) + " " + Quoted(subject.name) + " not found");
}

ApiError AlreadyExists(const Subject& subject) {
  return Named(409, "AlreadyExists", subject,
               Qualified(subject) + " " + Quoted(subject.name) + " already exists");
}

ApiError Conflict(const Subject& subject, const std::string& why) {
  return Named(409, "Conflict", subject,
               "Operation cannot be fulfilled on " + Qualified(subject) + " " +
                   Quoted(subject.name) + ": " + why);
}

ApiError Modified(const Subject& subject) {
  return Conflict(subject,
                  "the object has been modified; please apply your changes to the latest version "
                  "and try again");
}

ApiError Forbidden(const Subject& subject, const std::string& why) {
  std::string who = Qualified(subject);
  if (!subject.name.empty()) who += " " + Quoted(subject.name);
  return Named(403, "Forbidden", subject, who + " is forbidden: " + why);
}

ApiError Invalid(const Subject& subject, std::vector<StatusCause> causes) {
  std::string list;
  for (const StatusCause& cause : causes) {
    if (!list.empty()) list += ", ";
    list += cause.field + ": " + cause.message;
  }
  if (causes.size() > 1) list = "[" + list + "]";
  ApiError error = Named(422, "Invalid", subject,
                         Qualified(subject) + " " + Quoted(subject.name) + " is invalid: " + list);
  error.causes = std::move(causes);
  return error;
}

ApiError BadRequest(const std::string& message) {
  return Plain(400, "BadRequest", message);
}

ApiError ResourceNotServed() {
  return Named(404, "NotFound", Subject{}, "the server could not find the requested resource");
}

ApiError MethodNotAllowed() {
  return Named(405, "MethodNotAllowed", Subject{},
               "the server does not allow this method on the requested resource");
}

ApiError UnsupportedMediaType(const std::string& accepted) {
  return Plain(415, "UnsupportedMediaType",
               "the body of the request was in an unknown format - accepted media types include: " +
                   accepted);
}

ApiError Unauthorized() {
  return Plain(401, "Unauthorized", "Unauthorized");
}

ApiError Expired(const std::string& message) {
  return Plain(410, "Expired", message);
}

ApiError TooLargeVersion(std::uint64_t asked, std::uint64_t current) {
  ApiError error = Plain(504, "Timeout",
                         "Timeout: Too large resource version: " + std::to_string(asked) +
                             ", current: " + std::to_string(current));
  error.causes.push_back({"ResourceVersionTooLarge", "Too large resource version", ""});
  error.retry_after_seconds = 1;
  return error;
}

ApiError Internal(const std::string& message) {
  return Plain(500, "InternalError", "Internal error occurred: " + message);
}

StatusCause InvalidValue(const std::string& field, const Json& value, const std::string& why) {
  return {"FieldValueInvalid", "Invalid value: " + Dump(value) + ": " + why, field};
}

StatusCause RequiredValue(const std::string& field, const std::string& why) {
  return {"FieldValueRequired", why.empty() ? "Required value" : "Required value: " + why, field};
}

}  // namespace hpaplus::embedded

#include "engine/embedded/body.h"

#include <charconv>

#include <nlohmann/json.hpp>

#include "engine/embedded/patch.h"
#include "engine/embedded/protobuf.h"

namespace hpaplus::embedded {
namespace {

constexpr char kJson[] = "application/json";
constexpr char kProtobuf[] = "application/vnd.kubernetes.protobuf";
constexpr char kJsonPatch[] = "application/json-patch+json";
constexpr char kMergePatch[] = "application/merge-patch+json";
constexpr char kStrategicPatch[] = "application/strategic-merge-patch+json";
constexpr char kApplyPatch[] = "application/apply-patch+yaml";

ApiError Rejected() {
  ApiError error;
  error.code = 422;
  error.reason = "Invalid";
  error.message = "the server rejected our request due to an error in our request";
  error.subject = Subject{};
  return error;
}

std::string AcceptedPatches(bool strategic) {
  std::string list = std::string(kJsonPatch) + ", " + kMergePatch;
  if (strategic) list += std::string(", ") + kStrategicPatch;
  return list;
}

}  // namespace

ApiResult<ParsedJson> ReadBody(const ApiRequest& request, const std::string& kind,
                               const std::string& type) {
  if (request.content_type == kProtobuf && !type.empty()) {
    Result<std::shared_ptr<Json>> decoded = DecodeProtobuf(request.body, type);
    if (!decoded) return BadRequest(decoded.error().message);
    return ParsedJson{std::move(*decoded), {}};
  }
  if (!request.content_type.empty() && request.content_type != kJson) {
    return UnsupportedMediaType(type.empty() ? kJson : std::string(kJson) + ", " + kProtobuf);
  }
  Result<ParsedJson> parsed = ParseJson(request.body);
  if (parsed) return std::move(*parsed);
  return BadRequest("the object provided is unrecognized (must be of type " + kind +
                    "): couldn't get version/kind; json parse error: " + parsed.error().message);
}

ApiResult<Objects::Edit> ReadPatch(const ApiRequest& request, const std::string& type,
                                   bool custom) {
  const std::string& media = request.content_type;
  if (media == kApplyPatch) {
    return UnsupportedMediaType(AcceptedPatches(!custom) +
                                " (the embedded cluster has no server-side apply)");
  }
  const bool strategic = media == kStrategicPatch;
  if (strategic && custom) return UnsupportedMediaType(AcceptedPatches(false));
  if (!strategic && media != kMergePatch && media != kJsonPatch) {
    ApiError error = UnsupportedMediaType("");
    error.message = "415: Unsupported Media Type";
    error.subject = Subject{};
    return error;
  }
  Result<ParsedJson> parsed = ParseJson(request.body);
  if (!parsed) return BadRequest(parsed.error().message);
  const ObjectPtr patch = parsed->value;
  if (media != kJsonPatch && !patch->is_object()) return BadRequest("the patch is no object");
  return Objects::Edit([patch, media, type, strategic](const Json& present) -> ApiResult<Json> {
    Json edited = present;
    if (media == kMergePatch) {
      ApplyMergePatch(edited, *patch);
      return edited;
    }
    const Status status =
        strategic ? ApplyStrategicPatch(edited, *patch, type) : ApplyJsonPatch(edited, *patch);
    if (status) return edited;
    if (status.error().code == ErrorCode::kConflict) return Rejected();
    return BadRequest(status.error().message);
  });
}

ApiResult<WriteOptions> ReadWriteOptions(const ApiRequest& request) {
  WriteOptions options;
  const std::string dry_run = request.Query("dryRun");
  if (!dry_run.empty() && dry_run != "All") {
    return BadRequest("dryRun: Unsupported value: " + Dump(Json(dry_run)));
  }
  options.dry_run = dry_run == "All";
  const std::string validation = request.Query("fieldValidation");
  if (validation == "Strict") {
    options.validation = FieldValidation::kStrict;
  } else if (validation == "Ignore") {
    options.validation = FieldValidation::kIgnore;
  } else if (!validation.empty() && validation != "Warn") {
    return BadRequest("fieldValidation: Unsupported value: " + Dump(Json(validation)));
  }
  return options;
}

ApiResult<DeleteOptions> ReadDeleteOptions(const ApiRequest& request) {
  DeleteOptions options;
  Json body = Json::object();
  if (!request.body.empty()) {
    ApiResult<ParsedJson> parsed = ReadBody(request, "DeleteOptions");
    if (!parsed) return parsed.error();
    body = *parsed->value;
  }
  options.uid = Text(body, "preconditions.uid");
  options.version = Text(body, "preconditions.resourceVersion");
  options.propagation = Text(body, "propagationPolicy");
  if (options.propagation.empty()) options.propagation = request.Query("propagationPolicy");
  if (Flag(body, "orphanDependents")) options.propagation = "Orphan";
  const std::string& policy = options.propagation;
  if (!policy.empty() && policy != "Orphan" && policy != "Background" && policy != "Foreground") {
    return BadRequest("propagationPolicy: Unsupported value: " + Dump(Json(policy)));
  }
  if (const Json* grace = FindKey(body, "gracePeriodSeconds");
      grace && grace->is_number_integer()) {
    options.grace_period_seconds = grace->get<std::int64_t>();
  }
  if (const std::string text = request.Query("gracePeriodSeconds"); !text.empty()) {
    std::int64_t seconds = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (error != std::errc() || end != text.data() + text.size()) {
      return BadRequest("gracePeriodSeconds: Invalid value: " + Dump(Json(text)));
    }
    options.grace_period_seconds = seconds;
  }
  const Json* dry_run = FindKey(body, "dryRun");
  options.dry_run = request.Query("dryRun") == "All" || (dry_run != nullptr && !dry_run->empty());
  return options;
}

}  // namespace hpaplus::embedded

#include "engine/embedded/scale.h"

#include <nlohmann/json.hpp>

#include "engine/embedded/selector.h"
#include "engine/embedded/type_table.h"

namespace hpaplus::embedded {
namespace {

std::optional<ApiError> CheckScale(const Resource& resource, const ObjectKey& key, Json& scale) {
  if (const Decoded decoded = TypeTable::Builtin().Decode("Scale", scale); decoded.failure) {
    return BadRequest("Scale in version \"v1\" cannot be handled as a Scale: " + *decoded.failure);
  }
  const std::string kind = Text(scale, "kind");
  if (!kind.empty() && kind != "Scale") {
    return BadRequest(kind + " in version \"v1\" cannot be handled as a Scale");
  }
  const std::string name = Text(scale, "metadata.name");
  if (name != key.name) {
    return BadRequest("the name of the object (" + name + ") does not match the name on the URL (" +
                      key.name + ")");
  }
  const std::int64_t replicas = Int(scale, "spec.replicas");
  if (replicas < 0 && !resource.custom) {
    return Invalid({"autoscaling", "Scale", key.name, ""},
                   {InvalidValue("spec.replicas", replicas, "must be greater than or equal to 0")});
  }
  return std::nullopt;
}

}  // namespace

Json ScaleOf(const Resource& resource, const Json& object) {
  Json metadata = Json::object();
  for (const char* member : {"name", "namespace", "uid", "resourceVersion", "creationTimestamp"}) {
    if (const Json* value = Find(object, std::string("metadata.") + member)) {
      metadata[member] = *value;
    }
  }
  Json spec = Json::object();
  const std::int64_t wanted = Int(object, resource.scale->spec_replicas);
  if (wanted != 0) spec["replicas"] = wanted;  // Go's omitempty
  Json status{{"replicas", Int(object, resource.scale->status_replicas)}};
  const std::string selector =
      resource.custom ? Text(object, resource.scale->selector)
                      : LabelSelector::FromJson(Find(object, "spec.selector")).ToString();
  if (!selector.empty()) status["selector"] = selector;
  return Json{{"kind", "Scale"},
              {"apiVersion", "autoscaling/v1"},
              {"metadata", std::move(metadata)},
              {"spec", std::move(spec)},
              {"status", std::move(status)}};
}

ApiResult<Json> ModifyScale(Objects& objects, const Resource& resource, const ObjectKey& key,
                            const Objects::Edit& edit, bool dry_run) {
  const auto change = [&](const Json& present) -> ApiResult<Json> {
    ApiResult<Json> scale = edit(ScaleOf(resource, present));
    if (!scale) return scale.error();
    if (std::optional<ApiError> refusal = CheckScale(resource, key, *scale)) return *refusal;
    Json object = present;
    Set(object, resource.scale->spec_replicas, Int(*scale, "spec.replicas"));
    for (const char* member : {"metadata.resourceVersion", "metadata.uid"}) {
      const std::string value = Text(*scale, member);
      if (!value.empty()) Set(object, member, value);
    }
    return object;
  };
  WriteOptions options;
  options.dry_run = dry_run;
  options.validation = FieldValidation::kIgnore;
  ApiResult<ObjectPtr> written = objects.Modify(resource, key, change, options);
  if (!written) return written.error();
  return ScaleOf(resource, **written);
}

}  // namespace hpaplus::embedded

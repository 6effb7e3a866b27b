#include "engine/embedded/objects.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "engine/base/time.h"
#include "engine/embedded/defaults.h"
#include "engine/embedded/event_view.h"
#include "engine/embedded/type_table.h"
#include "engine/embedded/validation.h"

namespace hpaplus::embedded {
namespace {

constexpr int kNameTries = 8;
constexpr int kModifyTries = 8;

bool IsEventView(const Resource& resource) {
  return resource.type == "Event@events";
}

Json StoredEvent(const Json& event) {
  Json core = CoreEventOf(event);
  ApplyDefaults("Event", core);
  return core;
}

void FillIn(const Resource& resource, Json& object) {
  if (resource.custom) {
    resource.schema->Default(object);
  } else if (!IsEventView(resource)) {
    ApplyDefaults(resource.kind, object);
  }
}

ObjectPtr Share(Json object) {
  return std::make_shared<const Json>(std::move(object));
}

// Kinds that a client cannot update without saying which version it means.
bool NeedsVersion(const Resource& resource) {
  return resource.custom || resource.kind == "Lease" || resource.kind == "CustomResourceDefinition";
}

ApiError WrongName(const std::string& given, const std::string& expected) {
  if (given.empty()) return BadRequest("name must be provided");
  return BadRequest("the name of the object (" + given + ") does not match the name on the URL (" +
                    expected + ")");
}

bool SameAnnotations(const Json& before, const Json& after) {
  const Json* old = Find(before, "metadata.annotations");
  const Json* now = Find(after, "metadata.annotations");
  return (old == nullptr) == (now == nullptr) && (old == nullptr || SameValue(*old, *now));
}

bool SameDesire(const Resource& resource, const Json& before, const Json& after) {
  if (!resource.custom) {
    const Json* old = FindKey(before, "spec");
    const Json* now = FindKey(after, "spec");
    // What a real API server does for Deployments alone.
    if (resource.kind == "Deployment" && !SameAnnotations(before, after)) return false;
    return (old == nullptr) == (now == nullptr) && (old == nullptr || SameValue(*old, *now));
  }
  Json old = before;
  Json now = after;
  for (Json* object : {&old, &now}) {
    object->erase("metadata");
    if (resource.has_status) object->erase("status");
  }
  return SameValue(old, now);
}

std::optional<ApiError> CheckKind(const Resource& resource, Json& body) {
  if (!body.is_object())
    return BadRequest("the object provided is unrecognized (must be of type " + resource.kind +
                      "): not a JSON object");
  const std::string kind = Text(body, "kind");
  const std::string api_version = Text(body, "apiVersion");
  if (!kind.empty() && kind != resource.kind) {
    if (resource.custom) {
      return BadRequest(fmt::format(
          "the kind in the data ({}) does not match the expected kind ({})", kind, resource.kind));
    }
    return BadRequest(fmt::format(
        "{} in version \"{}\" cannot be handled as a {}: converting ({}.{}) to ({}.{}): unknown "
        "conversion",
        kind, resource.version, resource.kind, resource.version, kind,
        resource.group.substr(0, resource.group.find('.')), resource.kind));
  }
  if (!api_version.empty() && api_version != resource.api_version()) {
    return BadRequest(
        fmt::format("the API version in the data ({}) does not match the expected API version ({})",
                    api_version, resource.api_version()));
  }
  if (resource.custom && (kind.empty() || api_version.empty())) {
    return BadRequest("Object 'Kind' or 'apiVersion' is missing in the request");
  }
  Json ordered{{"kind", resource.kind}, {"apiVersion", resource.api_version()}};
  for (auto it = body.begin(); it != body.end(); ++it) {
    if (it.key() != "kind" && it.key() != "apiVersion") ordered[it.key()] = std::move(it.value());
  }
  body = std::move(ordered);
  return std::nullopt;
}

}  // namespace

Objects::Objects(Store& store, ResourceTable& resources, Clock& clock)
    : store_(store),
      resources_(resources),
      clock_(clock),
      ledger_(store),
      random_(static_cast<std::uint64_t>(clock.Now().time_since_epoch().count())) {}

std::string Objects::NewUid() {
  const MutexLock lock(random_mutex_);
  const std::uint64_t high = random_.Next();
  const std::uint64_t low = random_.Next();
  return fmt::format("{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}", high >> 32U, (high >> 16U) & 0xFFFFU,
                     high & 0xFFFU, 0x8000U | ((low >> 48U) & 0x3FFFU), low & 0xFFFFFFFFFFFFU);
}

std::string Objects::NewSuffix() {
  // Without vowels, so that no words come out.
  constexpr std::string_view kAlphabet = "bcdfghjklmnpqrstvwxz2456789";
  constexpr int kLength = 5;
  const MutexLock lock(random_mutex_);
  std::string suffix;
  for (int i = 0; i < kLength; ++i)
    suffix += kAlphabet[random_.Next() % kAlphabet.size()];
  return suffix;
}

Json Objects::QuotaUsed(const std::string& ns, const Json& hard) {
  return ledger_.Used(ns, hard);
}

ObjectPtr Objects::View(const Resource& resource, const ObjectPtr& stored) {
  if (IsEventView(resource)) return Share(NewEventOf(*stored));
  if (!resource.custom) return stored;
  const Json* api_version = FindKey(*stored, "apiVersion");
  const std::string wanted = resource.api_version();
  if (api_version != nullptr && *api_version == wanted) return stored;
  Json other = *stored;
  other["apiVersion"] = wanted;
  return Share(std::move(other));
}

ApiResult<ObjectPtr> Objects::Get(const Resource& resource, const ObjectKey& key) const {
  const ObjectPtr stored = store_.Get(key);
  if (stored == nullptr) return NotFound(resource.Named(key.name));
  return View(resource, stored);
}

std::optional<ApiError> Objects::Decode(const Resource& resource, Json& body,
                                        WriteOptions& options) const {
  if (options.trusted) return std::nullopt;
  if (std::optional<ApiError> refusal = CheckKind(resource, body)) return refusal;
  Decoded decoded;
  if (resource.custom) {
    Json metadata = body.contains("metadata") ? body["metadata"] : Json::object();
    decoded.unknown = resource.schema->Prune(body);
    const Decoded of_metadata = TypeTable::Builtin().Decode("ObjectMeta", metadata);
    decoded.failure = of_metadata.failure;
    for (const std::string& path : of_metadata.unknown) {
      decoded.unknown.push_back("metadata." + path);
    }
    body["metadata"] = std::move(metadata);
  } else {
    decoded = TypeTable::Builtin().Decode(resource.type, body);
  }
  const std::string cannot =
      fmt::format("{} in version \"{}\" cannot be handled as a {}: ", resource.kind,
                  resource.version, resource.kind);
  if (decoded.failure) return BadRequest(cannot + *decoded.failure);
  std::vector<std::string> complaints;
  for (const std::string& path : options.duplicates) {
    complaints.push_back("duplicate field \"" + path + "\"");
  }
  for (const std::string& path : decoded.unknown) {
    complaints.push_back("unknown field \"" + path + "\"");
  }
  if (complaints.empty() || options.validation == FieldValidation::kIgnore) return std::nullopt;
  if (options.validation == FieldValidation::kStrict) {
    std::string list;
    for (const std::string& complaint : complaints)
      list += (list.empty() ? "" : ", ") + complaint;
    return BadRequest(cannot + "strict decoding error: " + list);
  }
  options.warnings.insert(options.warnings.end(), complaints.begin(), complaints.end());
  return std::nullopt;
}

std::optional<ApiError> Objects::CheckNamespace(const Resource& resource, const std::string& ns,
                                                const std::string& name) const {
  if (!resource.namespaced) return std::nullopt;
  const ObjectPtr found = store_.Get({"/namespaces", "", ns});
  if (found == nullptr) return NotFound({"", "namespaces", ns, ""});
  if (Text(*found, "status.phase") != "Terminating") return std::nullopt;
  ApiError error = Forbidden(resource.Named(name), "unable to create new content in namespace " +
                                                       ns + " because it is being terminated");
  error.causes.push_back(
      {"NamespaceTerminating", "namespace " + ns + " is being terminated", "metadata.namespace"});
  return error;
}

void Objects::SetSystemMetadata(const Resource& resource, const std::string& ns, Json& object) {
  Json old = ObjectAt(object, "metadata");
  Json metadata = Json::object();
  metadata["name"] = Text(old, "name");
  if (FindKey(old, "generateName") != nullptr) metadata["generateName"] = old["generateName"];
  if (resource.namespaced) metadata["namespace"] = ns;
  metadata["uid"] = NewUid();
  metadata["resourceVersion"] = "";
  if (resource.has_generation) metadata["generation"] = 1;
  metadata["creationTimestamp"] = FormatRfc3339(clock_.Now());
  for (const char* member : {"labels", "annotations", "ownerReferences", "finalizers"}) {
    const Json* value = FindKey(old, member);
    if (value != nullptr && !value->empty()) metadata[member] = *value;
  }
  object["metadata"] = std::move(metadata);
}

ApiResult<ObjectPtr> Objects::Create(const Resource& resource, const std::string& ns, Json body,
                                     WriteOptions& options) {
  if (std::optional<ApiError> refusal = Decode(resource, body, options)) return *refusal;
  const std::string given_ns = Text(body, "metadata.namespace");
  if (resource.namespaced && !given_ns.empty() && given_ns != ns) {
    return BadRequest(
        "the namespace of the provided object does not match the namespace sent on the request");
  }
  const std::string name = Text(body, "metadata.name");
  const std::string prefix = Text(body, "metadata.generateName");
  if (std::optional<ApiError> refusal = CheckNamespace(resource, ns, name)) return *refusal;
  if (!Text(body, "metadata.resourceVersion").empty()) {
    return Internal("resourceVersion should not be set on objects to be created");
  }
  SetSystemMetadata(resource, ns, body);
  if (resource.has_status && !options.trusted) body.erase("status");
  for (int attempt = 0;; ++attempt) {
    Json object = body;
    if (name.empty() && !prefix.empty()) object["metadata"]["name"] = prefix + NewSuffix();
    FillIn(resource, object);
    const std::string final_name = Text(object, "metadata.name");
    std::vector<StatusCause> causes;
    if (!options.trusted) causes = Validate(resource, object, nullptr);
    if (!causes.empty()) {
      Subject subject = resource.NamedKind(final_name);
      if (IsEventView(resource)) subject.group.clear();
      return Invalid(subject, std::move(causes));
    }
    if (resource.custom && resource.schema->has_unchecked_rules()) {
      options.warnings.push_back(
          "the embedded cluster does not evaluate the x-kubernetes-validations of " +
          resource.plural + "." + resource.group);
    }
    if (IsEventView(resource)) object = StoredEvent(object);
    ApiResult<ObjectPtr> created =
        Admit(resource, {resource.storage, ns, final_name}, std::move(object), options.dry_run);
    if (created) return View(resource, *created);
    const bool again = created.error().reason == "AlreadyExists" && name.empty();
    if (!again || attempt >= kNameTries) return created;
  }
}

ApiResult<ObjectPtr> Objects::Admit(const Resource& resource, const ObjectKey& key, Json object,
                                    bool dry_run) {
  const MutexLock lock(admission_mutex_);
  if (std::optional<ApiError> refusal = ledger_.Refusal(resource, key.ns, object)) return *refusal;
  if (dry_run) {
    if (store_.Get(key) != nullptr) return AlreadyExists(resource.Named(key.name));
    Remove(object, "metadata.resourceVersion");
    return Share(std::move(object));
  }
  Result<ObjectPtr> stored = store_.Create(key, std::move(object));
  if (stored) return std::move(*stored);
  if (stored.error().code == ErrorCode::kConflict) return AlreadyExists(resource.Named(key.name));
  return Internal(stored.error().message);
}

ApiResult<ObjectPtr> Objects::Update(const Resource& resource, const ObjectKey& key, Json body,
                                     WriteOptions& options) {
  const ObjectPtr first = store_.Get(key);
  if (std::optional<ApiError> refusal = Decode(resource, body, options)) return *refusal;
  if (const std::string name = Text(body, "metadata.name"); name != key.name) {
    return WrongName(name, key.name);
  }
  if (first == nullptr) return NotFound(resource.Named(key.name));
  const bool versioned = !Text(body, "metadata.resourceVersion").empty();
  if (!versioned && NeedsVersion(resource)) {
    return Invalid(resource.Named(key.name), {InvalidValue("metadata.resourceVersion", 0,
                                                           "must be specified for an update")});
  }
  for (int attempt = 0;; ++attempt) {
    const ObjectPtr present = store_.Get(key);
    if (present == nullptr) return NotFound(resource.Named(key.name));
    ApiResult<ObjectPtr> written = Write(resource, key, present, body, options);
    const bool again = !written && written.error().code == 409 && !versioned;
    if (!again || attempt >= kModifyTries) return written;
  }
}

ApiResult<ObjectPtr> Objects::Modify(const Resource& resource, const ObjectKey& key,
                                     const Edit& edit, WriteOptions& options) {
  for (int attempt = 0;; ++attempt) {
    const ObjectPtr stored = store_.Get(key);
    if (stored == nullptr) return NotFound(resource.Named(key.name));
    const ObjectPtr present = View(resource, stored);
    ApiResult<Json> edited = edit(*present);
    if (!edited) return edited.error();
    if (const std::string name = Text(*edited, "metadata.name"); name != key.name) {
      return WrongName(name, key.name);
    }
    options.warnings.clear();
    if (std::optional<ApiError> refusal = Decode(resource, *edited, options)) return *refusal;
    const bool pinned = VersionOf(*edited) != VersionOf(*present);
    ApiResult<ObjectPtr> written = Write(resource, key, stored, std::move(*edited), options);
    const bool again = !written && written.error().reason == "Conflict" && !pinned;
    if (!again || attempt >= kModifyTries) return written;
  }
}

ApiResult<ObjectPtr> Objects::Write(const Resource& resource, const ObjectKey& key,
                                    const ObjectPtr& before, Json body, WriteOptions& options) {
  const ObjectPtr shown = View(resource, before);
  const Subject subject = resource.Named(key.name);
  const std::string version = Text(body, "metadata.resourceVersion");
  if (!version.empty() && version != Text(*before, "metadata.resourceVersion")) {
    return Modified(subject);
  }
  const std::string uid = Text(body, "metadata.uid");
  if (const std::string real = Text(*before, "metadata.uid"); !uid.empty() && uid != real) {
    return Conflict(subject, "Precondition failed: UID in precondition: " + uid +
                                 ", UID in object meta: " + real);
  }
  Json object = options.status ? *shown : std::move(body);
  if (options.status) {
    object.erase("status");
    if (const Json* status = FindKey(body, "status")) object["status"] = *status;
  } else if (resource.has_status) {
    object.erase("status");
    if (const Json* status = FindKey(*shown, "status")) object["status"] = *status;
  }
  Json& metadata = ObjectAt(object, "metadata");
  metadata.erase("managedFields");
  for (const char* member : {"labels", "annotations", "ownerReferences", "finalizers"}) {
    const Json* value = FindKey(metadata, member);
    if (value != nullptr && value->empty()) metadata.erase(member);
  }
  for (const char* member :
       {"name", "namespace", "uid", "resourceVersion", "generation", "creationTimestamp",
        "deletionTimestamp", "deletionGracePeriodSeconds"}) {
    metadata.erase(member);
    const Json* value = Find(*shown, std::string("metadata.") + member);
    if (value != nullptr) metadata[member] = *value;
  }
  FillIn(resource, object);
  if (!options.trusted) {
    std::vector<StatusCause> causes = Validate(resource, object, shown.get());
    if (!causes.empty()) return Invalid(resource.NamedKind(key.name), std::move(causes));
  }
  if (resource.has_generation && !SameDesire(resource, *shown, object)) {
    object["metadata"]["generation"] = Int(*shown, "metadata.generation") + 1;
  }
  if (SameValue(object, *shown)) return shown;
  if (IsEventView(resource)) object = StoredEvent(object);
  if (options.dry_run) return View(resource, Share(std::move(object)));
  const Json* finalizers = Find(object, "metadata.finalizers");
  const bool gone = Find(object, "metadata.deletionTimestamp") != nullptr &&
                    Find(*before, "metadata.finalizers") != nullptr &&
                    (finalizers == nullptr || finalizers->empty());
  Result<ObjectPtr> stored = gone ? store_.Delete(key, VersionOf(*before))
                                  : store_.Update(key, VersionOf(*before), std::move(object));
  if (stored) return View(resource, *stored);
  if (stored.error().code == ErrorCode::kNotFound) return NotFound(subject);
  return Modified(subject);
}

}  // namespace hpaplus::embedded

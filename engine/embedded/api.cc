#include "engine/embedded/api.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "engine/base/log.h"
#include "engine/embedded/body.h"
#include "engine/embedded/discovery.h"
#include "engine/embedded/scale.h"

namespace hpaplus::embedded {
namespace {

constexpr char kPlainText[] = "text/plain; charset=utf-8";
constexpr char kAggregatedType[] =
    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

ApiResponse Answer(const ApiError& error) {
  ApiResponse response;
  response.status = error.code;
  response.body = Dump(StatusOf(error));
  if (error.retry_after_seconds > 0) {
    response.headers.emplace_back("Retry-After", std::to_string(error.retry_after_seconds));
  }
  return response;
}

ApiResponse Answer(const Json& body, int status = 200) {
  ApiResponse response;
  response.status = status;
  response.body = Dump(body);
  return response;
}

ApiResponse PageNotFound() {
  return {404, kPlainText, {}, "404 page not found\n", nullptr};
}

void AddWarnings(const WriteOptions& options, ApiResponse& response) {
  for (const std::string& warning : options.warnings) {
    response.headers.emplace_back("Warning", "299 - " + Dump(Json(warning)));
  }
}

ApiError NotAcceptable() {
  ApiError error;
  error.code = 406;
  error.reason = "NotAcceptable";
  error.message = "406: Not Acceptable\n\nAvailable representations: application/json";
  error.subject = Subject{};
  return error;
}

ApiError FailureOf(int status) {
  ApiError error;
  error.code = status;
  error.message = "the embedded cluster was told to fail";
  error.reason = "InternalError";
  if (status == 409) error.reason = "Conflict";
  if (status == 429) error.reason = "TooManyRequests";
  if (status == 503) error.reason = "ServiceUnavailable";
  if (status == 504) error.reason = "Timeout";
  if (status == 429 || status == 503) error.retry_after_seconds = 1;
  return error;
}

bool IsHealthPath(const std::string& path) {
  for (const char* health : {"/healthz", "/readyz", "/livez"}) {
    if (path == health || path.starts_with(std::string(health) + "/")) return true;
  }
  return false;
}

}  // namespace

ApiResponse Api::Handle(const ApiRequest& request, const std::string& authorization) {
  try {
    const bool known = token_.empty() || authorization == "Bearer " + token_;
    if (!known && !IsHealthPath(request.path)) return Answer(Unauthorized());
    return Route(request);
  } catch (const std::exception& error) {
    HPAPLUS_LOG(kError, "embedded cluster: request failed",
                {{"method", request.method}, {"path", request.path}, {"what", error.what()}});
    return Answer(Internal(error.what()));
  }
}

void Api::FailNext(int count, int status) {
  const MutexLock lock(mutex_);
  failures_left_ = count;
  failure_status_ = status;
}

std::optional<ApiResponse> Api::TakeFailure() {
  const MutexLock lock(mutex_);
  if (failures_left_ <= 0) return std::nullopt;
  --failures_left_;
  return Answer(FailureOf(failure_status_));
}

ApiResponse Api::Route(const ApiRequest& request) {
  if (IsHealthPath(request.path)) return {200, kPlainText, {}, "ok", nullptr};
  if (std::optional<ApiResponse> document = Discover(request)) return std::move(*document);
  const Result<ResourcePath> path = ParseResourcePath(request.path);
  if (!path) return PageNotFound();
  if (std::optional<ApiResponse> failure = TakeFailure()) return std::move(*failure);
  if (path->group == "metrics.k8s.io") return Metrics(*path, request);
  return ServeResource(*path, request);
}

std::optional<ApiResponse> Api::Discover(const ApiRequest& request) {
  const ResourceTable& resources = objects_.resources();
  std::string path = request.path;
  if (path.size() > 1 && path.ends_with('/')) path.pop_back();
  if (path == "/version") return Answer(VersionDocument());
  if (path == "/api" || path == "/apis") {
    const bool core = path == "/api";
    if (AcceptsAggregatedDiscovery(request.accept)) {
      ApiResponse response = Answer(AggregatedDocument(resources, core));
      response.content_type = kAggregatedType;
      return response;
    }
    return Answer(core ? ApiVersionsDocument(request.host) : GroupListDocument(resources));
  }
  const std::vector<std::string> parts = Split(std::string_view(path).substr(1), '/');
  std::optional<Json> document;
  if (parts[0] == "openapi") {
    if (parts.size() < 2 || parts[1] != "v3") return PageNotFound();
    if (parts.size() == 2) return Answer(OpenApiIndexDocument(resources));
    if (parts.size() == 4) document = OpenApiDocument(resources, "", parts[3]);
    if (parts.size() == 5) document = OpenApiDocument(resources, parts[3], parts[4]);
  } else if (parts[0] == "api" && parts.size() == 2) {
    document = ResourceListDocument(resources, "", parts[1]);
  } else if (parts[0] == "apis" && parts.size() == 2) {
    document = GroupDocument(resources, parts[1]);
  } else if (parts[0] == "apis" && parts.size() == 3) {
    document = ResourceListDocument(resources, parts[1], parts[2]);
  } else {
    return std::nullopt;
  }
  return document ? Answer(*document) : PageNotFound();
}

ApiResponse Api::Metrics(const ResourcePath& path, const ApiRequest& request) {
  if (path.version != "v1beta1" || !path.subresource.empty()) return PageNotFound();
  if (request.method != "GET") return Answer(MethodNotAllowed());
  if (path.plural == "nodes" && path.name.empty()) return Answer(metrics_.Nodes());
  if (path.plural != "pods") return Answer(ResourceNotServed());
  if (!path.name.empty()) {
    const std::optional<Json> one = metrics_.Get(path.ns, path.name);
    if (one) return Answer(*one);
    return Answer(NotFound({"metrics.k8s.io", "podmetrics", path.ns + "/" + path.name, ""}));
  }
  const Result<LabelSelector> selector = LabelSelector::Parse(request.Query("labelSelector"));
  if (!selector) return Answer(BadRequest(selector.error().message));
  return Answer(metrics_.List(path.ns, *selector));
}

ApiResponse Api::ServeResource(const ResourcePath& path, const ApiRequest& request) {
  const ResourceTable& resources = objects_.resources();
  if (path.group == "authorization.k8s.io" && path.plural == "selfsubjectaccessreviews" &&
      request.method == "POST") {
    ApiResult<ParsedJson> review = ReadBody(request, "SelfSubjectAccessReview");
    if (!review) return Answer(review.error());
    // Whoever gets in may do everything.
    Json answer = *review->value;
    Set(answer, "status", Json{{"allowed", true}});
    return Answer(answer, 201);
  }
  const ResourcePtr resource = resources.Find(path.group, path.version, path.plural);
  if (resource == nullptr) {
    if (ResourceListDocument(resources, path.group, path.version)) {
      return Answer(ResourceNotServed());
    }
    return PageNotFound();
  }
  const bool misplaced =
      resource->namespaced ? path.ns.empty() && !path.name.empty() : !path.ns.empty();
  if (misplaced) return Answer(ResourceNotServed());
  if (NegotiateRepresentation(request.accept) == Representation::kNone) {
    return Answer(NotAcceptable());
  }
  if (path.name.empty()) return Collection(resource, path, request);
  if (path.subresource.empty()) return One(resource, path, request);
  return Subresource(resource, path, request);
}

ApiResponse Api::Collection(const ResourcePtr& resource, const ResourcePath& path,
                            const ApiRequest& request) {
  if (request.method == "GET") {
    if (!request.QueryFlag("watch")) {
      ApiResult<std::string> body = reader_.List(resource, path.ns, request);
      if (!body) return Answer(body.error());
      ApiResponse response;
      response.body = std::move(*body);
      return response;
    }
    ApiResult<std::unique_ptr<Watch>> watch = reader_.StartWatch(resource, path.ns, "", request);
    if (!watch) return Answer(watch.error());
    ApiResponse response;
    response.watch = std::move(*watch);
    return response;
  }
  const bool everywhere = resource->namespaced && path.ns.empty();
  if (request.method == "POST" && !everywhere) return Create(*resource, path.ns, request);
  const bool deletable = !everywhere && resource->kind != "Namespace";
  if (request.method == "DELETE" && deletable) {
    return DeleteCollection(*resource, path.ns, request);
  }
  return Answer(MethodNotAllowed());
}

ApiResponse Api::One(const ResourcePtr& resource, const ResourcePath& path,
                     const ApiRequest& request) {
  const ObjectKey key{resource->storage, path.ns, path.name};
  if (request.method == "GET" && request.QueryFlag("watch")) {
    ApiResult<std::unique_ptr<Watch>> watch =
        reader_.StartWatch(resource, path.ns, path.name, request);
    if (!watch) return Answer(watch.error());
    ApiResponse response;
    response.watch = std::move(*watch);
    return response;
  }
  if (request.method == "GET") {
    ApiResult<ObjectPtr> object = objects_.Get(*resource, key);
    if (!object) return Answer(object.error());
    ApiResponse response;
    response.body = reader_.Show(*resource, **object, request);
    return response;
  }
  if (request.method == "PUT") return Put(*resource, key, request);
  if (request.method == "PATCH") return Patch(*resource, key, request);
  if (request.method == "DELETE") return Delete(*resource, key, request);
  return Answer(MethodNotAllowed());
}

ApiResponse Api::Subresource(const ResourcePtr& resource, const ResourcePath& path,
                             const ApiRequest& request) {
  const ObjectKey key{resource->storage, path.ns, path.name};
  if (path.subresource == "scale" && resource->scale) return Scale(*resource, key, request);
  if (path.subresource == "eviction" && resource->kind == "Pod") {
    return Evict(*resource, key, request);
  }
  const bool finalize = path.subresource == "finalize" && resource->kind == "Namespace";
  if (finalize && request.method == "PUT") return Put(*resource, key, request);
  if (path.subresource != "status" || !resource->has_status) return Answer(ResourceNotServed());
  if (request.method == "GET") {
    ApiResult<ObjectPtr> object = objects_.Get(*resource, key);
    return object ? Answer(**object) : Answer(object.error());
  }
  if (request.method == "PUT") return Put(*resource, key, request);
  if (request.method == "PATCH") return Patch(*resource, key, request);
  return Answer(MethodNotAllowed());
}

ApiResponse Api::Create(const Resource& resource, const std::string& ns,
                        const ApiRequest& request) {
  ApiResult<WriteOptions> options = ReadWriteOptions(request);
  if (!options) return Answer(options.error());
  ApiResult<ParsedJson> body = ReadBody(request, resource.kind, resource.type);
  if (!body) return Answer(body.error());
  options->duplicates = std::move(body->duplicates);
  ApiResult<ObjectPtr> created = objects_.Create(resource, ns, std::move(*body->value), *options);
  ApiResponse response = created ? Answer(**created, 201) : Answer(created.error());
  AddWarnings(*options, response);
  return response;
}

ApiResponse Api::Put(const Resource& resource, const ObjectKey& key, const ApiRequest& request) {
  ApiResult<WriteOptions> options = ReadWriteOptions(request);
  if (!options) return Answer(options.error());
  ApiResult<ParsedJson> body = ReadBody(request, resource.kind, resource.type);
  if (!body) return Answer(body.error());
  options->duplicates = std::move(body->duplicates);
  options->status = request.path.ends_with("/status");
  ApiResult<ObjectPtr> written = objects_.Update(resource, key, std::move(*body->value), *options);
  ApiResponse response = written ? Answer(**written) : Answer(written.error());
  AddWarnings(*options, response);
  return response;
}

ApiResponse Api::Patch(const Resource& resource, const ObjectKey& key, const ApiRequest& request) {
  ApiResult<WriteOptions> options = ReadWriteOptions(request);
  if (!options) return Answer(options.error());
  ApiResult<Objects::Edit> edit = ReadPatch(request, resource.type, resource.custom);
  if (!edit) return Answer(edit.error());
  options->status = request.path.ends_with("/status");
  ApiResult<ObjectPtr> written = objects_.Modify(resource, key, *edit, *options);
  ApiResponse response = written ? Answer(**written) : Answer(written.error());
  AddWarnings(*options, response);
  return response;
}

ApiResponse Api::Delete(const Resource& resource, const ObjectKey& key, const ApiRequest& request) {
  ApiResult<DeleteOptions> options = ReadDeleteOptions(request);
  if (!options) return Answer(options.error());
  ApiResult<Deletion> deletion = objects_.Delete(resource, key, *options);
  if (!deletion) return Answer(deletion.error());
  if (!deletion->finished) return Answer(*deletion->object);
  Subject subject = resource.Named(key.name);
  subject.uid = Text(*deletion->object, "metadata.uid");
  return Answer(SuccessStatus(subject));
}

ApiResponse Api::DeleteCollection(const Resource& resource, const std::string& ns,
                                  const ApiRequest& request) {
  ApiResult<DeleteOptions> options = ReadDeleteOptions(request);
  if (!options) return Answer(options.error());
  ApiResult<std::vector<ObjectPtr>> selected = reader_.Select(resource, ns, request);
  if (!selected) return Answer(selected.error());
  Json items = Json::array();
  for (const ObjectPtr& object : *selected) {
    const ObjectKey key{resource.storage, ns, Text(*object, "metadata.name")};
    ApiResult<Deletion> deletion = objects_.Delete(resource, key, *options);
    if (!deletion && deletion.error().code != 404) return Answer(deletion.error());
    if (!deletion) continue;
    Json item = *deletion->object;
    if (!resource.custom) {
      item.erase("kind");
      item.erase("apiVersion");
    }
    items.push_back(std::move(item));
  }
  return Answer(
      Json{{"kind", resource.list_kind},
           {"apiVersion", resource.api_version()},
           {"metadata", {{"resourceVersion", std::to_string(objects_.store().version())}}},
           {"items", std::move(items)}});
}

ApiResponse Api::Scale(const Resource& resource, const ObjectKey& key, const ApiRequest& request) {
  if (request.method == "GET") {
    ApiResult<ObjectPtr> object = objects_.Get(resource, key);
    return object ? Answer(ScaleOf(resource, **object)) : Answer(object.error());
  }
  ApiResult<WriteOptions> options = ReadWriteOptions(request);
  if (!options) return Answer(options.error());
  Objects::Edit edit;
  if (request.method == "PUT") {
    ApiResult<ParsedJson> body = ReadBody(request, "Scale");
    if (!body) return Answer(body.error());
    const ObjectPtr scale = body->value;
    edit = [scale](const Json& /*present*/) -> ApiResult<Json> { return *scale; };
  } else if (request.method == "PATCH") {
    ApiResult<Objects::Edit> patch = ReadPatch(request, "Scale", resource.custom);
    if (!patch) return Answer(patch.error());
    edit = std::move(*patch);
  } else {
    return Answer(MethodNotAllowed());
  }
  ApiResult<Json> scale = ModifyScale(objects_, resource, key, edit, options->dry_run);
  return scale ? Answer(*scale) : Answer(scale.error());
}

ApiResponse Api::Evict(const Resource& resource, const ObjectKey& key, const ApiRequest& request) {
  if (request.method != "POST") return Answer(MethodNotAllowed());
  ApiResult<ParsedJson> body = ReadBody(request, "Eviction");
  if (!body) return Answer(body.error());
  DeleteOptions options;
  const Json* grace = Find(*body->value, "deleteOptions.gracePeriodSeconds");
  if (grace != nullptr && grace->is_number_integer()) {
    options.grace_period_seconds = grace->get<std::int64_t>();
  }
  ApiResult<Deletion> deletion = objects_.Delete(resource, key, options);
  if (!deletion) return Answer(deletion.error());
  Json status = SuccessStatus({});
  status.erase("details");
  status["code"] = 201;
  return Answer(status, 201);
}

}  // namespace hpaplus::embedded

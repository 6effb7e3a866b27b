#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/mutex.h"
#include "engine/embedded/api_error.h"
#include "engine/embedded/list.h"
#include "engine/embedded/objects.h"
#include "engine/embedded/pod_metrics.h"
#include "engine/embedded/request.h"

namespace hpaplus::embedded {

struct ApiResponse {
  int status = 200;
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::unique_ptr<Watch> watch;  // When set, the body is what it says, line by line.
};

/// Answers requests as an API server does, with no HTTP in sight. Thread-safe.
class Api {
 public:
  /// All must outlive this. An empty `token` lets everybody in.
  Api(Objects& objects, Reader& reader, const PodMetrics& metrics, std::string token)
      : objects_(objects), reader_(reader), metrics_(metrics), token_(std::move(token)) {}

  /// `authorization` is that header.
  ApiResponse Handle(const ApiRequest& request, const std::string& authorization);

  /// The next `count` requests to resources are refused with this HTTP status.
  void FailNext(int count, int status);

 private:
  ApiResponse Route(const ApiRequest& request);
  std::optional<ApiResponse> Discover(const ApiRequest& request);
  ApiResponse Metrics(const ResourcePath& path, const ApiRequest& request);
  ApiResponse ServeResource(const ResourcePath& path, const ApiRequest& request);
  ApiResponse Collection(const ResourcePtr& resource, const ResourcePath& path,
                         const ApiRequest& request);
  ApiResponse One(const ResourcePtr& resource, const ResourcePath& path, const ApiRequest& request);
  ApiResponse Subresource(const ResourcePtr& resource, const ResourcePath& path,
                          const ApiRequest& request);
  ApiResponse Create(const Resource& resource, const std::string& ns, const ApiRequest& request);
  ApiResponse Put(const Resource& resource, const ObjectKey& key, const ApiRequest& request);
  ApiResponse Patch(const Resource& resource, const ObjectKey& key, const ApiRequest& request);
  ApiResponse Delete(const Resource& resource, const ObjectKey& key, const ApiRequest& request);
  ApiResponse DeleteCollection(const Resource& resource, const std::string& ns,
                               const ApiRequest& request);
  ApiResponse Scale(const Resource& resource, const ObjectKey& key, const ApiRequest& request);
  ApiResponse Evict(const Resource& resource, const ObjectKey& key, const ApiRequest& request);
  std::optional<ApiResponse> TakeFailure();

  Objects& objects_;
  Reader& reader_;
  const PodMetrics& metrics_;
  const std::string token_;

  Mutex mutex_;
  int failures_left_ HPAPLUS_GUARDED_BY(mutex_) = 0;
  int failure_status_ HPAPLUS_GUARDED_BY(mutex_) = 0;
};

}  // namespace hpaplus::embedded

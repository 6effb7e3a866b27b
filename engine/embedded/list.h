#pragma once

#include <memory>
#include <optional>
#include <string>

#include "engine/embedded/api_error.h"
#include "engine/embedded/request.h"
#include "engine/embedded/resource.h"
#include "engine/embedded/selector.h"
#include "engine/embedded/store.h"
#include "engine/embedded/watch.h"
#include "engine/ports/clock.h"

namespace hpaplus::embedded {

struct ReadLimits {
  Duration future_version_wait = std::chrono::seconds(3);
  Duration bookmark_interval = std::chrono::minutes(1);
  Duration watch_timeout = std::chrono::minutes(30);
};

/// Serves lists and watches: query parameters, versions, pages, forms. Thread-safe.
class Reader {
 public:
  /// `store` and `clock` must outlive this.
  Reader(Store& store, Clock& clock, const ReadLimits& limits)
      : store_(store), clock_(clock), limits_(limits) {}

  /// The body of the answer.
  ApiResult<std::string> List(const ResourcePtr& resource, const std::string& ns,
                              const ApiRequest& request);

  ApiResult<std::unique_ptr<Watch>> StartWatch(const ResourcePtr& resource, const std::string& ns,
                                               const std::string& name, const ApiRequest& request);

  /// The body for one object in the form the client wants.
  [[nodiscard]] std::string Show(const Resource& resource, const Json& object,
                                 const ApiRequest& request);

  /// What the selectors of a request select, now.
  ApiResult<std::vector<ObjectPtr>> Select(const Resource& resource, const std::string& ns,
                                           const ApiRequest& request);

 private:
  struct Page {
    Listing listing;
    std::string start;  // "namespace/name" of the first object.
    std::string next;   // Token for the next page.
    std::optional<std::size_t> remaining;
  };

  ApiResult<Page> ListPage(const Resource& resource, const std::string& ns,
                           const ApiRequest& request);
  ApiResult<Listing> ListAt(const Resource& resource, const std::string& ns,
                            const ApiRequest& request);
  std::optional<ApiError> AwaitVersion(std::uint64_t version);
  std::string Render(const Resource& resource, const Page& page, const ApiRequest& request);

  Store& store_;
  Clock& clock_;
  const ReadLimits limits_;
};

}  // namespace hpaplus::embedded

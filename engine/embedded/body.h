#pragma once

#include <string>

#include "engine/embedded/api_error.h"
#include "engine/embedded/json.h"
#include "engine/embedded/objects.h"
#include "engine/embedded/request.h"
#include "engine/embedded/resource.h"

namespace hpaplus::embedded {

// What requests carry, read.

/// The body as JSON; `kind` is what was expected, for the message. With a `type` of the type table
/// it may be protobuf too.
[[nodiscard]] ApiResult<ParsedJson> ReadBody(const ApiRequest& request, const std::string& kind,
                                             const std::string& type = "");

/// What a PATCH does to an object, by its Content-Type. `type` is the type for strategic merge
/// patches; empty where those are not taken.
[[nodiscard]] ApiResult<Objects::Edit> ReadPatch(const ApiRequest& request, const std::string& type,
                                                 bool custom);

/// dryRun and fieldValidation.
[[nodiscard]] ApiResult<WriteOptions> ReadWriteOptions(const ApiRequest& request);

/// From the body and the query.
[[nodiscard]] ApiResult<DeleteOptions> ReadDeleteOptions(const ApiRequest& request);

}  // namespace hpaplus::embedded

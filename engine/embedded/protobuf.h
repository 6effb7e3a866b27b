#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "engine/embedded/json.h"

namespace hpaplus::embedded {

/// What kubectl sends when it makes an object from flags: application/vnd.kubernetes.protobuf, an
/// envelope around a message of a built-in type ("Deployment"). As the JSON that it stands for.
/// kMalformedData says what is wrong with it.
[[nodiscard]] Result<std::shared_ptr<Json>> DecodeProtobuf(std::string_view body,
                                                           const std::string& type);

}  // namespace hpaplus::embedded

#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "engine/base/result.h"
#include "engine/ports/http_service.h"

namespace hpaplus {

/// A request's head in front of its body.
struct ParsedHead {
  HttpHead head;         // Views of the bytes.
  std::size_t size = 0;  // Of the head with the empty line.
  bool keep_alive = true;
  bool expects_continue = false;
};

/// The head at the beginning of `bytes`, or nothing as long as its end is not there. Only HTTP/1.1
/// and 1.0; strict, as what one reader takes for two requests and another for one is how requests
/// are smuggled: CRLF alone ends a line, names have no spaces, a length is given once, and in
/// digits. kMalformedData says what is wrong. A body in chunks is kInvalidArgument: how much there
/// is to come has to be known before it is taken.
[[nodiscard]] Result<std::optional<ParsedHead>> ParseHttpHead(std::string_view bytes);

}  // namespace hpaplus

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "engine/model/metric_spec.h"
#include "engine/model/source_document.h"

namespace hpaplus {

/// spec.http of a source: how a business monitor is asked, and what it answers.
struct HttpSource {
  std::optional<DocumentFormat> format;  // Null: what the answer's content type says.
  bool post = false;                     // Otherwise GET.
  std::string body;                      // With post.
  std::string body_type;                 // Its content type.

  /// Instead of an endpoint: every ready pod of the source's namespace that the selector matches.
  struct Pods {
    enum class Combine { kSum, kAverage, kMax, kMin };
    LabelSelector selector;
    std::uint16_t port = 0;
    bool tls = false;
    std::string path = "/";  // With its query string.
    Combine combine = Combine::kSum;
    std::optional<std::size_t> min_answers;  // Null: all of them.
    bool operator==(const Pods&) const = default;
  };
  std::optional<Pods> pods;
  bool operator==(const HttpSource&) const = default;
};

}  // namespace hpaplus

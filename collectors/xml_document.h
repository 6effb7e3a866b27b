#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/document.h"

namespace hpaplus::collectors {

inline constexpr std::size_t kXmlNodesMost = 200'000;  // Elements, attributes and texts, about.
inline constexpr std::size_t kXmlDepthMost = 64;

/// ReadDocument() for XML. A path begins with the root element; a step is the name of an element,
/// prefix included, or, as the last one, "@name" for an attribute. An index or "[*]" chooses among
/// the elements of that name: "stats.shard[*].@busy". The number is the attribute, or the text of
/// an element without elements, without the blanks around it.
///
/// A DTD is refused, so there are no entities but XML's own five and characters. Also refused: more
/// than one root, more nodes or levels than the limits.
[[nodiscard]] std::vector<DocumentValues> ReadXmlValues(std::string_view body,
                                                        std::span<const std::string> queries,
                                                        Timestamp at);

}  // namespace hpaplus::collectors

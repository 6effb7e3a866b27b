#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/model/reading.h"
#include "engine/model/source_document.h"

namespace hpaplus::collectors {

/// What a document says to one query: a number, or none where a wildcard leads to nothing.
using DocumentValues = Result<std::vector<ScalarSample>>;

/// Reads numbers out of a document: one result per query, in order. `at` is their time: a document
/// says nothing about its own age.
///
/// kJson, kYaml, kXml: a query is a path, see ParseValuePath(). kNumber: it is "value".
///
/// A number is one of the document's language, or a string that is a number or a Kubernetes
/// quantity and nothing else ("12", "1.5k"). Anything else at the path, or nothing there, or a name
/// that occurs twice where one is wanted, is kMalformedData naming the path and what was found; one
/// wrong element makes an aggregation wrong. A document that is not well-formed to its end, or goes
/// beyond the limits of its reader, is none: every result says so.
[[nodiscard]] std::vector<DocumentValues> ReadDocument(DocumentFormat format, std::string_view body,
                                                       std::span<const std::string> queries,
                                                       Timestamp at);

/// The format of "application/yaml; charset=utf-8". Null: none that is known here.
[[nodiscard]] std::optional<DocumentFormat> DocumentFormatOf(std::string_view content_type);

}  // namespace hpaplus::collectors

#include "collectors/document.h"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "collectors/document_number.h"
#include "collectors/http_answer.h"
#include "collectors/json_document.h"
#include "collectors/xml_document.h"
#include "engine/model/yaml_json.h"

namespace hpaplus::collectors {
namespace {

std::vector<DocumentValues> AllFailed(std::size_t count, std::string_view what) {
  const Error error{ErrorCode::kMalformedData, fmt::format("business monitor: {}", what)};
  return {count, DocumentValues(error)};
}

std::vector<DocumentValues> ReadYamlValues(std::string_view body,
                                           std::span<const std::string> queries, Timestamp at) {
  const auto documents = ParseYaml(body);
  if (!documents) {
    return AllFailed(queries.size(),
                     "the answer is not usable YAML: " + Printable(documents.error().message));
  }
  if (documents->size() != 1) {
    return AllFailed(queries.size(), fmt::format("the answer has {} YAML documents and not one",
                                                 documents->size()));
  }
  return ReadJsonValues(documents->front().json, queries, at);
}

std::vector<DocumentValues> ReadOneNumber(std::string_view body,
                                          std::span<const std::string> queries, Timestamp at) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t first = std::min(body.find_first_not_of(kBlanks), body.size());
  const std::size_t last = body.find_last_not_of(kBlanks);
  const auto text =
      first == body.size() ? std::string_view() : body.substr(first, last - first + 1);
  const auto number = NumberFromText(text, at);
  std::vector<DocumentValues> results;
  for (const std::string& query : queries) {
    if (query != "value") {
      results.push_back(Error{ErrorCode::kInvalidArgument,
                              fmt::format("business monitor: path {}: of one number the path is "
                                          "\"value\"",
                                          Printable(query))});
    } else if (!number) {
      results.push_back(NoNumberAt(query, fmt::format("\"{}\"", Printable(text))));
    } else {
      results.push_back(std::vector<ScalarSample>{*number});
    }
  }
  return results;
}

char ToLower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

std::vector<DocumentValues> ReadDocument(DocumentFormat format, std::string_view body,
                                         std::span<const std::string> queries, Timestamp at) {
  switch (format) {
    case DocumentFormat::kJson:
      return ReadJsonValues(body, queries, at);
    case DocumentFormat::kYaml:
      return ReadYamlValues(body, queries, at);
    case DocumentFormat::kXml:
      return ReadXmlValues(body, queries, at);
    case DocumentFormat::kNumber:
      return ReadOneNumber(body, queries, at);
  }
  return AllFailed(queries.size(), "the format is unknown");
}

std::optional<DocumentFormat> DocumentFormatOf(std::string_view content_type) {
  constexpr std::pair<std::string_view, DocumentFormat> kTypes[] = {
      {"application/json", DocumentFormat::kJson}, {"text/json", DocumentFormat::kJson},
      {"application/yaml", DocumentFormat::kYaml}, {"application/x-yaml", DocumentFormat::kYaml},
      {"text/yaml", DocumentFormat::kYaml},        {"text/x-yaml", DocumentFormat::kYaml},
      {"application/xml", DocumentFormat::kXml},   {"text/xml", DocumentFormat::kXml},
  };
  constexpr std::pair<std::string_view, DocumentFormat> kSuffixes[] = {
      {"+json", DocumentFormat::kJson},
      {"+yaml", DocumentFormat::kYaml},
      {"+xml", DocumentFormat::kXml},
  };
  std::string type(content_type.substr(0, content_type.find(';')));
  while (type.ends_with(' ') || type.ends_with('\t'))
    type.pop_back();
  std::ranges::transform(type, type.begin(), ToLower);
  for (const auto& [name, format] : kTypes) {
    if (type == name) return format;
  }
  // A web page is well-formed XML at times, and still no answer.
  if (type == "application/xhtml+xml") return std::nullopt;
  for (const auto& [suffix, format] : kSuffixes) {
    if (type.ends_with(suffix)) return format;
  }
  return std::nullopt;
}

}  // namespace hpaplus::collectors

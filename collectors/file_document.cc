#include "collectors/file_document.h"

#include <utility>

#include <fmt/core.h>

#include "collectors/document.h"
#include "collectors/exposition_document.h"
#include "collectors/single_reading.h"

namespace hpaplus::collectors {
namespace {

// The readers of documents speak of a business monitor, which a file is not.
Error OfFile(const std::string& path, const Error& error) {
  constexpr std::string_view kOther = "business monitor: ";
  std::string_view what = error.message;
  if (what.starts_with(kOther)) what.remove_prefix(kOther.size());
  return {error.code, fmt::format("file {}: {}", path, what)};
}

// OpenMetrics is the one format that ends with a line of its own.
std::string_view ExpositionType(std::string_view text) {
  constexpr std::string_view kEnd = "# EOF";
  while (text.ends_with('\n'))
    text.remove_suffix(1);
  const bool is_open_metrics = text == kEnd || text.ends_with("\n# EOF");
  return is_open_metrics ? "application/openmetrics-text; version=1.0.0"
                         : "text/plain; version=0.0.4";
}

}  // namespace

Result<std::unique_ptr<Collector>> FileDocumentCollector::Create(const ResolvedSource& source,
                                                                 const CollectorDeps& deps) {
  if (deps.files == nullptr) {
    return Error{ErrorCode::kInvalidArgument,
                 "file: the engine has no directory for files, sources.filesDirectory"};
  }
  if (!source.spec.file) return Error{ErrorCode::kInvalidArgument, "file: the source names none"};
  return std::unique_ptr<Collector>(new FileDocumentCollector(source.spec, *deps.files));
}

FileDocumentCollector::FileDocumentCollector(const SourceSpec& spec, const MetricFiles& files)
    : ns_(spec.ns), file_(*spec.file), bytes_most_(spec.max_response_bytes), files_(files) {}

std::vector<DocumentValues> FileDocumentCollector::Read(
    std::span<const std::string> queries) const {
  const Result<MetricFile> file = files_.Read(ns_, file_.path, bytes_most_);
  if (!file) return {queries.size(), DocumentValues(OfFile(file_.path, file.error()))};
  std::vector<DocumentValues> values =
      file_.format
          ? ReadDocument(*file_.format, file->text, queries, file->modified)
          : ReadExpositionValues(ExpositionType(file->text), file->text, queries, file->modified);
  for (DocumentValues& value : values) {
    if (!value) value = OfFile(file_.path, value.error());
  }
  return values;
}

std::vector<ReadingResult> FileDocumentCollector::Collect(std::span<const MetricQuery> queries,
                                                          const CollectContext& context) {
  std::vector<ReadingResult> results;
  results.reserve(queries.size());
  std::vector<std::string> texts;
  std::vector<std::size_t> query_of;
  for (const MetricQuery& query : queries) {
    const Status can = CheckCanAnswer("file", query, context);
    results.push_back(can ? Error{ErrorCode::kUnavailable, "not read yet"} : can.error());
    if (!can) continue;
    query_of.push_back(results.size() - 1);
    texts.push_back(query.expression);
  }
  if (texts.empty()) return results;
  std::vector<DocumentValues> values = Read(texts);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    results[query_of[i]] = values[i] ? ReadingOf(*std::move(values[i]), context.now)
                                     : ReadingResult(values[i].error());
  }
  return results;
}

}  // namespace hpaplus::collectors

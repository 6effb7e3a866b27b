#include <fstream>
#include <ostream>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "engine/app/commands.h"
#include "engine/app/exit_codes.h"
#include "engine/app/prometheus_import.h"
#include "engine/app/rehearse_files.h"
#include "engine/rehearse/import.h"
#include "engine/shell/system_clock.h"

namespace hpaplus::app {
namespace {

using Series = std::vector<TimedValue>;

Error InFile(const std::string& file, const Error& error) {
  return {error.code, file + ": " + error.message};
}

Result<Series> ReadSeries(const RecordOptions& options, std::ostream& err) {
  if (!options.url.empty()) {
    SystemClock clock;
    return ReadPrometheus(options, clock, err);
  }
  const bool csv = !options.csv_file.empty();
  const std::string& file = csv ? options.csv_file : options.openmetrics_file;
  const Result<std::string> text = ReadFile(file);
  if (!text) return text.error();
  Result<Series> series =
      csv ? rehearse::ReadSeriesCsv(*text) : rehearse::ReadOpenMetrics(*text, options.series);
  if (!series) return InFile(file, series.error());
  return series;
}

int Fail(const Error& error, std::ostream& err) {
  err << "hpaplus record: " << error.message << "\n";
  return error.code == ErrorCode::kNotFound ? kExitFailed : ExitCodeOf(error.code);
}

}  // namespace

int Record(const RecordOptions& options, std::ostream& out, std::ostream& err) {
  Result<Series> series = ReadSeries(options, err);
  if (!series) return Fail(series.error(), err);
  const Result<rehearse::Imported> imported = rehearse::MakeTrace(*std::move(series));
  if (!imported) return Fail(imported.error(), err);
  if (options.output_file.empty()) {
    out << imported->csv;
  } else {
    std::ofstream file(options.output_file, std::ios::binary | std::ios::trunc);
    file << imported->csv;
    file.close();
    if (!file) {
      return Fail({ErrorCode::kNotFound, options.output_file + ": cannot be written"}, err);
    }
  }
  err << fmt::format("{} points from {} on", imported->points,
                     FormatRfc3339(imported->start, true));
  const std::string notes = rehearse::ImportNotes(*imported);
  err << (notes.empty() ? "" : "; " + notes) << "\n";
  return kExitOk;
}

}  // namespace hpaplus::app

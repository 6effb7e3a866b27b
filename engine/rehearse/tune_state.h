#pragma once

#include <fstream>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/rehearse/objective.h"

namespace hpaplus::rehearse {

/// The file from which a search that was stopped goes on: a line of JSON for what is searched, then
/// one for each generation. A last line that was cut off is left out and written again. Not
/// thread-safe.
class TuneState {
 public:
  static constexpr std::size_t kBytesMost = 256U << 20U;

  /// `key` says what is searched and how. kConflict: the file is about something else;
  /// kMalformedData: it is none of ours; kUnavailable: it cannot be written.
  [[nodiscard]] static Result<TuneState> Open(const std::string& file, const std::string& key);

  /// The generation's scores, if it was tried before and had as many points.
  [[nodiscard]] const std::vector<ScorePair>* Find(std::size_t generation,
                                                   std::size_t points) const;
  [[nodiscard]] Status Add(const std::vector<ScorePair>& scores);

 private:
  explicit TuneState(std::string file) : file_(std::move(file)) {}
  Status Read(const std::string& text, const std::string& key);

  std::string file_;
  std::ofstream out_;
  std::vector<std::vector<ScorePair>> generations_;
};

}  // namespace hpaplus::rehearse

#include "engine/rehearse/tune_state.h"

#include <filesystem>
#include <iterator>
#include <utility>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace hpaplus::rehearse {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kSchema = "hpaplus.io/tune-state/v2";

// In the order of Scores.
Json ToJson(const Scores& scores) {
  return {scores.seconds,
          scores.replica_hours,
          scores.under_provisioned_time_share,
          scores.under_provisioned_area,
          scores.over_provisioned_area,
          scores.changes,
          scores.reversals,
          scores.reaction_p50_seconds,
          scores.reaction_p99_seconds,
          scores.worst_minute};
}

bool Read(const Json& json, Scores& scores) {
  constexpr std::size_t kFields = 10;
  if (!json.is_array() || json.size() != kFields) return false;
  for (const Json& field : json) {
    if (!field.is_number()) return false;
  }
  scores.seconds = json[0];
  scores.replica_hours = json[1];
  scores.under_provisioned_time_share = json[2];
  scores.under_provisioned_area = json[3];
  scores.over_provisioned_area = json[4];
  scores.changes = json[5];
  scores.reversals = json[6];
  scores.reaction_p50_seconds = json[7];
  scores.reaction_p99_seconds = json[8];
  scores.worst_minute = json[9];
  return true;
}

bool Read(const Json& json, std::vector<ScorePair>& generation) {
  if (!json.is_array()) return false;
  for (const Json& entry : json) {
    ScorePair& pair = generation.emplace_back();
    const bool three = entry.is_array() && entry.size() == 3 && entry[2].is_number();
    if (!three || !Read(entry[0], pair.plain) || !Read(entry[1], pair.stressed)) return false;
    pair.chance = entry[2];
  }
  return true;
}

}  // namespace

Result<TuneState> TuneState::Open(const std::string& file, const std::string& key) {
  TuneState state(file);
  std::error_code problem;
  const auto size = std::filesystem::file_size(file, problem);
  if (!problem && size > kBytesMost) {
    return Error{ErrorCode::kMalformedData, fmt::format("{}: larger than 256 MiB", file)};
  }
  std::ifstream in(file, std::ios::binary);
  const std::string text(std::istreambuf_iterator<char>(in), {});
  if (const Status read = state.Read(text, key); !read) return read.error();
  // All over again without the line that was cut off, so that the file is good at any time.
  const std::string fresh = file + ".new";
  state.out_.open(fresh, std::ios::binary | std::ios::trunc);
  state.out_ << Json{{"schema", kSchema}, {"key", key}}.dump() << "\n";
  const auto before = std::exchange(state.generations_, {});
  for (const std::vector<ScorePair>& generation : before) {
    if (const Status added = state.Add(generation); !added) return added.error();
  }
  state.out_.flush();
  if (state.out_) std::filesystem::rename(fresh, file, problem);
  if (state.out_ && !problem) return state;
  return Error{ErrorCode::kUnavailable, fmt::format("{}: cannot be written", file)};
}

Status TuneState::Read(const std::string& text, const std::string& key) {
  const Error other{ErrorCode::kMalformedData,
                    fmt::format("{}: no state of hpaplus tune; take another file", file_)};
  std::size_t begin = 0;
  for (std::size_t line = 0; begin < text.size(); ++line) {
    const std::size_t end = text.find('\n', begin);
    const bool whole = end != std::string::npos;
    const Json json = Json::parse(text.substr(begin, whole ? end - begin : end), nullptr, false);
    if (line == 0) {
      if (!json.is_object() || json.value("schema", Json()) != kSchema) return other;
      if (json.value("key", Json()) != key) {
        return Error{
            ErrorCode::kConflict,
            fmt::format("{}: the state of a search for something else; take another file", file_)};
      }
    } else if (std::vector<ScorePair> generation; whole && rehearse::Read(json, generation)) {
      generations_.push_back(std::move(generation));
    } else if (whole) {
      return other;
    }
    if (!whole) break;
    begin = end + 1;
  }
  return Done{};
}

const std::vector<ScorePair>* TuneState::Find(std::size_t generation, std::size_t points) const {
  if (generation >= generations_.size()) return nullptr;
  const std::vector<ScorePair>& found = generations_[generation];
  return found.size() == points ? &found : nullptr;
}

Status TuneState::Add(const std::vector<ScorePair>& scores) {
  Json line = Json::array();
  for (const ScorePair& one : scores)
    line.push_back({ToJson(one.plain), ToJson(one.stressed), one.chance});
  out_ << line.dump() << "\n" << std::flush;
  generations_.push_back(scores);
  if (out_) return Done{};
  return Error{ErrorCode::kUnavailable, fmt::format("{}: cannot be written", file_)};
}

}  // namespace hpaplus::rehearse

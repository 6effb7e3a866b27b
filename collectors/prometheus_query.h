#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "engine/model/reading.h"
#include "engine/model/source.h"

namespace hpaplus::collectors {

/// The label that tells times from numbers in an answer to WithTimes(), and its value there.
inline constexpr std::string_view kPartLabel = "hpaplus_part";
inline constexpr std::string_view kTimePart = "time";

/// A question about the past is for at most so many samples of a series.
inline constexpr std::size_t kPastPointsMost = 121;

/// Which part of which group a query asks for.
struct GroupQuestion {
  std::size_t group = 0;  // In PrometheusSource::groups.
  std::string key;        // Of the values of its labels.
  bool operator==(const GroupQuestion&) const = default;
};

/// Reads `name{label="value", ...}`, name being a group's. The label `namespace_label` may be left
/// out and is then the asker's namespace; every other label of the group has to be there. Nothing
/// when the query is PromQL of its own, which the source allows. kInvalidArgument for what is
/// neither, kPermissionDenied for what the source does not let this namespace ask.
[[nodiscard]] Result<std::optional<GroupQuestion>> FindGroup(const SourceSpec& source,
                                                             const MetricQuery& query);

/// Appends one label's value to a key. Two keys are equal exactly when all values are.
void AppendToKey(std::string_view value, std::string& key);

/// Whether the query is a selector and nothing else, name{matchers}: then timestamp() tells when
/// its samples were measured. Of anything else it gives the time of the evaluation.
[[nodiscard]] bool IsPlainSelector(std::string_view query);

/// One query for both the numbers and their times: the union of the two, in which every series of
/// `timestamp` has the label kPartLabel.
[[nodiscard]] std::string WithTimes(std::string_view query, std::string_view timestamp);

/// What is really asked for the numbers of a query: with the times beside them, where they are
/// wanted and can be had.
[[nodiscard]] std::string QuestionFor(std::string_view query, std::string_view timestamp,
                                      bool sample_time);

}  // namespace hpaplus::collectors

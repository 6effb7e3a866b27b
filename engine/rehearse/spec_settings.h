#pragma once

#include <string>

#include "engine/model/workload.h"

namespace hpaplus::rehearse {

/// What an object asks for, defaults filled in, as JSON under the names of its fields: for
/// comparing two of them where no file of one is left. No object could be made of it again: what
/// belongs to a type of metric stands in the metric itself. Without uid, generation and times.
[[nodiscard]] std::string SettingsJson(const WorkloadSpec& spec);

/// Whether two objects decide alike: all settings are the same, however they are written.
[[nodiscard]] bool MeanTheSame(const WorkloadSpec& one, const WorkloadSpec& other);

}  // namespace hpaplus::rehearse

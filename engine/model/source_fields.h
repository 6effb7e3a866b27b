#pragma once

#include "engine/model/json_fields.h"
#include "engine/model/source.h"

namespace hpaplus {

// Readers of the blocks that belong to one type of source. The block is there; problems are kept.

[[nodiscard]] CronSource ReadCronSource(const JsonField& cron);
[[nodiscard]] FileSource ReadFileSource(const JsonField& file);
[[nodiscard]] HttpSource ReadHttpSource(const JsonField& http);

}  // namespace hpaplus

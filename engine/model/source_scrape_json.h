#pragma once

#include "engine/model/json_fields.h"
#include "engine/model/source.h"

namespace hpaplus {

/// Reads spec.scrape, which a source of type Scrape must have. Credentials go over TLS only.
void ReadScrapeSource(const JsonField& spec, SourceSpec& source);

}  // namespace hpaplus

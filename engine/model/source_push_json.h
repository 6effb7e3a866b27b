#pragma once

#include "engine/model/json_fields.h"
#include "engine/model/source.h"

namespace hpaplus {

/// Reads spec.push. A source of type Push says who may push: either spec.auth or push.anonymous.
void ReadPushSource(const JsonField& spec, SourceSpec& source);

}  // namespace hpaplus

#pragma once

#include "engine/model/source.h"

namespace hpaplus {

class JsonField;

/// spec.headers and spec.prometheus into `source`, whose type is known already. What is wrong
/// becomes the field's problem.
void ReadHeaders(const JsonField& spec, SourceSpec& source);
void ReadPrometheus(const JsonField& spec, SourceSpec& source);

}  // namespace hpaplus

#pragma once

#include "engine/model/source.h"

namespace hpaplus {

class JsonField;

/// The blocks of the sources that speak gRPC, spec.grpc and spec.kedaExternalScaler, into `source`,
/// whose type is known already. What is wrong becomes the field's problem.
void ReadGrpcSources(const JsonField& spec, SourceSpec& source);

}  // namespace hpaplus

#include "engine/model/workload.h"

namespace hpaplus {

std::string WorkloadName(const WorkloadSpec& spec) {
  return spec.ns + "/" + spec.name;
}

}  // namespace hpaplus

#include "engine/model/combine_spec.h"

namespace hpaplus {

bool CombineSpec::operator==(const CombineSpec& other) const {
  if (strategy != other.strategy || (formula == nullptr) != (other.formula == nullptr))
    return false;
  return formula == nullptr || formula->text() == other.formula->text();
}

}  // namespace hpaplus

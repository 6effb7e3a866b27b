#include "engine/kube/freeze_sink.h"

#include "engine/base/log.h"

namespace hpaplus::kube {

void FreezeSink::Set(bool frozen) {
  warned_ = false;
  const std::string freeze = frozen ? "ConfigMap " + name_ + " is there" : "";
  bool changed = false;
  state_.Change([&](ClusterTables& tables, Timestamp) {
    changed = tables.freeze != freeze;
    if (changed || !tables.freeze_read) tables.workloads.MarkAllDirty();
    tables.freeze = freeze;
    tables.freeze_read = true;
  });
  if (!changed) return;
  HPAPLUS_LOG(kWarning, frozen ? "frozen" : "not frozen any more", {{"config_map", name_}});
}

void FreezeSink::Failed(const Error& error) {
  const bool off = error.code == ErrorCode::kPermissionDenied || error.code == ErrorCode::kNotFound;
  if (!off) return;
  if (!std::exchange(warned_, true)) {
    HPAPLUS_LOG(kWarning, "the ConfigMap that freezes cannot be watched",
                {{"config_map", name_}, {"error", error.message}});
  }
  state_.Change([&](ClusterTables& tables, Timestamp) {
    if (!tables.freeze_read) tables.workloads.MarkAllDirty();
    tables.freeze_read = true;
  });
}

}  // namespace hpaplus::kube

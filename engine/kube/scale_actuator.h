#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/mutex.h"
#include "engine/kube/kube_api.h"
#include "engine/kube/workload_lookup.h"
#include "engine/ports/actuator.h"

namespace hpaplus::kube {

/// Writes sizes through the scale subresource, with the resourceVersion of the view that was
/// decided on as precondition.
///
/// A command that waits for its turn keeps it when it is replaced by a newer one. Whether the
/// decision still holds is asked twice, when the command starts and right before the request leaves
/// the client's queue: the object must be the same one, unedited, Active, without a
/// rival, and the size within its bounds. If not, nothing is written and the outcome is kGone.
/// After a conflict the scale is read, so that the next decision knows it. Thread-safe.
class ScaleActuator final : public Actuator {
 public:
  using Send = std::function<void(KubeRequest, KubeClient::OnDone)>;

  /// `wake` is called, on any thread, when there is an outcome. `send` must be done with its
  /// callbacks before this is destroyed; `lookup` must outlive it.
  ScaleActuator(Send send, WorkloadLookup& lookup, std::function<void()> wake);

  void Start(ScaleCommand command) override;
  void Replace(ScaleCommand newer) override;
  void Cancel(WorkloadId workload) override;
  [[nodiscard]] std::vector<ScaleOutcome> TakeOutcomes() override;

 private:
  struct Flight {
    ScaleCommand command;
    TargetTable::Place place;
    bool sent = false;  // Under mutex_, as the next one, and as the command until then.
    bool withdrawn = false;
  };
  using FlightPtr = std::shared_ptr<Flight>;

  [[nodiscard]] Result<TargetTable::Place> StillHolds(const ScaleCommand& command);
  [[nodiscard]] Status MayLeave(const FlightPtr& flight, std::string& body);
  void OnWritten(const FlightPtr& flight, const Result<std::string>& body);
  void ReadAfterConflict(const FlightPtr& flight, const Error& conflict);
  void Finish(const FlightPtr& flight, Result<Done> result);
  void Report(ScaleCommand command, Result<Done> result);

  const Send send_;
  WorkloadLookup& lookup_;
  const std::function<void()> wake_;
  Mutex mutex_;
  std::map<WorkloadId, FlightPtr> flights_ HPAPLUS_GUARDED_BY(mutex_);
  std::vector<ScaleOutcome> outcomes_ HPAPLUS_GUARDED_BY(mutex_);
};

}  // namespace hpaplus::kube

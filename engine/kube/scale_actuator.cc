#include "engine/kube/scale_actuator.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "engine/base/check.h"
#include "engine/kube/objects_reply.h"

namespace hpaplus::kube {
namespace {

Error Gone(std::string what) {
  return {ErrorCode::kGone, "scale: not written, " + std::move(what)};
}

std::string ScaleBody(const ScaleCommand& command) {
  const WorkloadSpec& spec = *command.view->spec;
  nlohmann::ordered_json body;
  body["apiVersion"] = "autoscaling/v1";
  body["kind"] = "Scale";
  body["metadata"] = {{"name", spec.target.name},
                      {"namespace", spec.ns},
                      {"resourceVersion", command.view->scale.resource_version}};
  body["spec"]["replicas"] = command.replicas;
  return body.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

Priority PriorityOf(const ScaleCommand& command) {
  const bool grows = command.replicas > command.view->scale.spec_replicas;
  return grows ? Priority::kScaleUp : Priority::kScaleDown;
}

Error Explain(const Error& error, const TargetTable::Place& place) {
  if (error.code != ErrorCode::kPermissionDenied) return error;
  return {error.code, "needs update on " + place.rule + ": " + error.message};
}

}  // namespace

ScaleActuator::ScaleActuator(Send send, WorkloadLookup& lookup, std::function<void()> wake)
    : send_(std::move(send)), lookup_(lookup), wake_(std::move(wake)) {}

void ScaleActuator::Start(ScaleCommand command) {
  Result<TargetTable::Place> place = StillHolds(command);
  if (!place) return Report(std::move(command), place.error());

  const Priority priority = PriorityOf(command);
  auto flight = std::make_shared<Flight>();
  flight->command = std::move(command);
  flight->place = *std::move(place);
  {
    const MutexLock lock(mutex_);
    const bool is_only = flights_.emplace(flight->command.workload, flight).second;
    HPAPLUS_CHECK(is_only);
  }
  KubeRequest request;
  request.method = "PUT";
  request.path = flight->place.scale_path + "?fieldManager=hpaplus";
  request.verb = "update";
  request.resource = flight->place.resource;
  request.priority = priority;
  request.before_sending = [this, flight](std::string& body) { return MayLeave(flight, body); };
  send_(std::move(request),
        [this, flight](const Result<std::string>& body) { OnWritten(flight, body); });
}

void ScaleActuator::Replace(ScaleCommand newer) {
  {
    const MutexLock lock(mutex_);
    const auto at = flights_.find(newer.workload);
    if (at == flights_.end() || at->second->sent) return;
    ScaleCommand& waiting = at->second->command;
    if (PriorityOf(newer) == PriorityOf(waiting)) {
      waiting = std::move(newer);
      return;
    }
  }
  Cancel(newer.workload);  // It has another place in the queue; the next decision takes it.
}

void ScaleActuator::Cancel(WorkloadId workload) {
  FlightPtr flight;
  {
    const MutexLock lock(mutex_);
    const auto at = flights_.find(workload);
    if (at == flights_.end() || at->second->sent) return;
    flight = at->second;
    flight->withdrawn = true;
    flights_.erase(at);
  }
  Report(flight->command, Gone("it was withdrawn"));
}

std::vector<ScaleOutcome> ScaleActuator::TakeOutcomes() {
  const MutexLock lock(mutex_);
  return std::exchange(outcomes_, {});
}

Result<TargetTable::Place> ScaleActuator::StillHolds(const ScaleCommand& command) {
  const WorkloadSpec& spec = *command.view->spec;
  const std::optional<WorkloadNow> now = lookup_.Find(command.workload);
  if (!now || now->spec->uid != spec.uid) return Gone("the object is gone");
  if (!now->problem.empty() || now->generation != spec.generation) {
    return Gone("the object was edited meanwhile");
  }
  const Replicas from = command.view->scale.spec_replicas;
  if (!MayWrite(now->spec->mode, from, command.replicas)) return Gone("the object is not Active");
  if (now->spec->frozen_until && command.decided_at < *now->spec->frozen_until) {
    return Gone("the object is frozen");
  }
  if (!now->freeze.empty()) return Gone("the cluster is frozen: " + now->freeze);
  if (!now->conflict.empty()) return Gone("the target is claimed by " + now->conflict);
  const Replicas least = spec.idle ? spec.idle->replicas : spec.min_replicas;
  if (command.replicas < least || command.replicas > spec.max_replicas) {
    return Gone(std::to_string(command.replicas) + " replicas are out of bounds");
  }
  if (!now->place) return Error{ErrorCode::kNotFound, "scale: the target is gone"};
  return *now->place;
}

Status ScaleActuator::MayLeave(const FlightPtr& flight, std::string& body) {
  ScaleCommand command;
  {
    const MutexLock lock(mutex_);
    command = flight->command;
  }
  const Result<TargetTable::Place> place = StillHolds(command);
  if (!place) return place.error();
  if (place->uid != flight->place.uid) return Gone("the target was replaced");
  body = ScaleBody(command);
  const MutexLock lock(mutex_);
  if (flight->withdrawn) return Gone("it was withdrawn");
  flight->command = std::move(command);  // One that has come since is too late.
  flight->sent = true;
  return Done{};
}

void ScaleActuator::OnWritten(const FlightPtr& flight, const Result<std::string>& body) {
  if (!body && body.error().code == ErrorCode::kConflict) {
    return ReadAfterConflict(flight, body.error());
  }
  if (!body) return Finish(flight, Explain(body.error(), flight->place));
  // The write has happened even if its answer cannot be read; the watch will show it.
  const Result<ScaledObject> written = ParseScale(*body);
  if (!written) return Finish(flight, written.error());
  lookup_.ObserveScale(flight->command.workload, flight->place.uid, written->scale);
  Finish(flight, Done{});
}

void ScaleActuator::ReadAfterConflict(const FlightPtr& flight, const Error& conflict) {
  KubeRequest request;
  request.path = flight->place.scale_path;
  request.verb = "get";
  request.resource = flight->place.resource;
  request.priority = PriorityOf(flight->command);
  send_(std::move(request), [this, flight, conflict](const Result<std::string>& body) {
    if (body) {
      const Result<ScaledObject> fresh = ParseScale(*body);
      if (fresh) {
        lookup_.ObserveScale(flight->command.workload, flight->place.uid, fresh->scale);
      }
    }
    Finish(flight, conflict);
  });
}

void ScaleActuator::Finish(const FlightPtr& flight, Result<Done> result) {
  {
    const MutexLock lock(mutex_);
    if (flight->withdrawn) return;  // Its outcome has been reported.
    flights_.erase(flight->command.workload);
  }
  Report(flight->command, std::move(result));
}

void ScaleActuator::Report(ScaleCommand command, Result<Done> result) {
  {
    const MutexLock lock(mutex_);
    outcomes_.push_back({std::move(command), std::move(result)});
  }
  if (wake_) wake_();
}

}  // namespace hpaplus::kube

#include "engine/rehearse/report_json.h"

namespace hpaplus::rehearse {

void AddScores(const Scores& scores, Json& out) {
  out["replica_hours"] = scores.replica_hours;
  out["under_provisioned_time_share"] = scores.under_provisioned_time_share;
  out["under_provisioned_area"] = scores.under_provisioned_area;
  out["over_provisioned_area"] = scores.over_provisioned_area;
  out["changes"] = scores.changes;
  out["reversals"] = scores.reversals;
  out["reaction_p50_s"] = scores.reaction_p50_seconds;
  out["reaction_p99_s"] = scores.reaction_p99_seconds;
  out["worst_minute"] = scores.worst_minute;
  out["simulated_seconds"] = scores.seconds;
}

Json PlantJson(const RunOptions& options) {
  return {{"capacity_per_replica", options.plant.capacity_per_replica},
          {"startup_seconds", ToSeconds(options.plant.startup)},
          {"initial", options.plant.initial},
          {"step_seconds", ToSeconds(options.step)},
          {"scrape_seconds", ToSeconds(options.scrape)}};
}

std::string Dump(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

}  // namespace hpaplus::rehearse

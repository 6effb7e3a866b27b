#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/base/time.h"
#include "engine/model/workload.h"

namespace hpaplus::rehearse {

/// A field of an object and its value as JSON text.
struct Setting {
  std::string path;   // "spec.metrics[0].source.target.averageValue"
  std::string value;  // "\"14\""
  bool operator==(const Setting&) const = default;
};

/// What may be tuned of one object, each knob with a few values in their order. Immutable.
class SearchSpace {
 public:
  struct Knob {
    std::string name;                  // The path of what it sets.
    std::vector<std::string> choices;  // JSON texts; of a dead band shares of the target.
    std::uint32_t usual = 0;           // What the object has, or else an HPA.
    std::uint32_t least = 0;           // The first choice that a search draws.
    bool optional = false;             // The usual choice is as good as not saying anything.
  };

  /// A point has one index of a choice per knob.
  using Point = std::vector<std::uint32_t>;

  // What quantities hold, of which a thousandth is the least.
  static constexpr double kCapacityLeast = 0.002;
  static constexpr double kCapacityMost = 1e12;

  /// Of an HPAPlus object as JSON, which ParseWorkload has taken. Targets are searched as shares of
  /// a replica's capacity. kInvalidArgument: no metric of it votes on the size, or the capacity is
  /// out of the range above.
  [[nodiscard]] static Result<SearchSpace> Create(std::string json, double capacity_per_replica);

  [[nodiscard]] const std::vector<Knob>& knobs() const { return knobs_; }

  /// Nearly an HPA with the object's own targets.
  [[nodiscard]] Point Usual() const;
  /// What the point sets; what it leaves alone is not in it.
  [[nodiscard]] std::vector<Setting> Settings(const Point& point) const;
  /// The object with these settings, as JSON.
  [[nodiscard]] std::string Apply(const std::vector<Setting>& settings) const;
  /// The same, parsed.
  [[nodiscard]] Result<WorkloadSpec> Spec(const std::vector<Setting>& settings) const;

 private:
  // A dead band goes with the target whose metric it is of.
  struct Band {
    std::size_t target = 0;  // Knobs.
    std::size_t up = 0;
    std::size_t down = 0;
    bool percent = false;
  };

  void AddPeriod(const WorkloadSpec& spec);
  void AddSmoothing(const MetricSpec& metric, const std::string& path);
  void AddTargets(const WorkloadSpec& spec, double capacity_per_replica);
  void Add(std::string name, std::vector<std::string> choices, std::size_t usual,
           bool optional = false);
  void AddBehavior(bool tolerances);
  void SetBand(const Band& band, const Point& point, std::vector<Setting>& out) const;

  std::string json_;
  std::vector<Knob> knobs_;
  std::vector<Band> bands_;
  std::optional<Duration> timeout_;  // What the object says how long its reads may take.
};

/// The part of an object that these settings are in, as YAML. A list is there as a whole, so that
/// it can be merged into an object: kubectl patch --type merge.
[[nodiscard]] std::string PatchYaml(const std::string& json, const std::vector<Setting>& settings);

}  // namespace hpaplus::rehearse

#pragma once

#include <string>
#include <vector>

#include "engine/base/time.h"

namespace hpaplus::bench {

/// Durations, asked for quantiles.
class Durations {
 public:
  void Add(Duration duration) { all_.push_back(duration); }
  void Add(const Durations& others) {
    all_.insert(all_.end(), others.all_.begin(), others.all_.end());
  }
  [[nodiscard]] std::size_t size() const { return all_.size(); }
  /// `share` in [0, 1]; 1 is the largest. Zero when there is none.
  [[nodiscard]] double Seconds(double share) const;

 private:
  std::vector<Duration> all_;
};

/// One figure, and the bar it has to keep where there is one.
struct Figure {
  enum class Bar { kNone, kAtMost, kAtLeast };

  std::string phase;  // "rest"
  std::string name;   // "engine_cpu_cores"
  double value = 0;
  Bar bar = Bar::kNone;
  double limit = 0;

  [[nodiscard]] bool holds() const;
};

class Report {
 public:
  void Add(const std::string& phase, const std::string& name, double value) {
    figures_.push_back({phase, name, value});
  }
  void AddAtMost(const std::string& phase, const std::string& name, double value, double limit) {
    figures_.push_back({phase, name, value, Figure::Bar::kAtMost, limit});
  }
  void AddAtLeast(const std::string& phase, const std::string& name, double value, double limit) {
    figures_.push_back({phase, name, value, Figure::Bar::kAtLeast, limit});
  }
  /// p50, p90, p99 and max, in seconds; the bar is on p99.
  void AddQuantiles(const std::string& phase, const std::string& name, const Durations& durations,
                    double p99_limit = 0);

  [[nodiscard]] bool holds() const;
  [[nodiscard]] std::string Table() const;
  [[nodiscard]] std::string Json() const;

 private:
  std::vector<Figure> figures_;
};

}  // namespace hpaplus::bench

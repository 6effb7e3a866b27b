#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "engine/record/open_loop.h"

namespace hpaplus::rehearse {

/// What HtmlReport takes, of a recording decided again, open loop. Gathers it while that goes on:
/// of any recording at most kLogMost decisions and kPointsMost points. Not thread-safe.
class OpenLoopPage {
 public:
  static constexpr std::size_t kLogMost = 2000;
  static constexpr std::size_t kPointsMost = 1200;

  /// As OpenLoopOptions::on_decision.
  void Take(const Round& round, const record::Redecision& again);

  [[nodiscard]] std::string Page(const record::OpenLoop& result,
                                 const std::string& recording) const;

 private:
  struct Entry {
    Timestamp at{};
    std::string object;
    Replicas from = 0;
    Replicas to = 0;
    std::string stage;
    std::string reason;
    std::string why;
  };
  // The sizes of one object over time, always in few enough points: when there are too many, every
  // two become one.
  struct Sizes {
    struct Point {
      Replicas real = 0;     // That it was decided at.
      Replicas decided = 0;  // Again, now.
    };
    Timestamp start{};
    Duration step = std::chrono::seconds(1);
    std::vector<Point> points;
    std::uint64_t changes = 0;

    void Add(Timestamp at, Point point);
  };

  std::vector<Entry> log_;
  std::uint64_t changes_ = 0;  // More of them than are in the log.
  std::map<std::string, Sizes> sizes_;
};

}  // namespace hpaplus::rehearse

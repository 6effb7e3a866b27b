#include "examples/demo/board.h"

#include <algorithm>

#include <fmt/core.h>

namespace hpaplus::demo {
namespace {

constexpr std::size_t kWhyWidth = 64;
constexpr int kBarWidth = 26;
constexpr int kReplicasAtFullBar = 26;

// Ready replicas as a bar, with the ones that are still starting behind it.
std::string Bar(const Scoreboard& score) {
  const int ready = std::min(score.ready() * kBarWidth / kReplicasAtFullBar, kBarWidth);
  const int written = std::min(score.written() * kBarWidth / kReplicasAtFullBar, kBarWidth);
  std::string bar;
  for (int i = 0; i < kBarWidth; ++i)
    bar += i < ready ? '#' : i < written ? '+' : '.';
  return bar;
}

std::string Cut(const std::string& text, std::size_t width) {
  return text.size() <= width ? text : text.substr(0, width - 3) + "...";
}

}  // namespace

std::string DrawBoard(const std::vector<Row>& rows, Duration elapsed, Duration total) {
  std::string text = fmt::format("  {:>2.0f} s of {:.0f} s   # ready   + starting\n\n",
                                 ToSeconds(elapsed), ToSeconds(total));
  text += fmt::format("  {:<9} {:<24} {:>8} {:>7} {:>5} {:>9}  {:<{}}  {}\n", "WORKLOAD", "SIGNAL",
                      "LOAD", "TARGET", "NEEDS", "REPLICAS", "", kBarWidth, "WHY");
  for (const Row& row : rows) {
    text += fmt::format("  {:<9} {:<24} {:>8.1f} {:>7.1f} {:>5} {:>9}  {}  {}\n", row.name,
                        row.signal, row.score->load(), row.target, row.score->needed(),
                        fmt::format("{}/{}", row.score->ready(), row.score->written()),
                        Bar(*row.score), Cut(row.why, kWhyWidth));
  }
  return text;
}

std::string DrawSummary(const std::vector<Row>& rows, Duration total, const std::string& pods) {
  std::string text = fmt::format("\n  {:<9} {:<24} {:>10} {:>8} {:>8} {:>8} {:>15}\n", "WORKLOAD",
                                 "SIGNAL", "REACTIONS", "P50", "P99", "CHANGES", "UNDER CAPACITY");
  bool any_pods = false;
  for (const Row& row : rows) {
    const auto& reactions = row.score->reactions();
    const bool has_pods = row.score->ready() > 0;
    any_pods = any_pods || has_pods;
    text += fmt::format(
        "  {:<9} {:<24} {:>10} {:>6.2f} s {:>6.2f} s {:>8} {:>15}\n", row.name, row.signal,
        reactions.size(), ToSeconds(Percentile(reactions, 0.5)),
        ToSeconds(Percentile(reactions, 0.99)), row.score->changes(),
        has_pods ? fmt::format("{:.1f} s", ToSeconds(row.score->under_capacity())) : "no pods");
  }
  text +=
      "\n  Reaction: from the load needing more replicas to that number written to /scale, the\n"
      "  source's own delay included. ";
  if (any_pods) {
    text += fmt::format("Under capacity: of {:.0f} s, with pods {}.\n", ToSeconds(total), pods);
  } else {
    text += "No pod became ready: does the cluster run controllers and nodes?\n";
  }
  return text;
}

}  // namespace hpaplus::demo

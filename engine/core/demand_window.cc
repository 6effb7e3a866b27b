#include "engine/core/demand_window.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "engine/base/check.h"
#include "engine/core/freshness.h"

namespace hpaplus {
namespace {

double Together(double value, std::uint32_t count, double demand, SmoothingFunction function) {
  if (function == SmoothingFunction::kMax) return std::max(value, demand);
  if (function == SmoothingFunction::kMin) return std::min(value, demand);
  return value + (demand - value) / (count + 1.0);
}

double NearestRank(std::span<double> values, std::size_t percent) {
  const std::size_t rank = (values.size() * percent + 99) / 100;  // 1 .. size
  const auto nth = values.begin() + static_cast<std::ptrdiff_t>(rank - 1);
  std::ranges::nth_element(values, nth);
  return *nth;
}

double Mean(std::span<const double> values) {
  double sum = 0;
  for (const double value : values)
    sum += value;
  return sum / static_cast<double>(values.size());
}

}  // namespace

void DemandWindow::Add(Timestamp at, double demand, const Smoothing& smoothing) {
  if (slots_.empty()) {
    ewma_ = demand;
    slots_.push_back({at, at, demand, 1});
    return;
  }
  Slot& newest = slots_.back();
  if (at <= newest.at) return;
  const double dt = ToSeconds(at - newest.at);
  ewma_ += (demand - ewma_) * dt / (ToSeconds(smoothing.window) + dt);
  if (at - newest.begin < smoothing.window / kSlots) {
    newest.value = Together(newest.value, newest.count, demand, smoothing.function);
    newest.at = at;
    ++newest.count;
  } else {
    slots_.push_back({at, at, demand, 1});
  }
  const Timestamp cutoff = Earlier(at, smoothing.window);
  const auto kept =
      std::ranges::find_if(slots_, [&](const Slot& slot) { return slot.at > cutoff; });
  slots_.erase(slots_.begin(), kept);
  if (slots_.size() > kSlots) slots_.erase(slots_.begin());
}

void DemandWindow::Precede(std::span<const DemandSample> past, const Smoothing& smoothing) {
  DemandWindow all;
  const Timestamp until = slots_.empty() ? Timestamp::max() : slots_.front().begin;
  for (const DemandSample& sample : past) {
    if (sample.at < until) all.Add(sample.at, sample.demand, smoothing);
  }
  for (const Slot& slot : slots_)
    all.Add(slot.at, slot.value, smoothing);
  *this = std::move(all);
}

double DemandWindow::Over(Duration window, SmoothingFunction function) const {
  if (slots_.empty()) return 0;
  if (function == SmoothingFunction::kEwma) return ewma_;
  std::array<double, kSlots> buffer{};
  std::size_t count = 0;
  const Timestamp cutoff = Earlier(slots_.back().at, window);
  for (const Slot& slot : slots_) {
    if (slot.at > cutoff) buffer[count++] = slot.value;
  }
  const std::span<double> values(buffer.data(), count);
  switch (function) {
    case SmoothingFunction::kMax:
      return *std::ranges::max_element(values);
    case SmoothingFunction::kMin:
      return *std::ranges::min_element(values);
    case SmoothingFunction::kP50:
      return NearestRank(values, 50);
    case SmoothingFunction::kP90:
      return NearestRank(values, 90);
    case SmoothingFunction::kP99:
      return NearestRank(values, 99);
    case SmoothingFunction::kAverage:
    case SmoothingFunction::kEwma:
      return Mean(values);
  }
  HPAPLUS_CHECK(false);
}

}  // namespace hpaplus

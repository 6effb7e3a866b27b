#pragma once

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>

#include <gtest/gtest.h>

#include "engine/loop/engine.h"
#include "test/support/fake_world.h"

namespace hpaplus::testing {

inline constexpr WorkloadId kShop{0};
inline constexpr WorkloadId kCart{1};

/// Drives the engine tick by tick in a world scripted by hand, with the real Decide() and a policy
/// that asks for whatever number its metric shows.
class EngineTest : public ::testing::Test {
 protected:
  void Make(Engine::Config config = {}) {
    engine_.emplace(std::move(config), world_.world(), MakeFollowers);
  }

  // Ticks at the next deadline, then as `after` says.
  void TickNext(Duration after = {}) {
    world_.now = std::max(world_.now, engine_->next()) + after;
    engine_->Tick();
  }
  void TickAfter(Duration later) {
    world_.now += later;
    engine_->Tick();
  }
  void Set(WorkloadId id, std::shared_ptr<const WorkloadView> view) {
    world_.changes.push_back({id, std::move(view)});
  }
  void AnswerAll(double value) {
    for (const ReadRequest& request : std::exchange(world_.requests, {}))
      world_.arrived.push_back({request.id, Answer(value, world_.now)});
  }
  // One full evaluation of whatever is due next: asked, answered, decided.
  void Evaluate(double value) {
    TickNext();
    AnswerAll(value);
    TickAfter(std::chrono::milliseconds(5));
  }
  void Settle(Result<Done> result) {
    world_.outcomes.push_back({world_.commands.back(), std::move(result)});
  }

  FakeWorld world_;
  std::optional<Engine> engine_;
};

}  // namespace hpaplus::testing

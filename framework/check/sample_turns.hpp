// Rows of a view, a transition or outcomes in a SampleEnvironment, filled in by hand and shown to a plugin
// through the ABI: for tests and for the conformance checks.
#pragma once

#include <offload/abi.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

#include "plugin/sample_environment.hpp"

namespace offload {

// n turns of SampleEnvironment: task 0, everything allowed, no budgets, rng = row number.
struct SampleTurns {
  SampleTurns(const offload_environment& environment, int rows)
      : e(environment),
        n(static_cast<std::size_t>(rows)),
        slot(n, 0),
        first(n, 1),
        rng(n),
        observation(n * width(e.observation), 0),
        mask(n * width(e.actions), 1),
        limit(n * width(e.budgets), std::numeric_limits<double>::infinity()),
        spent(limit.size(), 0) {
    for (std::size_t i = 0; i < n; ++i) {
      slot[i] = static_cast<std::int32_t>(i);
      rng[i] = i;
    }
  }
  static std::size_t width(std::int32_t count) { return static_cast<std::size_t>(count); }

  void set_task(std::size_t row, int task) {
    observation[row * width(e.observation) + width(e.window * e.frame) - 1] = static_cast<float>(task);
  }
  // Allows these actions alone, in every row.
  void allow(const std::vector<int>& actions) {
    std::fill(mask.begin(), mask.end(), std::uint8_t{0});
    for (std::size_t i = 0; i < n; ++i) {
      for (const int action : actions) mask[i * width(e.actions) + width(action)] = 1;
    }
  }
  offload_view view() const {
    return {sizeof(offload_view), static_cast<std::int32_t>(n), slot.data(), first.data(),
            rng.data(),           observation.data(),           mask.data(), limit.data(),
            spent.data()};
  }

  offload_environment e;
  std::size_t n;
  std::vector<std::int32_t> slot;
  std::vector<std::uint8_t> first;
  std::vector<std::uint64_t> rng;
  std::vector<float> observation;
  std::vector<std::uint8_t> mask;
  std::vector<double> limit, spent;
};

// What each row did and got.
struct SampleStep {
  explicit SampleStep(const SampleTurns& turns)
      : before(turns.view()),
        action(turns.n, 0),
        reward(turns.n, 0),
        quality(turns.n, 0),
        association(turns.n, 0),
        consumed(turns.spent.size(), 0),
        terminal(turns.n, 1) {}

  offload_transition transition() const {
    return {
        sizeof(offload_transition), before.n,        &before, action.data(),  reward.data(), quality.data(),
        association.data(),         consumed.data(), &before, terminal.data()};
  }

  offload_view before;
  std::vector<std::int32_t> action;
  std::vector<double> reward, quality, association, consumed;
  std::vector<std::uint8_t> terminal;
};

struct SampleOutcomes {
  explicit SampleOutcomes(std::size_t rows)
      : n(rows),
        action(n, 0),
        quality(n, 1),
        association_raw(n, 0),
        association(n, 0),
        consumed(2 * n, 0),
        relative(2 * n, 0),
        limit(2 * n, std::numeric_limits<double>::infinity()),
        total(2 * n, 0) {}

  offload_outcomes raw() const {
    return {sizeof(offload_outcomes),
            static_cast<std::int32_t>(n),
            2,
            action.data(),
            quality.data(),
            association_raw.data(),
            association.data(),
            consumed.data(),
            relative.data(),
            limit.data(),
            total.data()};
  }

  std::size_t n;
  std::vector<std::int32_t> action;
  std::vector<double> quality, association_raw, association, consumed, relative, limit, total;
};

}  // namespace offload

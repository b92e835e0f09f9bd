// What an agent or a reward is created for, with the arrays of the C struct as spans. A cheap value: copy it
// into a member to keep it. Its arrays live as long as the plugin instance.
#pragma once

#include <offload/abi.h>

#include <cstddef>
#include <cstdint>
#include <span>

namespace offload {

class Environment {
 public:
  explicit Environment(const offload_environment& raw) : raw_(raw) {}

  int actions() const { return raw_.actions; }                    // A
  int modalities() const { return raw_.modalities; }              // M
  int tasks() const { return raw_.tasks; }                        // number of task categories
  int window() const { return raw_.window; }                      // Z frames at the front of an observation
  int frame() const { return raw_.frame; }                        // numbers per frame
  int turns_max() const { return raw_.turns_max; }                // most turns of an episode
  int observation() const { return raw_.observation; }            // D
  int budgets() const { return raw_.budgets; }                    // K
  int evaluation_slots() const { return raw_.evaluation_slots; }  // most slots evaluated at once
  std::uint64_t seed() const { return raw_.seed; }                // for the plugin's own initialisation
  std::int64_t training_steps() const { return raw_.training_steps; }

  // Bit m: the action sends view m.
  std::uint32_t images(int action) const { return raw_.images[action]; }
  // [K] what one turn of the action takes: seconds, US dollars.
  std::span<const double> consumption(int action) const {
    const auto count = static_cast<std::size_t>(raw_.budgets);
    return {raw_.consumption + static_cast<std::size_t>(action) * count, count};
  }
  const offload_environment& raw() const { return raw_; }

 private:
  offload_environment raw_;
};

}  // namespace offload

// On-policy experience, one column of steps per slot, and the advantages computed from it.
#pragma once

#include <offload/checkpoint.hpp>

#include <cstdint>
#include <span>
#include <vector>

namespace offload::learning {

// Steps in the order of time (of one slot) or slot after slot (flattened). x is [rows][inputs], mask
// [rows][A], cost [rows][K]; mask and cost are empty where nobody needs them.
struct Steps {
  std::vector<float> x;
  std::vector<std::uint8_t> mask;
  std::vector<std::int32_t> action;
  std::vector<float> reward;
  std::vector<float> cost;
  std::vector<float> excess;
  std::vector<std::uint8_t> terminal;
  std::vector<float> next_x;  // [inputs] after the last step; of a flattened rollout [slots][inputs]

  int rows() const { return static_cast<int>(action.size()); }
  void append(const Steps& other);
  void clear();
  void save(CheckpointWriter& out) const;
  void load(CheckpointReader& in);
};

class Rollout {
 public:
  // The column of a training slot, created when first asked for.
  Steps& slot(int index);
  int rows() const;
  int longest() const;  // steps of the slot that has most
  void clear();

  struct Flat {
    Steps steps;
    std::vector<int> lengths;  // of the slots that have steps, in order
  };
  Flat flatten() const;

  void save(CheckpointWriter& out) const;
  void load(CheckpointReader& in);

 private:
  std::vector<Steps> slots_;
};

// Generalised advantage estimation over one slot's steps. An end of an episode is terminal: nothing is added
// from beyond it. last_value: the critic's value after the last step, used where that is not an end.
void generalised_advantages(std::span<const float> reward, std::span<const float> value,
                            std::span<const std::uint8_t> terminal, float last_value, double gamma,
                            double lambda, std::span<float> advantage);

// Subtracts the mean; with `scale` also divides by the sample standard deviation + 1e-8. One value:
// unchanged.
void standardise(std::span<float> values, bool scale);

}  // namespace offload::learning

// The interface of an agent in plain C++. Derive from Agent, give the class a constructor
// (const Environment&, ParameterReader&), and name it in OFFLOAD_AGENT (<offload/plugin.hpp>). What more an
// agent can do is found out from the members it has; none of these needs a declaration elsewhere:
//
//   void observe(const Transition& step);         takes in one training step; without it nothing is trained
//   std::int64_t update();                        learns what is due, returns the gradient steps it did
//   void save(CheckpointWriter& out) const;       both or none: everything learned, random state included
//   void load(CheckpointReader& in);
//   void save_policy(CheckpointWriter& out) const;  both or none, where save() writes much that act() in
//   void load_policy(CheckpointReader& in);         Mode::evaluate has no need of: what it decides by alone
//   std::vector<Scalar> scalars() const;          numbers to plot; the same names in the same order each time
//   std::vector<Fact> facts() const;              what its results depend on beside parameters; asked once
//   bool portable_bits() const;                   all it does is the same bits on every machine; asked once,
//                                                 see OFFLOAD_HOST_EXTENSION_PORTABLE_BITS in abi.h
//
// <offload/world.hpp> tells the actions by name, and what is known of each row's query.
//
// One thread calls, one call at a time; views live for the call. Any of them may throw: the trial then fails
// with the exception's text.
#pragma once

#include <offload/abi.h>
#include <offload/checkpoint.hpp>
#include <offload/environment.hpp>
#include <offload/parameters.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace offload {

enum class Mode : std::int32_t { explore = OFFLOAD_EXPLORE, evaluate = OFFLOAD_EVALUATE };

// n parallel episodes, each at the start of a turn; i is a row in 0 .. size() - 1.
class View {
 public:
  View(const offload_environment& environment, const offload_view& raw)
      : environment_(environment), raw_(raw) {}

  int size() const { return raw_.n; }
  int slot(int i) const { return raw_.slot[i]; }          // training slots first, then evaluation slots
  bool first(int i) const { return raw_.first[i] != 0; }  // forget the slot's hidden state
  std::uint64_t rng(int i) const { return raw_.rng[i]; }  // seeds Random; the only randomness for `act`
  // [D] window of frames, oldest first, then turn and remaining budgets.
  std::span<const float> observation(int i) const {
    return row(raw_.observation, i, environment_.observation);
  }
  // [A] 1: can still be followed to the end within all budgets; never all 0.
  std::span<const std::uint8_t> mask(int i) const { return row(raw_.mask, i, environment_.actions); }
  bool allowed(int i, int action) const { return mask(i)[static_cast<std::size_t>(action)] != 0; }
  std::span<const double> limit(int i) const {
    return row(raw_.limit, i, environment_.budgets);
  }  // [K] s, USD
  std::span<const double> spent(int i) const {
    return row(raw_.spent, i, environment_.budgets);
  }  // [K] s, USD
  // The task category of this turn: the last number of the newest frame.
  int task(int i) const {
    const auto last =
        static_cast<std::size_t>(environment_.window) * static_cast<std::size_t>(environment_.frame);
    return static_cast<int>(observation(i)[last - 1]);
  }
  const offload_view& raw() const { return raw_; }

 private:
  template <typename T>
  static std::span<const T> row(const T* data, int i, std::int32_t width) {
    const auto count = static_cast<std::size_t>(width);
    return {data + static_cast<std::size_t>(i) * count, count};
  }

  const offload_environment& environment_;
  const offload_view& raw_;
};

// One training step of n slots; i is a row in 0 .. size() - 1.
class Transition {
 public:
  Transition(const offload_environment& environment, const offload_transition& raw)
      : environment_(environment),
        raw_(raw),
        before_(environment, *raw.before),
        after_(environment, *raw.after) {}

  int size() const { return raw_.n; }
  const View& before() const { return before_; }  // what `act` saw
  const View& after() const { return after_; }    // where terminal, the final state, not the reset one
  int action(int i) const { return raw_.action[i]; }
  double reward(int i) const { return raw_.reward[i]; }
  double quality(int i) const { return raw_.quality[i]; }
  double association(int i) const { return raw_.association[i]; }  // 0..1
  bool terminal(int i) const { return raw_.terminal[i] != 0; }
  // [K] by this turn: s, USD.
  std::span<const double> consumed(int i) const {
    const auto count = static_cast<std::size_t>(environment_.budgets);
    return {raw_.consumed + static_cast<std::size_t>(i) * count, count};
  }
  const offload_transition& raw() const { return raw_; }

 private:
  const offload_environment& environment_;
  const offload_transition& raw_;
  View before_;
  View after_;
};

struct Scalar {
  const char* name;  // lives as long as the agent
  double value;      // NaN where there is none yet
};

struct Fact {
  std::string key;    // such as "blas"
  std::string value;  // such as "OpenBLAS 0.3.21 Zen"
};

class Agent {
 public:
  virtual ~Agent() = default;

  // Writes action[i] in 0 .. A-1 for every row. The choice depends on row i, on its slot's hidden state and,
  // when exploring, on what was learned, never on the other rows; evaluating changes no learning state.
  virtual void act(const View& view, Mode mode, std::span<std::int32_t> action) = 0;
  // Parallel training episodes it asks for, at least 1; a suite may override the number.
  virtual int slots() const { return 1; }
};

}  // namespace offload

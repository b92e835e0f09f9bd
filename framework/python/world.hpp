// A suite opened inside another program, such as Python: its data, splits and budget cells, and for each
// split what episodes are played with. No agent is loaded here, ever: an agent may bring libraries of its own
// (LibTorch) that do not get on with the program's, and is run by the command. A reward is a formula; the
// shipped ones are loaded, so that rewards have the bits of a trial's; one in Python, or that is to be
// isolated, runs in a process of its own.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "core/outcomes/response_memo.hpp"
#include "python/played_reward.hpp"
#include "suite/experiment.hpp"

namespace offload {

struct OpenedWorldSettings {
  std::filesystem::path suite;    // a TOML file
  std::string dataset;            // in place of the suite's; empty: the suite's
  std::filesystem::path plugins;  // the folder of the shipped ones
  // In place of the suite's: the id of a shipped one, or FILE.py:NAME; empty: the suite's.
  std::string reward;
  std::string python;         // the interpreter of a reward for which the suite names none
  std::string compat;         // a preset in place of the suite's; empty: the suite's
  bool trust_reward = false;  // load the suite's reward here also where it is not a shipped one
};

// What the episodes of a split are played with. One caller at a time, who holds the mutex.
struct Played {
  Played(const Experiment& experiment, std::size_t split, const std::filesystem::path& reward_library);

  const Scenario& scenario;
  offload_environment environment;
  PlayedReward reward;
  std::unique_ptr<ResponseModel> model;  // the suite's, of the training episodes
  std::optional<ResponseMemo> memo;      // of the model; none where outcomes are known
  std::mutex busy;
};

class World {
 public:
  // Throws Error as reading and opening a suite does, and Error(plugin) for a reward that is not trusted.
  explicit World(const OpenedWorldSettings& settings);

  const Experiment& experiment() const { return experiment_; }
  const std::filesystem::path& reward_library() const { return reward_library_; }
  // The index of the split of this name; the first for an empty one. Throws Error(config).
  std::size_t split_index(const std::string& name) const;
  // Likewise of a budget cell.
  std::size_t cell_index(const std::string& name) const;
  // Made once per split and shared, as environments of one split play the same episodes. Safe to call from
  // several threads.
  Played& played(std::size_t split);

 private:
  Experiment experiment_;
  std::filesystem::path reward_library_;
  std::mutex making_;
  std::map<std::size_t, std::unique_ptr<Played>> played_;
};

// What a suite's [training] budgets = TEXT means, read by the suite's own reader. Throws Error(config) with
// the place "budgets".
TrainingBudgets parse_budgets(const std::string& text);

}  // namespace offload

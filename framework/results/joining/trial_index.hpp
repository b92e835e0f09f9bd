// Which of a plan's trials there are already, by key and by row and split. Trials may be many, so that their
// names are not kept once more.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "results/plan/report_plan.hpp"

namespace offload {

class TrialIndex {
 public:
  // `trials` outlives the index and only grows; those that are there already have to be added, too.
  explicit TrialIndex(const PlannedTrials& trials)
      : trials_(trials), keys_(0, ByKey{trials}, ByKey{trials}) {}

  // The trial of this key; empty for none.
  std::optional<std::size_t> find(const std::string& key) const {
    const auto known = keys_.find(PlannedKey::of(key));
    if (known == keys_.end()) return std::nullopt;
    return *known;
  }
  // False where the row has another trial on the split already.
  bool claim(const PlannedTrial& trial) {
    const std::uint64_t row = number(rows_, trial.row), split = number(splits_, trial.split);
    return pairs_.insert(row << 32 | split).second;
  }
  void add(std::size_t index) { keys_.insert(static_cast<std::uint32_t>(index)); }

 private:
  struct ByKey {
    using is_transparent = void;
    const PlannedTrials& trials;
    PlannedKey of(std::uint32_t index) const { return trials.planned_key(index); }
    static const PlannedKey& of(const PlannedKey& key) { return key; }
    template <typename T>
    std::size_t operator()(const T& one) const {
      const PlannedKey& key = of(one);
      std::size_t hash;
      std::memcpy(&hash, key.digest.byte.data(), sizeof hash);
      return hash;
    }
    template <typename A, typename B>
    bool operator()(const A& a, const B& b) const {
      return of(a) == of(b);
    }
  };
  using Numbers = std::unordered_map<std::string, std::uint32_t>;

  static std::uint32_t number(Numbers& numbers, const std::string& name) {
    return numbers.emplace(name, static_cast<std::uint32_t>(numbers.size())).first->second;
  }

  const PlannedTrials& trials_;
  std::unordered_set<std::uint32_t, ByKey, ByKey> keys_;
  Numbers rows_, splits_;
  std::unordered_set<std::uint64_t> pairs_;
};

}  // namespace offload

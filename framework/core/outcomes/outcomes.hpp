// What an answer comes to, whoever knows: a response model fitted on logged data, whose amounts are those of
// the profile, or the table of a world with known outcomes, a look-up.
#pragma once

#include <cstdint>
#include <string>

#include "core/environment/world.hpp"
#include "core/outcomes/response_model.hpp"

namespace offload {

struct Outcome {
  double quality;
  Amounts amounts;  // charged
};

class Outcomes {
 public:
  virtual ~Outcomes() = default;
  // `turn` is the data set's, `history` ends with it. Safe to call from several threads. Throws Error where
  // the outcome is not known.
  virtual Outcome of(std::size_t turn, const History& history, int action) const = 0;
};

class ModelOutcomes final : public Outcomes {
 public:
  // Both outlive it.
  ModelOutcomes(const ResponseModel& model, const Consumption& consumption)
      : model_(&model), consumption_(&consumption) {}
  Outcome of(std::size_t, const History& history, int action) const override {
    return {model_->score(history, action), consumption_->of_action(action)};
  }

 private:
  const ResponseModel* model_;
  const Consumption* consumption_;
};

class TableOutcomes final : public Outcomes {
 public:
  // `data` with known outcomes; a copy of it is kept. Throws Error(config) for calls of no arm.
  TableOutcomes(const EpisodeTable& data, const std::string& calls_of);

  // Where the session's first choice binds the later ones, `history` must keep to it.
  Outcome of(std::size_t turn, const History& history, int action) const override {
    if (same_arm_ && !history.action.empty() && history.action.front() != action) {
      refuse_other_arm(turn, history.action.front(), action);
    }
    return at(turn, action);
  }
  // Without a look at the history.
  Outcome at(std::size_t turn, int action) const {
    const auto arm = static_cast<std::size_t>(action);
    if (!table_->is_known(turn, arm)) [[unlikely]]
      refuse_unknown(turn, action);
    return {table_->quality[table_->cell(turn, arm)], charges_.of(turn, arm)};
  }
  // Where at() will read, for a prefetch.
  const void* place(std::size_t turn, int action) const {
    return table_->quality.data() + table_->cell(turn, static_cast<std::size_t>(action));
  }

  const OutcomeTable& table() const { return *table_; }
  const Charges& charges() const { return charges_; }
  bool same_arm() const { return same_arm_; }

 private:
  [[noreturn]] void refuse_unknown(std::size_t turn, int action) const;
  [[noreturn]] void refuse_other_arm(std::size_t turn, int first, int action) const;
  std::string query(std::size_t turn) const;

  EpisodeTable data_;
  const OutcomeTable* table_;
  Charges charges_;
  bool same_arm_;
};

}  // namespace offload

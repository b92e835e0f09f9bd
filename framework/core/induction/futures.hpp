// The scores of everything that can happen in the next turn of an episode, at once: what the exact policies
// ask of a response model, many millions of times.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "core/outcomes/response_model.hpp"
#include "core/simulation/scenario.hpp"

namespace offload {

class Futures {
 public:
  virtual ~Futures() = default;
  // `history` is t turns that are over but for the last action: task [t], action [t - 1]; t may be 0. The
  // next turn's task is one of first_task .. first_task + tasks - 1. Writes the scores of that turn's
  // answers, out [tasks][actions of turn t][actions], for t = 0 out [tasks][actions]; what follows actions of
  // turn t that are not wanted [actions] may be left as it is; null: all are. Safe to call from several
  // threads.
  virtual void scores(const History& history, int first_task, int tasks, const std::uint8_t* wanted,
                      double* out) const = 0;
};

// Asks the model one history at a time.
class ModelFutures final : public Futures {
 public:
  ModelFutures(const ResponseModel& model, int actions) : model_(&model), actions_(actions) {}
  void scores(const History& history, int first_task, int tasks, const std::uint8_t* wanted,
              double* out) const override;

 private:
  const ResponseModel* model_;
  int actions_;
};

// A fast one where there is one for the model, else ModelFutures. Equal to the model's own scores but for the
// order of floating-point sums. Model and scenario must outlive it.
std::unique_ptr<Futures> make_futures(const ResponseModel& model, const Scenario& scenario);

}  // namespace offload

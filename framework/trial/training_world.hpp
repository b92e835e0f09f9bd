// What a row trains in, where that is not what it is evaluated in: another response model of the same logged
// data, or, where a log of known outcomes is simulated, the world that its model makes of the log.
#pragma once

#include <memory>
#include <optional>

#include "core/simulation/batch_environment.hpp"
#include "suite/experiment.hpp"

namespace offload {

// Of one row on one split; the arguments outlive the object. Fitted when it is asked for, once.
class TrainingWorld {
 public:
  TrainingWorld(const Experiment& experiment, const RowSettings& row, const Split& split)
      : experiment_(experiment), row_(row), split_(split) {}

  // Whether the row trains where it is evaluated; then nothing else may be asked.
  bool is_home() const { return row_.training.model == experiment_.suite.response_model; }
  // Throw Error as make_response_model does.
  const Scenario& scenario();
  StepOutcomes outcomes();

 private:
  const Experiment& experiment_;
  const RowSettings& row_;
  const Split& split_;
  std::unique_ptr<const Scenario> simulated_;
  std::unique_ptr<ResponseModel> model_;
  std::optional<ResponseMemo> memo_;
};

}  // namespace offload

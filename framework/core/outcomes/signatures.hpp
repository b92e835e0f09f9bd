// What a response model can still see of the turns that are over: pasts after which every answer scores
// alike, now and later, have one signature, a number given in the order in which they are met.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/outcomes/response_model.hpp"

namespace offload {

class Signatures {
 public:
  // More are not told apart: each costs tasks x actions scores and numbers of what follows, and some hundred
  // bytes.
  static constexpr std::size_t kMost = 200'000, kMostNumbers = std::size_t{1} << 23;
  static constexpr std::uint32_t kNone = 0xffffffff;
  static constexpr std::uint32_t kRoot = 0;  // before the first turn

  // The model must outlive it.
  Signatures(const ResponseModel& model, int tasks, int actions);

  std::size_t size() const { return past_.size(); }
  bool full() const { return past_.size() == most_; }
  // After one more turn; kNone where that would be one too many.
  std::uint32_t next(std::uint32_t signature, int task, int action);
  // What every answer to the task scores, [actions]; stays where it is.
  const double* scores(std::uint32_t signature, int task);

 private:
  std::uint32_t number(Past past);
  std::size_t place(std::uint32_t signature, int task) const {
    return signature * tasks_ + static_cast<std::size_t>(task);
  }

  const ResponseModel* model_;
  std::size_t tasks_, actions_, most_;
  std::vector<Past> past_;                   // the shortest of a signature
  std::vector<std::uint32_t> next_;          // [signature][task][action], kNone: not asked yet
  std::vector<std::vector<double>> scores_;  // [signature][task], empty: not asked yet
  std::unordered_map<std::string, std::uint32_t> known_;
};

}  // namespace offload

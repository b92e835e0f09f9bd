// What the microbenchmarks run in: 100 synthetic episodes, of which 80 train (about 280 turns, as many as the
// public M4AI file gives), the paper's profile of a TX2 on a wired network.
#pragma once

#include <offload/random.hpp>

#include <cstdint>
#include <memory>
#include <vector>

#include "core/environment/split.hpp"
#include "core/outcomes/response_memo.hpp"
#include "core/simulation/batch_environment.hpp"
#include "core/simulation/scenario.hpp"

namespace offload::micro {

struct Setting {
  Setting();

  Scenario scenario;
  Split split;
  std::unique_ptr<ResponseModel> model;
};

const Setting& setting();

inline constexpr Amounts kUnlimitedCell = {kUnlimited, kUnlimited};
inline constexpr Amounts kTightCell = {12'000'000'000, 12'000'000'000};  // 12 s, .012 USD

// Training episodes for ever, all under one budget.
class EndlessSource final : public EpisodeSource {
 public:
  explicit EndlessSource(Amounts limit) : limit_(limit) {}
  bool next(int slot, EpisodeStart& start) override;

 private:
  Amounts limit_;
  std::uint64_t drawn_ = 0;
};

}  // namespace offload::micro

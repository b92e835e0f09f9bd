// Scores an outcome by more than the outcome, in the way an environment variable asks for.
#include <offload/plugin.hpp>

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <string>
#include <utility>

namespace {

std::string asked() {
  const char* variable = std::getenv("OFFLOAD_TEST_FAULT");
  return variable != nullptr ? variable : "before";
}

int created = 0;
const double loaded_at =
    std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();

class Impure final : public offload::Reward {
 public:
  double score(const offload::Outcome& outcome) const override {
    ++asked_;
    const double quality = outcome.quality;
    if (fault_ == "before") return quality - std::exchange(before_, quality);
    if (fault_ == "later") return asked_ > 300 ? quality + 1 : quality;
    if (fault_ == "instance") return quality + number_;
    if (fault_ == "clock") return quality + std::fmod(loaded_at, 1000);
    if (fault_ == "free") return quality / outcome.consumed_relative[offload::kCost];
    if (fault_ == "unlimited") return quality - outcome.total[0] * (outcome.limit[0] - outcome.limit[0]);
    if (fault_ == "unjudged") return std::log(quality);
    return quality;
  }

 private:
  std::string fault_ = asked();
  int number_ = created++;
  mutable double before_ = 0;
  mutable int asked_ = 0;
};

}  // namespace

OFFLOAD_REWARD(Impure, "impure-reward", "1.0.0", "what it scores depends on more than the outcome")

// An agent that misbehaves in the way its parameter, or an environment variable, asks for.
#include <offload/plugin.hpp>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <thread>

namespace {

constexpr const char* kFaults =
    "none|create|infinite|slow|act|no-exception|empty|outside|skipped|batch|count|evaluation|talk";
int created = 0;

const char* asked() {
  const char* variable = std::getenv("OFFLOAD_TEST_FAULT");
  return variable != nullptr ? variable : "none";
}

class Bad final : public offload::Agent {
 public:
  Bad(const offload::Environment&, offload::ParameterReader& parameters)
      : fault_(parameters.text("fault", asked(), kFaults, "what to do")) {
    if (fault_ == "infinite") parameters.number("limit", HUGE_VAL, {}, "none");
    if (fault_ == "create") throw std::runtime_error("the network file is missing");
    if (fault_ == "slow") std::this_thread::sleep_for(std::chrono::milliseconds(1100));
  }
  void act(const offload::View& view, offload::Mode mode, std::span<std::int32_t> action) override {
    if (fault_ == "talk") std::printf("deciding for %d\n", view.size());
    if (fault_ == "act") throw std::runtime_error("lost my mind");
    if (fault_ == "no-exception") throw 7;
    if (fault_ == "empty" && view.size() == 0) throw std::out_of_range("no first row");
    for (int i = 0; i < view.size(); ++i) {
      if (fault_ == "skipped" && i == 1) continue;
      action[static_cast<std::size_t>(i)] = choose(view, mode, i);
    }
  }

 private:
  std::int32_t choose(const offload::View& view, offload::Mode mode, int i) {
    if (fault_ == "outside" && i == 2) return 12;
    if (fault_ == "batch") return view.size() > 1 ? 1 : 0;
    if (fault_ == "count") return number_ % 2;
    if (fault_ == "evaluation" && mode == offload::Mode::evaluate) learned_ = 1;
    return learned_;
  }

  std::string fault_;
  std::int32_t learned_ = 0;
  int number_ = created++;
};

}  // namespace

OFFLOAD_AGENT(Bad, "bad-agent", "1.0.0", "misbehaves")

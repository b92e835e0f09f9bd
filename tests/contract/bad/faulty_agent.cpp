// Breaks a promise of abi.h only at times, in the way an environment variable asks for.
#include <offload/plugin.hpp>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using Clock = std::chrono::system_clock;

int created = 0;
const auto loaded_at =
    std::chrono::duration_cast<std::chrono::seconds>(Clock::now().time_since_epoch()).count();

std::string text_of(const char* variable) {
  const char* text = std::getenv(variable);
  return text != nullptr ? text : "none";
}

class Faulty final : public offload::Agent {
 public:
  void act(const offload::View& view, offload::Mode mode, std::span<std::int32_t> action) override {
    const bool evaluating = mode == offload::Mode::evaluate;
    if (view.size() == 0 && fault_ == "empty when trained" && observed_ > 0)
      throw std::out_of_range("no first row");
    evaluated_ += evaluating;
    for (int i = 0; i < view.size(); ++i) {
      if (fault_ == "unwritten when exploring" && !evaluating && view.task(i) == 1) continue;
      action[static_cast<std::size_t>(i)] = choose(view, evaluating, i);
    }
  }
  void observe(const offload::Transition& step) { observed_ += step.size(); }
  bool portable_bits() const { return fault_ == "portable bits"; }

 private:
  std::int32_t choose(const offload::View& view, bool evaluating, int i) {
    const int n = view.size();
    const std::int32_t outside = static_cast<std::int32_t>(view.mask(i).size());
    if (fault_ == "one below" && view.task(i) == 3) return -1;
    if (fault_ == "one above when exploring" && !evaluating && view.task(i) == 2) return outside;
    if (fault_ == "outside when unlimited") return view.limit(i)[0] > 1e9 ? outside : 0;
    if (fault_ == "outside when over budget") return view.spent(i)[0] > view.limit(i)[0] ? outside : 0;
    if (fault_ == "outside when one is allowed")
      return std::ranges::count(view.mask(i), 1) == 1 ? outside : 0;
    if (fault_ == "large batches") return n > 32 ? 1 : 0;
    if (fault_ == "batches when exploring") return n > 1 && !evaluating ? 1 : 0;
    if (fault_ == "later batches") return evaluated_ > 20 ? view.allowed(0, 1) : 0;
    if (fault_ == "the next row's mask") return view.allowed((i + 1) % n, 1);
    if (fault_ == "memory by row") return memory_[i] = view.first(i) ? view.task(i) % 2 : memory_[i];
    if (fault_ == "calls") return evaluated_ % 2;
    if (fault_ == "created before, evaluating") return evaluating ? number_ % 2 : 0;
    if (fault_ == "clock") return static_cast<std::int32_t>(loaded_at % 7);
    if (fault_ == "evaluation when trained" && evaluating && observed_ > 0) learned_ = 1;
    if (fault_ == "portable bits") return isa_ == "avx2";
    if (fault_ == "few tasks") return table_.at(static_cast<std::size_t>(view.task(i)));
    return learned_;
  }

  std::string fault_ = text_of("OFFLOAD_TEST_FAULT"), isa_ = text_of("OFFLOAD_ISA");
  std::int32_t learned_ = 0;
  int number_ = created++;
  int observed_ = 0, evaluated_ = 0;
  std::map<int, std::int32_t> memory_;
  std::vector<std::int32_t> table_ = {0, 1, 0, 1};
};

}  // namespace

OFFLOAD_AGENT(Faulty, "faulty-agent", "1.0.0", "breaks a promise at times")

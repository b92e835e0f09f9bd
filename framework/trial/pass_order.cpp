#include "trial/pass_order.hpp"

#include <fmt/format.h>
#include <offload/random.hpp>

#include <numeric>
#include <string>

namespace offload {

PassOrder::PassOrder(const Experiment& experiment, const Split& split, const Pass& pass, std::size_t tests)
    : key_(digest_of(fmt::format("pass {} {} {} {} {}", split.stream_of(experiment.suite.seed),
                                 experiment.scenario_of(split).data().sha256, static_cast<int>(pass.kind),
                                 pass.cell, pass.point) +
                     (pass.margin_percent > 0 ? fmt::format(" {}", pass.margin_percent) : ""))),
      order_(tests) {
  std::iota(order_.begin(), order_.end(), std::size_t{0});
  Random random(drawn('o', 0));
  for (std::size_t left = tests; left > 1; --left) std::swap(order_[left - 1], order_[random.below(left)]);
  bits_.reserve(tests);
  for (std::size_t test = 0; test < tests; ++test) bits_.push_back(drawn('b', test));
}

std::uint64_t PassOrder::seed() const { return drawn('s', 0); }

std::uint64_t PassOrder::drawn(char what, std::size_t index) const {
  std::string text(key_.byte.begin(), key_.byte.end());
  text += fmt::format("{}{}", what, index);
  const Digest digest = digest_of(text);
  std::uint64_t value = 0;
  for (int i = 0; i < 8; ++i) value = value << 8 | digest.byte[static_cast<std::size_t>(i)];
  return value;
}

}  // namespace offload

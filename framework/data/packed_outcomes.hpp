// The sections of the packed form (packed.hpp) that hold a table of outcomes.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/environment/outcome_table.hpp"
#include "data/packed.hpp"

namespace offload {

// In this order: meta (the text of a meta file), known, failed, quality, latency_ns, cost_pusd, input_tokens,
// output_tokens, prompt_group, part, features, text_begin, text, begins of query names, query names.
struct PackedOutcomes {
  // All empty without a table; shows what it holds, which outlives it.
  explicit PackedOutcomes(const OutcomeTable* table);
  PackedOutcomes(const PackedOutcomes&) = delete;
  PackedOutcomes& operator=(const PackedOutcomes&) = delete;

  std::array<std::string_view, kPackedOutcomeSections> sections{};

 private:
  std::string meta_, names_;
  std::vector<std::uint64_t> name_begin_;
};

// Back again, trusting nothing: `require(holds, fact)` throws where something does not hold. `file`: for
// messages about the meta text.
std::shared_ptr<const OutcomeTable> unpack_outcomes(std::span<const std::string_view> sections,
                                                    std::size_t turns, const std::string& file,
                                                    const std::function<void(bool, const char*)>& require);

}  // namespace offload

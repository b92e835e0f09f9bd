#include "verify/stored_index.hpp"

#include <algorithm>
#include <tuple>
#include <unordered_map>

#include "results/result_reading.hpp"
#include "verify/recompute.hpp"

namespace offload {
namespace {

using Numbers = std::unordered_map<std::string, std::size_t>;

std::size_t number_of(const Numbers& numbers, const std::string& name) {
  const auto found = numbers.find(name);
  return found == numbers.end() ? numbers.size() : found->second;
}

}  // namespace

StoredIndex read_index(const std::filesystem::path& folder, const Plan& plan) {
  Numbers rows, splits;
  for (const RowSettings& row : plan.experiment.suite.rows) rows.emplace(row.name, rows.size());
  for (const Split& split : plan.experiment.splits) splits.emplace(split.name, splits.size());
  StoredIndex index;
  const auto trial = [&](const TrialResult& result) {
    index.trials.push_back({result.key, number_of(splits, result.split), number_of(rows, result.row),
                            result.status == TrialStatus::ok, tolerance_of(result.host) == 0});
  };
  const auto reference = [&](const ReferenceResult& result) {
    index.references.push_back(
        {result.key, number_of(splits, result.split), result.status == TrialStatus::ok});
  };
  index.left_out = visit_results({folder}, {trial, reference});
  const auto place = [](const auto& entry) { return std::tie(entry.split, entry.key); };
  std::ranges::sort(index.trials, {}, place);
  std::ranges::sort(index.references, {}, place);
  return index;
}

}  // namespace offload

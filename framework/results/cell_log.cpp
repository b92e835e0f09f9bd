#include "results/cell_log.hpp"

#include <fmt/format.h>

#include <limits>

namespace offload {
namespace {

constexpr double kAnySum = -std::numeric_limits<double>::infinity();

}  // namespace

nlohmann::json written(const LogVerdict& verdict) {
  nlohmann::json said = nlohmann::json::object();
  for (std::size_t e = 0; e < kLogEstimators; ++e) said[kLogEstimatorNames[e]] = verdict.said[e];
  return {{"effective_sample_size", verdict.effective_sample_size},
          {"queries", verdict.queries},
          {"truth", verdict.truth},
          {"said", std::move(said)}};
}

LogVerdict read_log_verdict(const CheckedJson& value, std::size_t tests) {
  LogVerdict verdict;
  verdict.effective_sample_size = value.at("effective_sample_size").number(0);
  const CheckedJson queries = value.at("queries");
  const std::size_t blocks = queries.array_size(kLogBlocks);
  std::int64_t left = static_cast<std::int64_t>(tests);
  for (std::size_t b = 0; b < blocks; ++b) {
    verdict.queries.push_back(queries.at(b).integer(1, static_cast<std::int64_t>(tests)));
    left -= verdict.queries.back();
  }
  if (left != 0) queries.refuse(fmt::format("{} queries in all", tests));
  verdict.truth = value.at("truth").numbers(blocks, kAnySum);
  for (const char* name : kLogEstimatorNames)
    verdict.said.push_back(value.at("said").at(name).numbers(blocks, kAnySum));
  return verdict;
}

}  // namespace offload

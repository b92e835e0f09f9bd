#include "report/isolation.hpp"

#include <fmt/format.h>

#include <set>

namespace offload {

std::vector<std::string> isolation_warnings(const Report& report) {
  std::set<std::string> lacks;
  for (std::size_t i = 0; i < report.plan.trials.size(); ++i) {
    const TrialLine line = report.head(i);
    if (!line.origin) continue;
    const auto missing = line.origin->host.find(kIsolationMissing);
    if (missing == line.origin->host.end()) continue;
    lacks.insert(fmt::format("Row {} was isolated on a machine that does not hold all of it: {}.",
                             line.planned.row, missing->second));
  }
  return {lacks.begin(), lacks.end()};
}

}  // namespace offload

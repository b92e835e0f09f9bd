#include "report/isolation.hpp"

#include <fmt/format.h>

#include <set>

namespace offload {

std::vector<std::string> isolation_warnings(const Report& report) {
  std::set<std::string> lacks;
  for (const TrialLine& line : report.trials) {
    if (!line.origin) continue;
    const auto missing = line.origin->host.find(kIsolationMissing);
    if (missing == line.origin->host.end()) continue;
    lacks.insert(fmt::format("Row {} was isolated on a machine that does not hold all of it: {}.",
                             line.planned.row, missing->second));
  }
  return {lacks.begin(), lacks.end()};
}

}  // namespace offload

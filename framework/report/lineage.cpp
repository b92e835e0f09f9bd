#include "report/lineage.hpp"

#include <fmt/format.h>

namespace offload {

std::vector<std::string> lineage_warnings(const ReportPlan& plan) {
  std::vector<std::string> warnings;
  for (const ReportRow& row : plan.rows) {
    const RowLineage& lineage = row.lineage;
    if (lineage.training == "seen") {
      warnings.push_back(
          fmt::format("Row {} starts from a checkpoint that was trained on {} of its {} tests: its figures "
                      "say nothing of "
                      "new episodes.",
                      row.name, lineage.seen_tests, lineage.tests));
    } else if (lineage.training == "unknown") {
      warnings.push_back(fmt::format(
          "Row {} starts from a checkpoint that does not say what it was trained on: its tests may "
          "have been among it.",
          row.name));
    }
  }
  return warnings;
}

}  // namespace offload

#include "report/lineage.hpp"
#include "core/counted.hpp"

#include <fmt/format.h>

#include <map>

namespace offload {

std::vector<std::string> lineage_warnings(const ReportPlan& plan) {
  std::vector<std::string> warnings;
  for (const ReportRow& row : plan.rows) {
    const RowLineage& lineage = row.lineage;
    if (lineage.training == "seen") {
      warnings.push_back(
          fmt::format("Row {} starts from a checkpoint that was trained on {} of its {}: its figures "
                      "say nothing of "
                      "new episodes.",
                      row.name, lineage.seen_tests, counted(lineage.tests, "test")));
    } else if (lineage.training == "unknown") {
      warnings.push_back(fmt::format(
          "Row {} starts from a checkpoint that does not say what it was trained on: its tests may "
          "have been among it.",
          row.name));
    }
  }
  for (const ReportRow& row : plan.rows) {
    if (row.lineage.seen_validation == 0) continue;
    warnings.push_back(fmt::format(
        "Row {} starts from a checkpoint that was trained on {} of the {} that its candidates were "
        "validated on: what it chose among them may be what remembers best, not what learns best.",
        row.name, row.lineage.seen_validation, counted(row.lineage.validation, "episode")));
  }
  std::map<std::string, std::vector<std::string>> by_model;
  for (const ReportRow& row : plan.rows) {
    if (!row.training_model.empty()) by_model[row.training_model].push_back(row.name);
  }
  for (const auto& [model, rows] : by_model) {
    warnings.push_back(fmt::format(
        "Trained on the response model {}{}: {}. Exact values, static mixes and the causal oracle "
        "are of the suite's own.",
        model, model == "true_mean" ? ", the truth itself" : "", fmt::join(rows, ", ")));
  }
  return warnings;
}

}  // namespace offload

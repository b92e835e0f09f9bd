// What the checkpoint of a row was trained on, against the episodes that the row is tested on.
#pragma once

#include <string>
#include <vector>

#include "results/plan/report_plan.hpp"
#include "suite/experiment.hpp"

namespace offload {

struct Plan;

// Never throws: a checkpoint that cannot be read is of unknown lineage, and fails its trials.
RowLineage row_lineage(const Experiment& experiment, const RowSettings& row);

// Why rows of a planned official task must not run: a sentence each, with place, fact and fix, for rows that
// start from what was, or may have been, trained on tests. Empty where the suite is no official task.
std::vector<std::string> lineage_refusals(const Plan& plan);

}  // namespace offload

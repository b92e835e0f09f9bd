#include "report/boards/claims.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <span>

#include "files/sha256.hpp"

namespace offload {

std::string claim_name(const ClaimRule& rule) {
  switch (rule.claim) {
    case Claim::policies:
      return "P: these trained policies";
    case Claim::method:
      return rule.one_training_set ? "D: these methods on this training set"
                                   : "D: these methods on this data set";
    case Claim::fresh_data:
      return "F: these methods on fresh data sets";
  }
  return {};
}

std::string claim_sentence(const ClaimRule& rule, bool known_outcomes) {
  switch (rule.claim) {
    case Claim::policies:
      return "Intervals and tests claim P: of these trained policies, over episodes like the tested ones. "
             "There "
             "is one run, so nothing is claimed of the methods.";
    case Claim::method:
      if (rule.one_training_set) {
        return "Intervals and tests claim D on one training set: of these methods over other trainings on "
               "the "
               "same episodes. Other training sets, and fresh data (F), are not covered.";
      }
      return fmt::format(
          "Intervals and tests claim D: of these methods on this data set, over other splits, trainings and "
          "episodes like its own{}. A fresh data set is claim F, beside it where pairs are compared.",
          known_outcomes ? "" : ", as its response models see them");
    case Claim::fresh_data:
      return "Intervals and tests claim F: of these methods on fresh data sets of this size, since every run "
             "drew its own (t test of the runs' means).";
  }
  return {};
}

std::vector<std::vector<std::size_t>> same_decisions(const MatchedTrials& matched,
                                                     const std::vector<RowFigures>& rows) {
  std::map<Digest, std::vector<std::size_t>> groups;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    if (rows[row].status != RowStatus::complete) continue;
    Sha256 decisions;
    for (const CellColumns& cell : matched.trials.columns(row)->cells) {
      const auto bytes = std::as_bytes(std::span(cell.decisions));
      decisions.update({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    }
    groups[decisions.digest()].push_back(row);
  }
  std::vector<std::vector<std::size_t>> result;
  for (auto& [decisions, group] : groups) {
    if (group.size() > 1) result.push_back(std::move(group));
  }
  std::sort(result.begin(), result.end());
  return result;
}

std::string same_decisions_sentence(const std::vector<RowFigures>& rows,
                                    const std::vector<std::size_t>& group) {
  std::string names;
  for (std::size_t i = 0; i < group.size(); ++i) {
    names += i == 0 ? "" : i + 1 == group.size() ? " and " : ", ";
    names += rows[group[i]].row.name;
  }
  return names + " took the same decisions in every test.";
}

}  // namespace offload

#include "report/sections/simulated_log.hpp"

#include <fmt/format.h>

#include "core/counted.hpp"
#include "core/logs/outcome_log.hpp"
#include "report/text/text.hpp"

namespace offload {
namespace {

Json estimate_json(std::size_t estimator, const LogEstimate& estimate) {
  return {{"estimator", kLogEstimatorNames[estimator]},
          {"values", estimate.values},
          {"truth", estimate.truth},
          {"said", estimate.said},
          {"bias", estimate.bias},
          {"rmse", estimate.rmse},
          {"interval_holds", estimate.holds}};
}

Json of_all_rows(std::size_t estimator, const LogEstimate& estimate) {
  Json json = estimate_json(estimator, estimate);
  json["pairs"] = estimate.pairs;
  json["sign_right"] = estimate.right;
  json["sure"] = estimate.sure;
  json["sure_and_wrong"] = estimate.sure_and_wrong;
  return json;
}

// Visits the rows that were judged.
template <typename Visit>
void each_judged(const Report& report, std::size_t cell, const Visit& visit) {
  for (std::size_t r = 0; r < report.rows.size(); ++r) {
    const LogRow& row = report.log.cell[cell].row[r];
    if (row.estimate.front().values > 0) visit(report.rows[r], row);
  }
}

// "87.5 % of 120"; "-" of none.
std::string share_of(std::int64_t part, std::int64_t all) {
  if (all == 0) return "-";
  return fmt::format("{} of {}", text::percent(static_cast<double>(part) / static_cast<double>(all)), all);
}

// The policy in words; its name where this version does not know it.
std::string policy_words(const std::string& name) {
  for (const LoggingPolicy& policy : kLoggingPolicies) {
    if (name == policy.name) return fmt::format("{} ({})", name, policy.words);
  }
  return text::shown(name, 100);
}

std::string signed_figure(double value) { return (value < 0 ? "" : "+") + text::fixed(value, 4); }

}  // namespace

Json simulated_log_json(const Report& report) {
  Json cells = listed_to(report.log.cell.size(), [&](std::size_t c) -> Json {
    Json rows = Json::array();
    each_judged(report, c, [&](const RowFigures& row, const LogRow& of_row) {
      rows.push_back({{"row", row.row.name},
                      {"effective_share", of_row.effective_share},
                      {"estimators", listed_to(kLogEstimators, [&](std::size_t e) {
                         return estimate_json(e, of_row.estimate[e]);
                       })}});
    });
    return {{"cell", report.plan.cells[c].name},
            {"estimators",
             listed_to(kLogEstimators,
                       [&](std::size_t e) { return of_all_rows(e, report.log.cell[c].estimate[e]); })},
            {"rows", std::move(rows)}};
  });
  return {{"policy", report.plan.log_policy},
          {"model", report.plan.log_model},
          {"logs", report.log.logs},
          {"cells", std::move(cells)}};
}

std::string simulated_log_markdown(const Report& report) {
  if (report.log.cell.empty()) return {};
  std::string out = fmt::format(
      "\n## Simulated log\n\nOf every query one arm's answer was kept, by the policy {}; {}. Rows "
      "learned "
      "from that alone, by the model `{}` where they name no other (`exact`: from every outcome). What "
      "estimators that know the log alone say of the frozen rows, beside what the table knows on the same "
      "tests: bias and root mean square of said less true reward, share of 95 % intervals with the truth in "
      "them, and of pairs of rows that the truth tells apart the share with the right sign; exploratory.\n",
      text::markdown(policy_words(report.plan.log_policy)), counted(report.log.logs, "log"),
      text::markdown(report.plan.log_model));
  for (std::size_t c = 0; c < report.log.cell.size(); ++c) {
    out += fmt::format(
        "\n### Simulated log, {}\n\n| Estimator | Bias | RMSE | 95 % holds | Sign right | Sure | Sure and "
        "wrong "
        "|\n|:--|--:|--:|--:|--:|--:|--:|\n",
        text::markdown(report.plan.cells[c].name));
    for (std::size_t e = 0; e < kLogEstimators; ++e) {
      const LogEstimate& estimate = report.log.cell[c].estimate[e];
      out += fmt::format("| {} | {} | {} | {} | {} | {} | {} |\n", kLogEstimatorNames[e],
                         signed_figure(estimate.bias), text::fixed(estimate.rmse, 4),
                         text::percent(estimate.holds), share_of(estimate.right, estimate.pairs),
                         estimate.sure, estimate.sure_and_wrong);
    }
    out +=
        "\n| Row | True reward | Simulator / table | Held out | Doubly robust | Effective sample |\n"
        "|:--|--:|--:|--:|--:|--:|\n";
    each_judged(report, c, [&](const RowFigures& row, const LogRow& of_row) {
      out += fmt::format("| {} | {} | {} | {} | {} | {} |\n", text::markdown(row.row.name),
                         text::fixed(of_row.estimate[kSimulatorTable].truth, 4),
                         text::fixed(of_row.estimate[kSimulatorTable].said, 4),
                         text::fixed(of_row.estimate[kHeldOutTable].said, 4),
                         text::fixed(of_row.estimate[kDoublyRobust].said, 4),
                         text::percent(of_row.effective_share));
    });
  }
  return out;
}

namespace {

std::string log_line(const std::string& cell, const std::string& row, std::size_t estimator,
                     const LogEstimate& estimate, std::vector<std::string> behind) {
  std::vector<std::string> fields = {cell, row, kLogEstimatorNames[estimator],
                                     std::to_string(estimate.values)};
  for (const double figure : {estimate.truth, estimate.said, estimate.bias, estimate.rmse, estimate.holds})
    fields.push_back(text::exact(figure));
  fields.insert(fields.end(), behind.begin(), behind.end());
  return text::csv_line(fields);
}

}  // namespace

std::string simulated_log_csv(const Report& report) {
  if (report.log.cell.empty()) return {};
  std::string out =
      text::csv_line({"cell", "row", "estimator", "values", "truth", "said", "bias", "rmse", "interval_holds",
                      "pairs", "sign_right", "sure", "sure_and_wrong", "effective_share"});
  for (std::size_t c = 0; c < report.log.cell.size(); ++c) {
    const std::string& cell = report.plan.cells[c].name;
    for (std::size_t e = 0; e < kLogEstimators; ++e) {
      const LogEstimate& all = report.log.cell[c].estimate[e];
      out += log_line(cell, "", e, all,
                      {std::to_string(all.pairs), std::to_string(all.right), std::to_string(all.sure),
                       std::to_string(all.sure_and_wrong), ""});
    }
    each_judged(report, c, [&](const RowFigures& row, const LogRow& of_row) {
      for (std::size_t e = 0; e < kLogEstimators; ++e) {
        out += log_line(cell, row.row.name, e, of_row.estimate[e],
                        {"", "", "", "", text::exact(of_row.effective_share)});
      }
    });
  }
  return out;
}

void print_simulated_log(Terminal& terminal, const Report& report) {
  for (std::size_t c = 0; c < report.log.cell.size(); ++c) {
    terminal.line("");
    terminal.title(
        fmt::format("Verdicts from {}, {}, cell {}; exploratory", counted(report.log.logs, "simulated log"),
                    text::shown(report.plan.log_policy, 40), text::shown(report.plan.cells[c].name, 40)));
    Table estimators{{"Estimator", "Bias", "RMSE", "95 % holds", "Sign right", "Sure", "Wrong"},
                     0,
                     {},
                     {"Estimator", "Bias", "RMSE", "Holds", "Sign right", "Sure", "Wrong"}};
    for (std::size_t e = 0; e < kLogEstimators; ++e) {
      const LogEstimate& estimate = report.log.cell[c].estimate[e];
      estimators.rows.push_back(
          {{kLogEstimatorNames[e], signed_figure(estimate.bias), text::fixed(estimate.rmse, 4),
            text::percent(estimate.holds), share_of(estimate.right, estimate.pairs),
            std::to_string(estimate.sure), std::to_string(estimate.sure_and_wrong)},
           estimate.sure_and_wrong > 0 ? Style::warn : Style::plain});
    }
    terminal.table(estimators);
    Table rows{{"Row", "True", "Simulator", "Held out", "Doubly robust", "Effective"}, 0, {}, {}};
    each_judged(report, c, [&](const RowFigures& row, const LogRow& of_row) {
      rows.rows.push_back(
          {{text::shown(row.row.name), text::fixed(of_row.estimate[kSimulatorTable].truth, 4),
            text::fixed(of_row.estimate[kSimulatorTable].said, 4),
            text::fixed(of_row.estimate[kHeldOutTable].said, 4),
            text::fixed(of_row.estimate[kDoublyRobust].said, 4), text::percent(of_row.effective_share)},
           Style::plain});
    });
    terminal.table(rows);
  }
}

}  // namespace offload

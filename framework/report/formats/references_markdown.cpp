#include "core/error.hpp"
#include "report/boards/reference_figures.hpp"
#include "report/figures/references.hpp"
#include "report/formats/formats.hpp"
#include "report/text/text.hpp"

namespace offload {
namespace {

using text::fixed;
using text::markdown;

std::string line_of(const std::vector<std::string>& cells) {
  std::string line = "|";
  for (const std::string& cell : cells) line += " " + cell + " |";
  return line + "\n";
}

std::string values_markdown(const Report& report) {
  const ReferenceFigures& references = report.references;
  std::string out = fmt::format(
      "\n### Values under the causal model\n\nWhat each deterministic row is worth, exactly, when tasks come "
      "as "
      "the training split has them; means over the runs. The causal value bounds a row only where it neither "
      "breaks a budget nor leaves the mask; other shares are marked *.\n\n");
  out += line_of(
      {"Row", "Cell", "Value", "Of the causal value", "Violation probability", "Actions outside mask"});
  out += "|:--|:--|--:|--:|--:|--:|\n";
  for (std::size_t c = 0; c < references.causal.size(); ++c) {
    const CausalFigures& f = references.causal[c];
    const std::string cell = markdown(report.plan.cells[c].name);
    out +=
        line_of({"*causal oracle*", cell,
                 f.exact ? fixed(f.upper, 4) : fmt::format("{} to {}", fixed(f.lower, 4), fixed(f.upper, 4)),
                 f.exact ? "100 %" : markdown(f.reason), "0", "0"});
    const std::string error =
        f.masked_random_standard_error > 0
            ? fmt::format(" (standard error {})", fixed(f.masked_random_standard_error, 4))
            : "";
    out += line_of({"*masked random*", cell, fixed(f.masked_random, 4) + error,
                    f.exact ? text::percent(f.masked_random / f.upper) : "-", "0", "0"});
  }
  for (std::size_t r = 0; r < report.rows.size(); ++r) {
    for (std::size_t c = 0; c < references.causal.size(); ++c) {
      const RowValue& value = references.cell_value[r][c];
      if (!value.known) continue;
      std::string share = share_text(value);
      if (share.ends_with('*')) share.insert(share.size() - 1, "\\");
      out += line_of({markdown(report.rows[r].row.name), markdown(report.plan.cells[c].name),
                      fixed(value.value, 4), share, text::percent(value.violation_probability),
                      fixed(value.masked_actions, 3)});
    }
  }
  return out;
}

std::string opponent_text(const std::optional<OpponentComparison>& opponent) {
  if (!opponent) return "-";
  return fmt::format("{} ({:+.3f}, p {})", opponent->verdict, opponent->difference,
                     text::p_value(opponent->p));
}

std::string opponents_markdown(const Report& report, std::size_t v) {
  const ViewReferences& view = report.references.view[v];
  std::string rows;
  for (std::size_t r = 0; r < report.rows.size(); ++r) {
    for (std::size_t c = 0; c < report.plan.cells.size(); ++c) {
      const CellOpponents& opponents = view.cell_opponents[r][c];
      if (!opponents.static_mix) continue;
      rows += line_of({markdown(report.rows[r].row.name), markdown(report.plan.cells[c].name),
                       opponent_text(opponents.best_constant), opponent_text(opponents.static_mix)});
    }
  }
  if (rows.empty()) return {};
  return fmt::format("\n### Learning rows against the best constant and their static mix, by cell ({})\n\n",
                     markdown(report.views[v].name())) +
         line_of({"Row", "Cell", "Best constant", "Static mix"}) + "|:--|:--|:--|:--|\n" + rows;
}

std::string regret_markdown(const Report& report, std::size_t v) {
  const ViewReferences& view = report.references.view[v];
  std::string rows;
  for (std::size_t r = 0; r < report.rows.size(); ++r) {
    if (!view.regret[r] && !view.mix[r]) continue;
    std::vector<std::string> cells = {markdown(report.rows[r].row.name), "-", "-", "-", "-"};
    if (const auto& regret = view.regret[r]) {
      cells[1] = fixed(regret->constraint, 3);
      cells[2] = fixed(regret->foresight, 3);
      if (regret->learning) cells[3] = fixed(*regret->learning, 3);
    }
    cells[4] = opponent_text(view.mix[r]);
    rows += line_of(cells);
  }
  if (rows.empty()) return {};
  return fmt::format("\n### Regret and static mix ({})\n\n", markdown(report.views[v].name())) +
         "Parts of the distance to the unlimited hindsight optimum, means over cells; learning only for rows "
         "without violations. Static mix: the row against the best fixed probabilities that take no more "
         "latency "
         "and cost.\n\n" +
         line_of({"Row", "Constraint", "Foresight", "Learning", "Against its static mix"}) +
         "|:--|--:|--:|--:|:--|\n" + rows;
}

std::string calibration_markdown(const Report& report) {
  std::string out = "\n### Calibration of the response models\n\n";
  const auto& models = report.references.calibration;
  if (models.empty()) return {};
  for (const ModelCalibration& model : models) out += "- " + markdown(calibration_sentence(model)) + "\n";
  std::vector<std::string> heads = {"Model", "R2", "bias local"};
  for (std::size_t k = 1; k < models[0].figures.bias.size(); ++k) {
    heads.push_back(k == 1 ? "text" : fmt::format("{} image{}", k - 1, k == 2 ? "" : "s"));
  }
  out += "\n" + line_of(heads) + "|:--|";
  for (std::size_t i = 1; i < heads.size(); ++i) out += "--:|";
  out += "\n";
  for (const ModelCalibration& model : models) {
    std::vector<std::string> cells = {markdown(model.model), fixed(model.figures.r2, 3)};
    for (const double bias : model.figures.bias) cells.push_back(fixed(bias, 3));
    out += line_of(cells);
  }
  return out;
}

}  // namespace

std::string references_markdown(const Report& report) {
  if (report.references.causal.empty()) return {};
  std::string out = "\n## Against the exact policies\n" + values_markdown(report);
  for (std::size_t v = 0; v < report.references.view.size(); ++v) out += regret_markdown(report, v);
  for (std::size_t v = 0; v < report.references.view.size(); ++v) out += opponents_markdown(report, v);
  return out + calibration_markdown(report);
}

}  // namespace offload

#include "report/boards/reference_figures.hpp"
#include "report/figures/references.hpp"
#include "report/formats/json.hpp"

namespace offload {
namespace {

Json value_json(const RowValue& value) {
  if (!value.known) return {};
  return {{"value", value.value},
          {"causal_share", value.causal_share},
          {"violation_probability", value.violation_probability},
          {"masked_actions", value.masked_actions},
          {"bounded", value.bounded}};
}

Json opponent_json(const std::optional<OpponentComparison>& opponent) {
  if (!opponent) return {};
  return {{"reward", opponent->reward},
          {"difference", opponent->difference},
          {"difference_interval", opponent->interval},
          {"p", opponent->p},
          {"verdict", opponent->verdict}};
}

Json regret_json(const std::optional<RowRegret>& regret) {
  if (!regret) return {};
  return {
      {"constraint", regret->constraint}, {"foresight", regret->foresight}, {"learning", regret->learning}};
}

class ReferenceWriter {
 public:
  explicit ReferenceWriter(const Report& report) : report_(report), references_(report.references) {}

  Json write() const {
    return {{"cells", by_cell([this](std::size_t c) { return cell(c); })},
            {"views", listed_to(references_.view.size(), [this](std::size_t v) { return view(v); })},
            {"rows", listed_to(references_.value.size(), [this](std::size_t r) { return row(r); })},
            {"calibration", listed(references_.calibration, calibration)}};
  }

 private:
  // One entry per cell of the suite, {"cell", ...what `fields` says}.
  template <typename Fields>
  Json by_cell(const Fields& fields) const {
    return listed_to(references_.causal.size(), [&](std::size_t c) {
      Json entry = {{"cell", report_.plan.cells[c].name}};
      entry.update(fields(c));
      return entry;
    });
  }

  Json cell(std::size_t c) const {
    const CausalFigures& f = references_.causal[c];
    Json entry = {{"exact", f.exact},
                  {"reason", f.exact ? Json() : Json(f.reason)},
                  {"causal_value", f.exact ? Json(f.upper) : Json()},
                  {"lower", f.lower},
                  {"upper", f.upper},
                  {"masked_random_value", f.masked_random}};
    if (f.masked_random_standard_error > 0) {
      entry["masked_random_standard_error"] = f.masked_random_standard_error;
    }
    return entry;
  }

  Json view(std::size_t v) const {
    const ViewReferences& view = references_.view[v];
    return {{"lens", report_.views[v].lens},
            {"model", report_.views[v].model},
            {"rows", listed(view.rows, [this](const ReferenceRow& row) { return reference(row); })},
            {"policies", listed_to(report_.rows.size(), [&](std::size_t r) { return policy(view, r); })}};
  }

  Json reference(const ReferenceRow& row) const {
    const auto cell = [&row](std::size_t c) -> Json {
      return {{"reward", row.cell_reward[c]}, {"score", row.cell_score[c]}};
    };
    return {{"row", row.name},
            {"reward", row.reward},
            {"score", row.score},
            {"latency_s_per_episode", row.per_episode[0]},
            {"cost_usd_per_episode", row.per_episode[1]},
            {"cells", by_cell(cell)}};
  }

  Json policy(const ViewReferences& view, std::size_t r) const {
    const auto cell = [&](std::size_t c) -> Json {
      const CellOpponents& opponents = view.cell_opponents[r][c];
      return {{"best_constant", opponent_json(opponents.best_constant)},
              {"static_mix", opponent_json(opponents.static_mix)}};
    };
    return {{"row", report_.rows[r].row.name},
            {"regret", regret_json(view.regret[r])},
            {"static_mix", opponent_json(view.mix[r])},
            {"cells", by_cell(cell)}};
  }

  Json row(std::size_t r) const {
    const auto cell = [&](std::size_t c) -> Json {
      return {{"value", value_json(references_.cell_value[r][c])}};
    };
    return {{"row", report_.rows[r].row.name},
            {"value", value_json(references_.value[r])},
            {"cells", by_cell(cell)}};
  }

  static Json calibration(const ModelCalibration& model) {
    return {{"model", model.model},
            {"r2", model.figures.r2},
            {"uncalibrated", model.figures.uncalibrated()},
            {"claim", calibration_sentence(model)},
            {"bias", model.figures.bias},
            {"turns", model.figures.turns},
            {"folds", model.figures.folds},
            {"repeats", model.figures.repeats}};
  }

  const Report& report_;
  const ReferenceFigures& references_;
};

}  // namespace

Json references_json(const Report& report) { return ReferenceWriter(report).write(); }

}  // namespace offload

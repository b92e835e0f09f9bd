#include "report/boards/headline.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/counted.hpp"
#include "report/text/text.hpp"

namespace offload {
namespace {

using text::fixed;

bool is_known(const ScoreView& view) { return view.lens == kTableLens || view.model == "true_mean"; }

const ModelCalibration* calibration_of(const Report& report, const ScoreView& view) {
  const auto found = std::ranges::find(report.references.calibration, view.model, &ModelCalibration::model);
  return found == report.references.calibration.end() ? nullptr : &*found;
}

// The first board of known truth, else of the model of largest R2 above 0.
void choose_board(const Report& report, Headline& headline) {
  if (report.boards.empty()) return;
  headline.board = 0;
  double best = 0;
  for (std::size_t i = 0; i < report.boards.size(); ++i) {
    const ScoreView& view = report.boards[i].view;
    if (is_known(view)) {
      headline.board = i;
      headline.support = Headline::Support::known;
      return;
    }
    const ModelCalibration* model = calibration_of(report, view);
    if (model == nullptr || model->figures.uncalibrated() || !(model->figures.r2 > best)) continue;
    best = model->figures.r2;
    headline.board = i;
    headline.support = Headline::Support::calibrated;
  }
}

const PairTest* test_of(const Leaderboard& board, std::size_t a, std::size_t b) {
  if (board.significance.empty()) return nullptr;
  const auto& pairs = board.significance[0].pairs;
  const auto found = std::ranges::find_if(
      pairs, [&](const PairTest& p) { return (p.a == a && p.b == b) || (p.a == b && p.b == a); });
  return found == pairs.end() ? nullptr : &*found;
}

void compare_first_two(const Leaderboard& board, Headline& headline) {
  const auto leads = [&board](std::size_t i) {
    return board.entries.size() > i && board.entries[i].tier == 1;
  };
  if (!leads(0)) return;
  headline.leader = board.entries[0].row;
  if (!leads(1)) return;
  headline.runner_up = board.entries[1].row;
  const PairTest* pair = test_of(board, *headline.leader, *headline.runner_up);
  if (pair == nullptr) return;
  const bool turned = pair->a != *headline.leader;
  headline.difference = turned ? -pair->difference : pair->difference;
  headline.interval = turned ? Interval{-pair->interval.high, -pair->interval.low} : pair->interval;
  headline.significant = pair->significant(kAlpha) && headline.difference > 0;
}

std::optional<double> regret_of(const Report& report, const Headline& headline) {
  double regret = kNan;
  if (!report.bounds.overall.empty()) {
    const GapShare& gap = report.bounds.overall[*headline.leader];
    regret = gap.hindsight - gap.row;
  } else if (report.references.view.size() > *headline.board) {
    const ViewReferences& view = report.references.view[*headline.board];
    if (!view.rows.empty()) regret = view.rows[0].reward - report.boards[*headline.board].entries[0].reward;
  }
  return std::isfinite(regret) ? std::optional(regret) : std::nullopt;
}

// "Against the known truth (simulator / true_mean)".
std::string ground_of(const Report& report, const Headline& headline) {
  const ScoreView& view = report.boards[*headline.board].view;
  if (view.lens == kTableLens) return "With every outcome known";
  if (headline.support == Headline::Support::known)
    return fmt::format("Against the known truth ({})", view.name());
  const ModelCalibration* model = calibration_of(report, view);
  if (headline.support == Headline::Support::calibrated) {
    return fmt::format("Under {}, which predicts unseen episodes best (R2 {})", view.name(),
                       fixed(model->figures.r2, 2));
  }
  return fmt::format("Under {}, {}", view.name(),
                     model == nullptr
                         ? "uncalibrated as far as this report knows"
                         : "uncalibrated as every view here, so no claim about real conversations");
}

// Rows of tier 1 whose rewards do not differ significantly from the leader's.
std::size_t ties_of(const Leaderboard& board, std::size_t leader) {
  return static_cast<std::size_t>(std::ranges::count_if(board.entries, [&](const LeaderboardEntry& e) {
    const PairTest* pair = test_of(board, leader, e.row);
    return e.tier == 1 && e.row != leader && (pair == nullptr || !pair->significant(kAlpha));
  }));
}

bool decide_alike(const Report& report, std::size_t a, std::size_t b) {
  return std::ranges::any_of(report.same_decisions, [&](const std::vector<std::size_t>& group) {
    return std::ranges::count(group, a) > 0 && std::ranges::count(group, b) > 0;
  });
}

std::string other_views(const Headline& headline) {
  if (headline.views == 1)
    return headline.holds == 1 ? "it leads in the other view too" : "it does not lead in the other view";
  if (headline.holds == headline.views)
    return fmt::format("it leads in all {} too", counted(headline.views, "other view"));
  return fmt::format("it leads in {} of {}", headline.holds == 0 ? "none" : std::to_string(headline.holds),
                     counted(headline.views, "other view"));
}

// Where no row keeps every budget.
std::string fewest_of(const Report& report, const Leaderboard& board, const std::string& first) {
  const ViolationRate& fewest = board.entries[0].joint;
  if (report.plan.world && fewest.rate <= report.plan.max_violation_rate) {
    return fmt::format(
        "no row is shown to keep every budget: {} breaks one in {} of its tests, and in up to {} as "
        "far as so few tell",
        first, text::percent(fewest.rate), text::percent(fewest.interval.high));
  }
  return fmt::format("no row keeps every budget; {} breaks one in the fewest tests, {}", first,
                     text::percent(fewest.rate));
}

// Why an interval may leave out 0 where nothing is significant: it is of its pair alone.
std::string corrected(const Headline& headline, const Leaderboard& board) {
  const std::size_t pairs = board.significance[0].pairs.size();
  if (!(headline.interval.low > 0) || pairs < 2) return {};
  return fmt::format(" after correction for {} pairs", pairs);
}

std::string lead_of(const Report& report, const Headline& headline) {
  const Leaderboard& board = report.boards[*headline.board];
  const auto name = [&report](std::size_t row) { return text::shown(report.rows[row].row.name, 100); };
  const std::string first = name(board.entries[0].row);
  if (!headline.leader) return fewest_of(report, board, first);
  if (!headline.runner_up) return fmt::format("{} is the only row that keeps every budget", first);
  const std::string second = name(*headline.runner_up);
  if (decide_alike(report, *headline.leader, *headline.runner_up)) {
    const std::size_t others = ties_of(board, *headline.leader) - 1;
    const std::string more =
        others == 0 ? "no other row ties" : counted(others, "other row") + (others == 1 ? " ties" : " tie");
    return fmt::format("{} is first beside {}, which took the same decisions; {} with them", first, second,
                       more);
  }
  if (std::isnan(headline.difference)) return fmt::format("{} stands before {}, untested", first, second);
  const std::string least = fixed(std::abs(headline.difference), 3);
  const std::string amount = std::isnan(headline.interval.low)
                                 ? least
                                 : fmt::format("{} ({} to {})", least, fixed(headline.interval.low, 3),
                                               fixed(headline.interval.high, 3));
  if (headline.significant) return fmt::format("{} leads {} by {}, significantly", first, second, amount);
  const bool below = headline.difference < 0;
  if (below && test_of(board, *headline.leader, *headline.runner_up)->significant(kAlpha))
    return fmt::format("{} is first by S, but {} earns {} more, significantly", first, second, least);
  const std::size_t ties = ties_of(board, *headline.leader);
  const std::string others = counted(ties, "row") + (ties == 1 ? " ties with it" : " tie with it");
  if (below) {
    return fmt::format("{} is first by S, but not significantly: its reward is {} below {}'s, and {}", first,
                       least, second, others);
  }
  return fmt::format("{} is first, but not significantly{}: {} ahead of {}, and {}", first,
                     corrected(headline, board), amount, second, others);
}

std::string sentence_of(const Report& report, const Headline& headline) {
  if (!headline.board) return "No trial has finished: nothing can be ranked.";
  if (report.boards[*headline.board].entries.empty())
    return "No row finished all of its runs: nothing can be ranked.";
  std::string out = fmt::format("{}, {}", ground_of(report, headline), lead_of(report, headline));
  if (headline.leader && headline.views > 0) out += "; " + other_views(headline);
  if (headline.regret) {
    out += *headline.regret >= 0
               ? fmt::format("; the best with hindsight earns {} more", fixed(*headline.regret, 3))
               : fmt::format(
                     "; by broken budgets it earns {} more than the best with hindsight that keeps "
                     "them",
                     fixed(-*headline.regret, 3));
  }
  const bool flagged = headline.leader && std::ranges::count(report.flags, *headline.leader, &Flag::row) > 0;
  return out + (flagged ? "; it is flagged, not to be believed as it stands." : ".");
}

}  // namespace

Headline headline_of(const Report& report) {
  Headline headline;
  choose_board(report, headline);
  if (headline.board) compare_first_two(report.boards[*headline.board], headline);
  if (headline.leader) {
    headline.views = report.boards.size() - 1;
    for (std::size_t i = 0; i < report.boards.size(); ++i) {
      const auto& entries = report.boards[i].entries;
      if (i == *headline.board || entries.empty()) continue;
      headline.holds += entries[0].row == *headline.leader && entries[0].tier == 1;
    }
    headline.regret = regret_of(report, headline);
  }
  headline.sentence = sentence_of(report, headline);
  return headline;
}

const char* word(Headline::Support support) {
  switch (support) {
    case Headline::Support::known:
      return "known";
    case Headline::Support::calibrated:
      return "calibrated";
    case Headline::Support::uncalibrated:
      return "uncalibrated";
  }
  return "";
}

}  // namespace offload

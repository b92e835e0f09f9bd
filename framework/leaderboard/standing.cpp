#include "leaderboard/standing.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "core/counted.hpp"
#include "core/error.hpp"
#include "files/sha256.hpp"
#include "leaderboard/board_task.hpp"
#include "report/boards/claims.hpp"
#include "report/report.hpp"
#include "report/text/text.hpp"
#include "results/result_reading.hpp"

namespace offload {
namespace {

namespace fs = std::filesystem;

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

struct RowOrigin {
  const Entry* entry;
  std::string row;
};

// The task's own settings: what the exact policies planned on is among them, and decides whether there is an
// S.
std::string without_rows(const std::string& resolved_suite) {
  auto settings = nlohmann::ordered_json::parse(resolved_suite);
  if (settings.is_object()) settings.erase("rows");
  return settings.dump();
}

// The rows of many entries as rows of one plan.
class Joint {
 public:
  Joint(Board& board, const BoardTask& task, bool hidden, const std::vector<const Entry*>& entries)
      : board_(board), hidden_(hidden), entries_(entries), plan_(kept_plan(board, task, hidden)) {
    references_ = hidden ? board.hidden_folder(task.name) : board.task_folder(task.name);
    plan_.rows.clear();
    plan_.trials.clear();
    plan_.resolved_suite = without_rows(plan_.resolved_suite);
    for (const Entry* entry : entries_) add(*entry);
  }

  Report report() const {
    return report_of(plan_, [this](const ResultVisitor& visitor) { return visit(visitor); });
  }
  const std::vector<RowOrigin>& origins() const { return origins_; }

 private:
  fs::path folder_of(const Entry& entry) const {
    return board_.results_folder(hidden_ ? entry.hidden_results : entry.results);
  }
  // The same method may be there twice: a key says whose it is.
  static std::string key_of(const Entry& entry, const std::string& key) {
    return sha256_of(fmt::format("{} {}", entry.id, key));
  }
  static std::string name_of(const Entry& entry, const std::string& row) {
    return fmt::format("{} / {} (entry {})", entry.entrant, row, entry.id);
  }

  void add(const Entry& entry) {
    const fs::path folder = folder_of(entry);
    if (content_hash(folder) != folder.filename())
      fail(ErrorKind::data, "{}: is not what entry {} was added with; restore it from a copy of the board",
           printable(folder.native()), entry.id);
    const ReportPlan theirs = Store(folder).read_plan().value();
    for (ReportRow row : theirs.rows) {
      origins_.push_back({&entry, row.name});
      row.name = name_of(entry, row.name);
      plan_.rows.push_back(std::move(row));
    }
    for (const PlannedTrial& trial : theirs.trials)
      plan_.trials.push_back({name_of(entry, trial.row), trial.split, key_of(entry, trial.key)});
  }

  std::vector<LeftOut> visit(const ResultVisitor& visitor) const {
    std::vector<LeftOut> left_out =
        visit_results({references_}, {[](const TrialResult&) {}, visitor.reference});
    for (const Entry* entry : entries_) {
      const auto taken = [&](TrialResult trial) {
        trial.key = key_of(*entry, trial.key);
        trial.row = name_of(*entry, trial.row);
        visitor.trial(std::move(trial));
      };
      for (LeftOut& one : visit_results({folder_of(*entry)}, {taken, [](const ReferenceResult&) {}}))
        left_out.push_back(std::move(one));
    }
    return left_out;
  }

  Board& board_;
  bool hidden_;
  const std::vector<const Entry*>& entries_;
  ReportPlan plan_;
  fs::path references_;
  std::vector<RowOrigin> origins_;  // [rows]
};

StandingLine line_of(const Report& report, std::size_t row, const RowOrigin& origin) {
  const RowFigures& figures = report.rows[row];
  StandingLine line;
  line.entry = origin.entry->id;
  line.entrant = origin.entry->entrant;
  line.row = origin.row;
  line.plugin = figures.row.plugin;
  line.plugin_version = figures.plugin_version;
  line.date = origin.entry->date;
  line.mark = origin.entry->mark;
  line.reward = line.quality = line.latency_s = line.cost_usd = line.violations = kNone;
  line.interval = line.violation_interval = {kNone, kNone};
  line.candidates = figures.row.candidates;
  for (std::size_t c = 0; c < figures.cell.size(); ++c) {
    const CellFigures& cell = figures.cell[c];
    line.tests += cell.tests;
    if (cell.view.empty()) continue;
    line.cells.push_back({report.plan.cells[c].name, cell.view[0].reward, cell.view[0].quality,
                          cell.per_episode[0], cell.per_episode[1], cell.joint.rate, cell.view[0].interval});
  }
  for (const Flag& flag : report.flags) {
    if (flag.row == row) line.flags.push_back(flag.sentence);
  }
  return line;
}

void set_place(const LeaderboardEntry& entry, StandingLine& line) {
  line.tier = entry.tier;
  line.rank = entry.rank;
  line.score = entry.score;
  line.reward = entry.reward;
  line.interval = entry.interval;
  line.quality = entry.quality;
  line.latency_s = entry.per_episode[0];
  line.cost_usd = entry.per_episode[1];
  line.violations = entry.joint.rate;
  line.violation_interval = entry.joint.interval;
  line.pareto = entry.pareto;
}

// Rows of a plan stand in the order of their entries, so that the first of those that decide alike was first.
std::vector<std::string> same_as(const Report& report, const std::vector<RowOrigin>& origins) {
  std::vector<std::string> same(report.rows.size());
  for (const std::vector<std::size_t>& group : report.same_decisions) {
    const RowOrigin& first = origins[group.front()];
    for (std::size_t i = 1; i < group.size(); ++i) {
      same[group[i]] = origins[group[i]].entry == first.entry
                           ? fmt::format("{} of this entry", first.row)
                           : fmt::format("{} of entry {}", first.row, first.entry->id);
    }
  }
  return same;
}

// Rows that failed somewhere stand behind those of the board, without a place.
std::vector<StandingLine> lines_of(const Report& report, const std::vector<RowOrigin>& origins) {
  std::vector<StandingLine> lines;
  std::vector<char> placed(report.rows.size(), 0);
  const std::vector<std::string> same = same_as(report, origins);
  const auto add = [&](std::size_t row) {
    lines.push_back(line_of(report, row, origins[row]));
    lines.back().same = same[row];
    placed[row] = 1;
  };
  if (!report.boards.empty()) {
    for (const LeaderboardEntry& entry : report.boards[0].entries) {
      add(entry.row);
      set_place(entry, lines.back());
    }
  }
  for (std::size_t row = 0; row < report.rows.size(); ++row) {
    if (placed[row] == 0) add(row);
  }
  return lines;
}

// Rows may be too many to be named; each has its number beside it.
std::string tuning_of(const ReportPlan& plan) {
  std::size_t learners = 0, tuned = 0;
  std::set<std::int64_t> budgets;
  for (const ReportRow& row : plan.rows) {
    if (row.kind != "learns") continue;
    ++learners;
    tuned += row.candidates > 0;
    budgets.insert(row.candidates);
  }
  if (budgets.size() < 2) return {};
  return fmt::format(
      "Learners were not tuned alike: {} of {} were tuned on validation episodes, among as "
      "many "
      "candidates as stand beside them.",
      tuned, counted(learners, "learning row"));
}

std::vector<StandingLine> lines_of(Board& board, const BoardTask& task, bool hidden,
                                   const std::vector<const Entry*>& entries, TaskStanding* words = nullptr) {
  if (entries.empty()) return {};
  const Joint joint(board, task, hidden, entries);
  const Report report = joint.report();
  if (words != nullptr) {
    words->claim = claim_sentence(report.claim, report.plan.world.has_value());
    words->verdict = report.verdict;
    words->tests = report.evidence.design.tests();
    words->tuning = tuning_of(report.plan);
    words->by_score = !report.boards.empty() && report.boards[0].by_score;
  }
  return lines_of(report, joint.origins());
}

// None of the rows at rank 1 of a tier is significantly better than another of them.
std::string leader_of(const std::vector<StandingLine>& ranked) {
  if (ranked.empty() || ranked.front().rank == 0) return "no ranked entry yet";
  const StandingLine& first = ranked.front();
  const auto tied = std::ranges::count_if(
      ranked, [&](const StandingLine& line) { return line.tier == first.tier && line.rank == first.rank; });
  return fmt::format("first{}: {} with {} (reward {})",
                     tied > 1 ? ", tied with " + counted(static_cast<std::size_t>(tied - 1), "other") : "",
                     first.entrant, first.row, text::fixed(first.reward, 4));
}

}  // namespace

TaskStanding standing_of(Board& board, const BoardTask& task, const std::string& until) {
  TaskStanding standing;
  standing.task = task;
  const ReportPlan plan = kept_plan(board, task, false);
  standing.description = plan.description;
  standing.data = data_sentence(plan);
  standing.runs = plan.splits.size();
  for (const ReportCell& cell : plan.cells) standing.cells.push_back(cell.name);
  if (!task.opened.empty()) standing.hidden_data_sha256 = kept_plan(board, task, true).data_sha256;
  const std::vector<Entry> entries = board.entries(until);
  std::vector<const Entry*> ranked, replayed, hidden;
  for (const Entry& entry : entries) {
    if (entry.task != task.name) continue;
    if (entry.withdrawn) {
      standing.withdrawn.push_back(entry);
      continue;
    }
    if (entry.mark == Mark::not_reproduced) standing.unmarked.push_back(entry);
    if (is_ranked(entry.mark)) ranked.push_back(&entry);
    if (is_ranked(entry.mark) && !entry.hidden_results.empty()) hidden.push_back(&entry);
    if (entry.mark == Mark::decisions_only) replayed.push_back(&entry);
  }
  standing.ranked = lines_of(board, task, false, ranked, &standing);
  standing.leader = leader_of(standing.ranked);
  standing.replayed = lines_of(board, task, false, replayed);
  standing.hidden = lines_of(board, task, true, hidden);
  // Tiers among themselves say nothing: they are not ranked.
  for (StandingLine& line : standing.replayed) line.tier = line.rank = 0;
  // A sentence or a cell of its own tells more of an episode than a mean over all.
  for (StandingLine& line : standing.hidden) {
    line.cells.clear();
    line.flags.clear();
    line.same.clear();
  }
  return standing;
}

}  // namespace offload

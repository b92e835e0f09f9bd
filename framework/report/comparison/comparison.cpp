#include "report/comparison/comparison.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "core/counted.hpp"
#include "core/error.hpp"
#include "core/statistics/aggregates.hpp"
#include "core/statistics/tests.hpp"
#include "files/json_difference.hpp"
#include "report/boards/claims.hpp"
#include "report/comparison/comparison_side.hpp"
#include "report/comparison/deciding_view.hpp"
#include "report/comparison/joint_tests.hpp"
#include "report/text/text.hpp"

namespace offload {
namespace {

constexpr double kTwoSided95 = 1.959963984540054;
constexpr std::size_t kSettingsMost = 200;
constexpr const char* kMarginsNote =
    "Margins themselves are not compared: margins.csv of each report lists them; what they do stands in "
    "rewards and violations.";
using Key = ComparisonSide::Key;
using Mean = ComparisonSide::Mean;

class Comparer {
 public:
  Comparer(const ComparisonSide& a, const ComparisonSide& b, const ComparisonSettings& settings)
      : a_(a), b_(b), settings_(settings), joint_(joint_tests(a, b)) {
    result_.a = a.name;
    result_.b = b.name;
    result_.threshold = settings.threshold;
    rule_ = a.rule;
    if (a.rule.claim == Claim::policies || b.rule.claim == Claim::policies) rule_.claim = Claim::policies;
  }

  Comparison run() {
    result_.claim = claim_sentence(rule_, a_.known_outcomes && b_.known_outcomes);
    note_differences();
    list_settings();
    pair_rows();
    common(a_.cells, b_.cells, "cell");
    result_.view = deciding_view(a_, b_, settings_.view);
    result_.view_is = why_it_decides(a_, b_, result_.view);
    std::vector<std::string> measures;
    if (!result_.view.empty()) measures.push_back(reward_measure(result_.view));
    measures.emplace_back(kViolations);
    for (const std::string& measure : measures) {
      for (const auto& [a, b] : rows_) add_line(measure, a, b);
    }
    judge();
    for (const std::string& other : common(a_.views, b_.views, "view")) explore(reward_measure(other));
    explore(kViolations);
    for (const std::string& drift : common(a_.drifts, b_.drifts, "drift")) {
      for (const std::string& measure : drift_measures(drift)) explore(measure);
    }
    return std::move(result_);
  }

 private:
  void note_differences() {
    if (a_.data_sha256 != b_.data_sha256) {
      result_.notes.push_back("The data sets differ: nothing is paired, and a difference may be the data's.");
    } else if (joint_.at.empty()) {
      result_.notes.push_back(
          "The splits differ: runs are taken as independent, which finds less than pairs of the same tests.");
    }
    if (a_.margins || b_.margins) result_.notes.push_back(kMarginsNote);
    if (a_.version != b_.version) {
      result_.notes.push_back("Versions differ: " + text::shown(a_.version, 40) + " and " +
                              text::shown(b_.version, 40) + ".");
    }
    for (const ComparisonSide* side : {&a_, &b_}) {
      if (side->left_out == 0) continue;
      result_.notes.push_back(fmt::format("{} of {} left out; `report` names each.",
                                          counted(side->left_out, "result file"),
                                          text::shown(side->name, 120)));
    }
    for (const auto& [cell, budget] : a_.budgets) {
      const auto other = b_.budgets.find(cell);
      if (other == b_.budgets.end() || other->second == budget) continue;
      result_.notes.push_back("Cell " + text::shown(cell, 60) + " has other budgets: " + budget + " and " +
                              other->second + ".");
      same_scale_ = false;
    }
  }

  void list_settings() {
    std::vector<Disagreement> found;
    find_differences(a_.settings, b_.settings, 0, "", kSettingsMost, found);
    for (const Disagreement& d : found) result_.settings.push_back({d.place, d.stored, d.recomputed});
    const auto of = [](const ComparisonSide& side, const char* table) {
      return side.settings.is_object() && side.settings.contains(table) ? side.settings[table]
                                                                        : nlohmann::json();
    };
    if (of(a_, "reward") == of(b_, "reward")) return;
    same_scale_ = false;
    result_.notes.push_back("The rewards differ: they are two scales, and get no verdict.");
  }

  // In A's order; what only one side has is missing.
  std::vector<std::string> common(const std::vector<std::string>& a, const std::vector<std::string>& b,
                                  const char* what) {
    const std::set<std::string> in_a(a.begin(), a.end()), in_b(b.begin(), b.end());
    std::vector<std::string> both;
    for (const std::string& name : a) {
      if (in_b.count(name))
        both.push_back(name);
      else
        result_.missing.push_back({what, name, b_.name});
    }
    for (const std::string& name : b) {
      if (!in_a.count(name)) result_.missing.push_back({what, name, a_.name});
    }
    return both;
  }

  static void require(const ComparisonSide& side, const std::string& row) {
    if (side.runs.contains(row)) return;
    fail(ErrorKind::config, "--row: '{}' is no row of {}", printable(row), printable(side.name));
  }

  // A's rows beside those of the same name, or of the name that the user gave.
  void pair_rows() {
    std::map<std::string, std::string> renamed;
    std::set<std::string> taken;
    for (const RowRename& rename : settings_.rows) {
      require(a_, rename.a);
      require(b_, rename.b);
      if (!renamed.emplace(rename.a, rename.b).second || !taken.insert(rename.b).second) {
        fail(ErrorKind::config, "--row: '{}={}' names a row that another --row has named; name each once",
             printable(rename.a), printable(rename.b));
      }
    }
    std::set<std::string> in_b(b_.rows.begin(), b_.rows.end()), paired;
    for (const std::string& row : a_.rows) {
      const auto other = renamed.find(row);
      const std::string name = other == renamed.end() ? row : other->second;
      if (!in_b.contains(name) || (other == renamed.end() && taken.contains(name))) {
        result_.missing.push_back(missing_row(name, b_));
        continue;
      }
      rows_.emplace_back(row, name);
      paired.insert(name);
      note_lost_runs(row, name);
    }
    for (const std::string& row : b_.rows) {
      if (!paired.contains(row)) result_.missing.push_back(missing_row(row, a_));
    }
    // Finished nowhere, so that nothing is said of it: no success.
    for (const auto& [row, runs] : b_.runs) {
      const auto in_a = a_.runs.find(row);
      if (runs.planned > 0 && runs.finished == 0 && in_a != a_.runs.end() && in_a->second.finished == 0)
        result_.missing.push_back({"every run of row", row, b_.name});
    }
  }

  // It is not there, or it was planned and finished nothing.
  static MissingPart missing_row(const std::string& row, const ComparisonSide& side) {
    const auto runs = side.runs.find(row);
    if (runs == side.runs.end() || runs->second.planned == 0) return {"row", row, side.name};
    return {"row", row, side.name,
            fmt::format("finished none of its {}", counted(runs->second.planned, "run"))};
  }

  // What a row lost are the runs that it could not do: leaving them out would flatter it.
  void note_lost_runs(const std::string& a, const std::string& b) {
    const auto of = [](const ComparisonSide& side, const std::string& row) { return side.runs.at(row); };
    const ComparisonSide::Runs in_a = of(a_, a), in_b = of(b_, b);
    const auto complete = [](const ComparisonSide::Runs& runs) { return runs.finished >= runs.planned; };
    if (!complete(in_b) || in_b.finished < in_a.finished) {
      result_.missing.push_back(
          {fmt::format("{} of {} of row", std::max(in_a.finished, in_b.planned) - in_b.finished,
                       counted(std::max(in_a.finished, in_b.planned), "run")),
           b, b_.name});
    } else if (!complete(in_a)) {
      result_.missing.push_back(
          {fmt::format("{} of {} of row", in_a.planned - in_a.finished, counted(in_a.planned, "run")), a,
           a_.name});
    }
  }

  void add_line(const std::string& measure, const std::string& row_a, const std::string& row_b) {
    const auto a = a_.series(measure, row_a), b = b_.series(measure, row_b);
    if (!a || !b) return;
    ComparisonLine line;
    line.measure = measure;
    line.row = row_a == row_b ? row_a : row_a + " = " + row_b;
    if (joint_.at.empty())
      independent(*a, *b, line);
    else
      paired(*a, *b, line);
    if (!same_scale_ && !less_is_better(measure)) line.p = kNan;
    result_.lines.push_back(std::move(line));
  }

  void paired(const std::vector<double>& a, const std::vector<double>& b, ComparisonLine& line) const {
    std::vector<double> of_a, of_b, difference;
    for (const auto& [in_a, in_b] : joint_.at) {
      const bool both = !std::isnan(a[in_a]) && !std::isnan(b[in_b]);
      of_a.push_back(both ? a[in_a] : kNan);
      of_b.push_back(both ? b[in_b] : kNan);
      difference.push_back(of_b.back() - of_a.back());
    }
    const CrossedMoments moments = crossed_moments(joint_.design, difference);
    take(claimed(moments, rule_of(moments)), line);
    line.a = crossed_moments(joint_.design, of_a).mean;
    line.b = crossed_moments(joint_.design, of_b).mean;
    line.basis = fmt::format("paired, {} of {} in {}", counted(moments.tests, "test"),
                             counted(moments.episodes, "episode"), counted(moments.runs, "run"));
  }

  void independent(const std::vector<double>& a, const std::vector<double>& b, ComparisonLine& line) const {
    const CrossedMoments of_a = crossed_moments(a_.design, a), of_b = crossed_moments(b_.design, b);
    ClaimRule rule_a = a_.rule, rule_b = b_.rule;
    rule_a.claim = rule_b.claim = rule_.claim;
    take(claimed_difference(of_a, rule_a, of_b, rule_b), line);
    line.a = of_a.mean;
    line.b = of_b.mean;
    line.basis = fmt::format("independent, {} and {}", of_a.runs, counted(of_b.runs, "run"));
  }

  // One run says nothing of a method.
  ClaimRule rule_of(const CrossedMoments& moments) const {
    ClaimRule rule = rule_;
    if (moments.runs < 2) rule.claim = Claim::policies;
    return rule;
  }

  static void take(const ClaimedMean& mean, ComparisonLine& line) {
    line.difference = mean.mean;
    line.interval = mean.interval;
    line.p = mean.p;
  }

  void judge() {
    std::vector<double> p;
    for (const ComparisonLine& line : result_.lines) p.push_back(line.p);
    const std::vector<double> adjusted = holm(p);
    for (std::size_t i = 0; i < result_.lines.size(); ++i) {
      ComparisonLine& line = result_.lines[i];
      line.p_holm = adjusted[i];
      line.verdict = verdict_of(line);
    }
  }

  Verdict verdict_of(const ComparisonLine& line) const {
    const bool more_is_better = !less_is_better(line.measure);
    if (std::isnan(line.p_holm)) return Verdict::none;
    if (line.p_holm > kAlpha || line.difference == 0) return Verdict::tie;
    if ((line.difference > 0) == more_is_better) return Verdict::better;
    const bool beyond =
        more_is_better ? line.interval.high < -settings_.threshold : line.interval.low > settings_.threshold;
    return beyond && line.deciding ? Verdict::regression : Verdict::worse;
  }

  // Single cells, as if their estimates were independent: Newcombe's interval from both.
  void explore(const std::string& measure) {
    for (const std::string& cell : a_.cells) {
      for (const auto& [row_a, row_b] : rows_) {
        const auto a = a_.means.find({measure, cell, row_a}), b = b_.means.find({measure, cell, row_b});
        if (a == a_.means.end() || b == b_.means.end()) continue;
        ComparisonLine line;
        line.measure = measure;
        line.cell = cell;
        line.row = row_a == row_b ? row_a : row_a + " = " + row_b;
        line.deciding = false;
        by_intervals(a->second, b->second, line);
        if (!same_scale_ && !less_is_better(measure)) line.p = kNan;
        line.p_holm = line.p;
        line.verdict = verdict_of(line);
        result_.lines.push_back(std::move(line));
      }
    }
  }

  static void by_intervals(const Mean& a, const Mean& b, ComparisonLine& line) {
    line.basis = "intervals";
    line.a = a.value;
    line.b = b.value;
    line.difference = b.value - a.value;
    line.interval = {line.difference - std::hypot(b.value - b.interval.low, a.interval.high - a.value),
                     line.difference + std::hypot(b.interval.high - b.value, a.value - a.interval.low)};
    const double towards_zero =
        line.difference > 0 ? line.difference - line.interval.low : line.interval.high - line.difference;
    if (line.difference == 0) return;
    line.p = towards_zero > 0
                 ? std::erfc(std::abs(line.difference) / (towards_zero / kTwoSided95) / std::sqrt(2.0))
                 : kNan;
  }

  const ComparisonSide &a_, &b_;
  const ComparisonSettings& settings_;
  const JointTests joint_;
  ClaimRule rule_;
  bool same_scale_ = true;
  std::vector<std::pair<std::string, std::string>> rows_;
  Comparison result_;
};

}  // namespace

Comparison compare_results(const std::filesystem::path& a, const std::filesystem::path& b,
                           const ComparisonSettings& settings) {
  const ComparisonSide left = comparison_side(a), right = comparison_side(b);
  return Comparer(left, right, settings).run();
}

}  // namespace offload

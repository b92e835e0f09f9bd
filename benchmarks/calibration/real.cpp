#include "real.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "core/error.hpp"
#include "core/statistics/aggregates.hpp"
#include "core/statistics/tests.hpp"
#include "report/comparison/comparison_side.hpp"

namespace offload::calibration {
namespace {

constexpr std::size_t kTruthFrom = 10;  // runs before it are what is judged, the others say the truth
constexpr double kAlpha = .05;

// Differences of two rows on the tests of one data set.
struct Differences {
  const ComparisonSide* side = nullptr;
  std::vector<double> value;  // [tests]

  // Of runs `first` to `end` - 1.
  CrossedMoments moments(std::size_t first, std::size_t end) const {
    std::vector<double> chosen = value;
    for (std::size_t i = 0; i < chosen.size(); ++i) {
      const std::size_t run = side->design.run[i];
      if (run < first || run >= end) chosen[i] = kNan;
    }
    return crossed_moments(side->design, chosen);
  }
  double mean() const { return moments(0, side->design.runs).mean; }
};

struct Share {
  double hits = 0, of = 0;
  void add(bool hit) { hits += hit, ++of; }
  std::string text() const { return of > 0 ? fmt::format("{:.3f} ({:.0f})", hits / of, of) : "-"; }
};

bool holds(const Interval& interval, double value) { return interval.low <= value && value <= interval.high; }

// A pair of rows under a measure over all sets.
class PairOverSets {
 public:
  PairOverSets(const std::vector<ComparisonSide>& sets, const std::string& measure, const std::string& a,
               const std::string& b)
      : twins_(a + "-twin" == b) {
    for (const ComparisonSide& side : sets) {
      Differences d{&side, side.series(measure, a).value()};
      const std::vector<double> other = side.series(measure, b).value();
      for (std::size_t i = 0; i < d.value.size(); ++i) d.value[i] -= other[i];
      mean_.push_back(d.mean());
      differences_.push_back(std::move(d));
    }
  }

  bool twins() const { return twins_; }
  std::size_t sets() const { return mean_.size(); }
  const Differences& in(std::size_t set) const { return differences_[set]; }
  // Mean over the sets but `first` to `end` - 1: the truth on fresh data for what those found.
  double fresh_truth(std::size_t first, std::size_t end) const {
    double sum = 0, count = 0;
    for (std::size_t s = 0; s < mean_.size(); ++s) {
      if (s < first || s >= end) sum += mean_[s], ++count;
    }
    return sum / count;
  }

 private:
  bool twins_;
  std::vector<double> mean_;
  std::vector<Differences> differences_;
};

struct Figures {
  Share covers_policies, covers_method, covers_fresh, false_positives, wrong_signs, power;
};

// D is judged by the mean of the other runs on the same set, whose own variance is added to the claim's.
void judge_method(const Differences& d, std::size_t runs, bool twins, double fresh_truth, Figures& figures) {
  const CrossedMoments m = d.moments(0, runs), truth = d.moments(kTruthFrom, d.side->design.runs);
  const double error = truth.run_means_variance / static_cast<double>(truth.runs);
  const auto widened = [&](const ClaimRule& rule) {
    ClaimedMean mean = claimed(m, rule);
    const double half = (mean.interval.high - mean.interval.low) / 2, claim = half / 1.96;
    const double factor = claim > 0 ? std::sqrt(1 + error / (claim * claim)) : 1;
    return Interval{m.mean - half * factor, m.mean + half * factor};
  };
  const ClaimedMean method = claimed(m, {Claim::method});
  const bool found = method.p <= kAlpha;
  figures.covers_policies.add(holds(widened({Claim::policies}), truth.mean));
  figures.covers_method.add(holds(widened({Claim::method}), truth.mean));
  figures.covers_fresh.add(holds(claimed(m, {Claim::fresh_data}).interval, fresh_truth));
  if (twins) return figures.false_positives.add(found);
  figures.wrong_signs.add(found && (m.mean > 0) != (truth.mean > 0));
  if (std::abs(truth.mean) >= .075 && std::abs(truth.mean) <= .15) figures.power.add(found);
}

void judge_sets(const PairOverSets& pair, std::size_t runs, Figures& figures) {
  for (std::size_t set = 0; set < pair.sets(); ++set)
    judge_method(pair.in(set), runs, pair.twins(), pair.fresh_truth(set, set + 1), figures);
}

// Ten sets, one run each: t on the runs' means is claim F.
void judge_fresh_runs(const PairOverSets& pair, Figures& figures) {
  for (std::size_t first = 0; first + 10 <= pair.sets(); first += 10) {
    for (std::size_t run = 0; run < kTruthFrom; ++run) {
      TestDesign design;
      std::vector<double> values;
      for (std::size_t s = 0; s < 10; ++s) {
        const Differences& d = pair.in(first + s);
        for (std::size_t i = 0; i < d.value.size(); ++i) {
          if (d.side->design.run[i] != run) continue;
          design.run.push_back(static_cast<std::uint32_t>(s));
          design.episode.push_back(static_cast<std::uint32_t>(values.size()));
          values.push_back(d.value[i]);
        }
      }
      design.runs = 10;
      design.episodes = values.size();
      const double truth = pair.fresh_truth(first, first + 10);
      const ClaimedMean mean = claimed(crossed_moments(design, values), {Claim::fresh_data, true});
      const bool found = mean.p <= kAlpha;
      figures.covers_fresh.add(holds(mean.interval, truth));
      if (pair.twins()) {
        figures.false_positives.add(found);
        continue;
      }
      figures.wrong_signs.add(found && (mean.mean > 0) != (truth > 0));
      if (std::abs(truth) >= .075 && std::abs(truth) <= .15) figures.power.add(found);
    }
  }
}

void print_line(const std::string& name, const Figures& f) {
  fmt::print("| {} | {} | {} | {} | {} | {} | {} |\n", name, f.covers_policies.text(), f.covers_method.text(),
             f.covers_fresh.text(), f.false_positives.text(), f.wrong_signs.text(), f.power.text());
}

void print_table(const std::vector<ComparisonSide>& sets, const std::string& view) {
  const std::vector<std::string>& rows = sets.front().rows;
  Figures three, ten, fresh;
  for (const PairOf& p : all_pairs(rows.size())) {
    const PairOverSets pair(sets, reward_measure(view), rows[p.a], rows[p.b]);
    judge_sets(pair, 3, three);
    judge_sets(pair, 10, ten);
    judge_fresh_runs(pair, fresh);
  }
  fmt::print(
      "\n{}: {} sets, {} pairs of rows; shares, in brackets of how many\n\n"
      "| runs | P covers D's truth | D covers | F covers | false positives of twins | wrong signs | "
      "power at .075 to .15 |\n|:--|--:|--:|--:|--:|--:|--:|\n",
      view, sets.size(), all_pairs(rows.size()).size());
  print_line("3 splits of one set", three);
  print_line("10 splits of one set", ten);
  print_line("10 sets, a run each", fresh);
}

// Medians over sets and pairs of what power assumes.
void print_spread(const std::vector<ComparisonSide>& sets, const std::string& view) {
  std::vector<double> run, episode, test;
  for (const PairOf& p : all_pairs(sets.front().rows.size())) {
    const PairOverSets pair(sets, reward_measure(view), sets.front().rows[p.a], sets.front().rows[p.b]);
    for (std::size_t s = 0; s < sets.size(); ++s) {
      const CrossedMoments m = pair.in(s).moments(0, sets[s].design.runs);
      run.push_back(std::sqrt(std::max(0.0, m.run)));
      episode.push_back(std::sqrt(std::max(0.0, m.episode)));
      test.push_back(std::sqrt(std::max(0.0, m.residual)));
    }
  }
  fmt::print("\n{}: standard deviations, medians: runs {:.3f}, episodes {:.3f}, tests {:.3f}\n", view,
             quantile(run, .5), quantile(episode, .5), quantile(test, .5));
}

}  // namespace

void print_real(const std::filesystem::path& folder) {
  std::vector<ComparisonSide> sets;
  for (std::size_t set = 0;; ++set) {
    const auto report = folder / fmt::format("set-{}", set) / "report.json";
    if (!std::filesystem::exists(report)) break;
    sets.push_back(comparison_side(report));
  }
  if (sets.size() < 2) fail(ErrorKind::data, "{}: no two sets of real.sh", printable(folder.native()));
  for (const std::string& view : sets.front().views) print_table(sets, view);
  for (const std::string& view : sets.front().views) print_spread(sets, view);
}

}  // namespace offload::calibration

#include "report/boards/advantage.hpp"

#include <cmath>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>

#include "offload/random.hpp"
#include "report/boards/clusters.hpp"
#include "report/text/text.hpp"

namespace offload {
namespace {

using Rewards = std::function<double(std::size_t split, std::size_t cell, std::size_t episode)>;

constexpr int kAdvantageRepetitions = 2000;
constexpr std::uint64_t kAdvantageSeed = 0x616476;  // "adv"

class Differences {
 public:
  Differences(const ReportPlan& plan, const MatchedTrials& trials, const MatchedReferences& references)
      : plan_(plan), trials_(trials), cluster_(clusters_of(trials, references)) {}

  // Of a row with a finished trial.
  Rewards rewards(std::size_t row) const {
    return [columns = trials_.trials.columns(row)](std::size_t split, std::size_t cell, std::size_t episode) {
      return columns->cells[cell].view.front().reward[columns->begin(split) + episode];
    };
  }
  bool complete(std::size_t row) const {
    for (std::size_t s = 0; s < plan_.splits.size(); ++s) {
      if (!trials_.has_finished(row, s)) return false;
    }
    return true;
  }

  // One sample per test, averaged over the cells; tests of which the other is not known are left out.
  Difference of(std::size_t row, const Rewards& other, std::size_t first_cell, std::size_t end_cell) const {
    std::vector<GapSample> samples;
    const Rewards reward = trials_.has_finished(row) ? rewards(row) : Rewards();
    for (std::size_t s = 0, splits = complete(row) ? plan_.splits.size() : 0; s < splits; ++s) {
      for (std::size_t i = 0; i < trials_.episode_ids[s].size(); ++i) {
        GapSample sample{static_cast<std::uint32_t>(s), cluster_[s][i], 0, 0, 0};
        const double weight = 1 / static_cast<double>(end_cell - first_cell);
        for (std::size_t c = first_cell; c < end_cell; ++c) {
          sample.row += weight * reward(s, c, i);
          sample.mix += weight * other(s, c, i);
        }
        sample.hindsight = sample.mix + 1;  // a share of a gap of 1 is the difference itself
        if (std::isfinite(sample.mix)) samples.push_back(sample);
      }
    }
    const GapShare share = gap_share(samples, kAdvantageRepetitions, stream(kAdvantageSeed));
    return {share.share, share.interval};
  }

 private:
  const ReportPlan& plan_;
  const MatchedTrials& trials_;
  std::vector<std::vector<std::uint32_t>> cluster_;  // [splits][tests]
};

bool sees_features(const nlohmann::json& row) {
  const auto parameters = row.value("parameters", nlohmann::json::object());
  return parameters.contains("features") && parameters["features"] == true;
}

// What a row is but for its name and its features.
nlohmann::json without_features(nlohmann::json row) {
  row.erase("name");
  if (row.contains("parameters")) row["parameters"].erase("features");
  return row;
}

std::string told(const Difference& d) {
  return fmt::format("{:+.3f} ({:+.3f} to {:+.3f})", d.mean, d.interval.low, d.interval.high);
}

const char* outcome(const Difference& d) {
  return d.interval.low > 0    ? "what it sees of the queries helps"
         : d.interval.high < 0 ? "what it sees of the queries harms"
                               : "what it sees of the queries does not help beyond chance";
}

}  // namespace

std::vector<std::vector<Advantage>> advantages(const ReportPlan& plan, const MatchedTrials& trials,
                                               const MatchedReferences& references) {
  const Differences differences(plan, trials, references);
  const auto cell = [&](std::size_t s, std::size_t c) -> const WorldCell& {
    return references.split[s]->world->cells[c];
  };
  const Rewards constant = [&](std::size_t s, std::size_t c, std::size_t i) {
    return cell(s, c).best_constant.reward[i];
  };
  const Rewards per_task = [&](std::size_t s, std::size_t c, std::size_t i) {
    return cell(s, c).best_per_task.reward[i];
  };
  std::vector<std::vector<Advantage>> rows(plan.rows.size());
  for (std::size_t row = 0; row < plan.rows.size(); ++row) {
    const std::size_t cells = plan.cells.size();
    for (std::size_t c = 0; c < cells; ++c)
      rows[row].push_back({differences.of(row, constant, c, c + 1), differences.of(row, per_task, c, c + 1)});
    rows[row].push_back({differences.of(row, constant, 0, cells), differences.of(row, per_task, 0, cells)});
  }
  return rows;
}

std::vector<std::string> feature_sentences(const ReportPlan& plan, const MatchedTrials& trials,
                                           const MatchedReferences& references,
                                           const std::vector<std::vector<Advantage>>& advantages) {
  const auto suite = nlohmann::json::parse(plan.resolved_suite, nullptr, false);
  if (!suite.is_object() || !suite.contains("rows")) return {};
  std::map<std::string, nlohmann::json> settings;
  for (const auto& row : suite["rows"]) settings[row.value("name", "")] = row;
  const Differences differences(plan, trials, references);
  std::vector<std::string> sentences;
  for (std::size_t row = 0; row < plan.rows.size(); ++row) {
    const nlohmann::json& own = settings[plan.rows[row].name];
    if (!own.is_object() || !sees_features(own) || !differences.complete(row)) continue;
    std::string sentence;
    for (std::size_t twin = 0; twin < plan.rows.size() && sentence.empty(); ++twin) {
      const nlohmann::json& other = settings[plan.rows[twin].name];
      if (twin == row || !other.is_object() || sees_features(other) || !differences.complete(twin)) continue;
      if (without_features(own) != without_features(other)) continue;
      const Difference d = differences.of(row, differences.rewards(twin), 0, plan.cells.size());
      sentence = fmt::format("Against {}, which is the same but for the features, {} earns {}: {}. ",
                             plan.rows[twin].name, plan.rows[row].name, told(d), outcome(d));
    }
    const Difference& d = advantages[row].back().per_task;
    sentences.push_back(sentence + fmt::format("Against the best arm per task {} earns {}{}.",
                                               plan.rows[row].name, told(d),
                                               sentence.empty() ? std::string(": ") + outcome(d) : ""));
  }
  return sentences;
}

}  // namespace offload

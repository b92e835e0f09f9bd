#include "trial/lineage.hpp"

#include <algorithm>

#include "files/checked_json.hpp"

namespace offload {
namespace {

constexpr std::size_t kStagesMax = 10'000;

TrainingStage read_stage(const CheckedJson& value) {
  TrainingStage stage;
  stage.data_sha256 = value.at("data_sha256").text(kTextMax);
  stage.split = value.at("split").text(kTextMax);
  stage.suite_seed = static_cast<std::uint64_t>(value.at("suite_seed").integer(0));
  stage.seed = value.at("seed").integer();
  stage.steps = value.at("steps").integer(1, kCountMax);
  const CheckedJson episodes = value.at("episodes");
  const std::size_t count = episodes.array_size(kEpisodesMax);
  for (std::size_t i = 0; i < count; ++i) stage.episodes.push_back(episodes.at(i).integer());
  if (!std::ranges::is_sorted(stage.episodes, std::ranges::less_equal()) || count == 0)
    episodes.refuse("ids, ascending, each once");
  return stage;
}

}  // namespace

Lineage trained_on(Lineage before, const Experiment& experiment, const Split& split, std::int64_t steps) {
  if (steps == 0) return before;
  const EpisodeTable& data = experiment.scenario_of(split).data();
  TrainingStage stage{data.sha256, {}, experiment.suite.seed, split.name, split.seed, steps};
  for (const std::uint32_t e : split.train) stage.episodes.push_back(data.id[e]);
  std::ranges::sort(stage.episodes);
  stage.episodes.erase(std::unique(stage.episodes.begin(), stage.episodes.end()), stage.episodes.end());
  before.stages.push_back(std::move(stage));
  return before;
}

std::string to_json(const Lineage& lineage) {
  nlohmann::json stages = nlohmann::json::array();
  for (const TrainingStage& stage : lineage.stages) {
    stages.push_back({{"data_sha256", stage.data_sha256},
                      {"episodes", stage.episodes},
                      {"suite_seed", stage.suite_seed},
                      {"split", stage.split},
                      {"seed", stage.seed},
                      {"steps", stage.steps}});
  }
  return dump_compact({{"known", lineage.known}, {"stages", std::move(stages)}});
}

Lineage lineage_from_json(const std::string& text, const std::string& file_name) {
  const nlohmann::json document = parse_checked(text, file_name);
  const CheckedJson root(document, file_name);
  Lineage lineage{root.at("known").boolean(), {}};
  const CheckedJson stages = root.at("stages");
  const std::size_t count = stages.array_size(kStagesMax);
  for (std::size_t i = 0; i < count; ++i) lineage.stages.push_back(read_stage(stages.at(i)));
  return lineage;
}

}  // namespace offload

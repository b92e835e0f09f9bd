#include "core/simulation/scenario.hpp"

#include "core/error.hpp"
#include "core/outcomes/hierarchical_model.hpp"

namespace offload {
namespace {

int resolve_turns_max(const EpisodeTable& data, int asked) {
  if (data.episodes() == 0) fail(ErrorKind::data, "{}: the data set has no episodes", data.source);
  const int longest = data.longest();
  if (asked == 0) return longest;
  if (asked < longest) {
    fail(ErrorKind::config, "[environment] t_max = {}: the data set has an episode of {} turns; raise t_max",
         asked, longest);
  }
  return asked;
}

}  // namespace

Compat compat_preset(const std::string& name) {
  Compat compat;
  if (name == "none") return compat;
  compat.logged_next_state = true;
  compat.totals_within_window = true;
  if (name == "tmo-conference") {
    compat.evaluation_model_on_test = true;
    compat.raw_evaluation_association = true;
    compat.evaluation_with_replacement = true;
    compat.observation = ObservationKind::conference;
  } else if (name == "tmo-journal") {
    compat.zero_reward_over_budget = true;
    compat.observation = ObservationKind::journal;
  } else {
    fail(ErrorKind::config, "unknown compat '{}'; known: none, tmo-journal, tmo-conference", printable(name));
  }
  return compat;
}

Scenario::Scenario(EpisodeTable data, const ScenarioSettings& settings)
    : data_(std::move(data)),
      actions_(data_.modalities),
      turns_max_(resolve_turns_max(data_, settings.turns_max)),
      consumption_(make_consumption(settings.profile, actions_, data_)),
      feasibility_(actions_, consumption_, turns_max_),
      compat_(settings.compat),
      layout_(actions_, consumption_, settings.window, turns_max_, settings.compat.observation) {}

History Scenario::history(std::size_t episode, int turn, std::span<const std::uint16_t> actions) const {
  return {data_.task.subspan(data_.turn(episode, 0), static_cast<std::size_t>(turn) + 1),
          actions.first(static_cast<std::size_t>(turn))};
}

History Scenario::logged_history(std::size_t episode, int turn) const {
  return history(episode, turn, data_.action.subspan(data_.turn(episode, 0)));
}

const std::vector<std::string>& response_models() {
  static const std::vector<std::string> names = {"knn", "table", "hierarchical", "true_mean"};
  return names;
}

std::unique_ptr<ResponseModel> make_response_model(const std::string& name, const Scenario& scenario,
                                                   std::span<const std::uint32_t> episodes,
                                                   const Truth& truth) {
  if (name == "knn") {
    return std::make_unique<KnnModel>(scenario.data(), episodes, scenario.actions(), scenario.layout());
  }
  if (name == "table") return std::make_unique<TableModel>(scenario.data(), episodes, scenario.actions());
  if (name == "hierarchical") {
    return std::make_unique<HierarchicalModel>(scenario.data(), episodes, scenario.actions());
  }
  if (name != "true_mean") {
    fail(ErrorKind::config, "unknown response model '{}'; known: {}", printable(name),
         fmt::join(response_models(), ", "));
  }
  if (std::holds_alternative<std::monostate>(truth)) {
    fail(ErrorKind::config,
         "response model 'true_mean' needs synthetic data, whose truth is known; {} is not",
         scenario.data().source);
  }
  return std::make_unique<TrueMeanModel>(truth, scenario.actions());
}

}  // namespace offload

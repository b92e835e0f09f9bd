#include "core/simulation/scenario.hpp"

#include <algorithm>
#include <numeric>

#include "core/counted.hpp"
#include "core/error.hpp"
#include "core/outcomes/hierarchical_model.hpp"

namespace offload {
namespace {

int resolve_turns_max(const EpisodeTable& data, int asked) {
  if (data.episodes() == 0) fail(ErrorKind::data, "{}: the data set has no episodes", data.source);
  const int longest = data.longest();
  if (asked == 0) return longest;
  if (asked < longest) {
    fail(ErrorKind::config, "[environment] t_max = {}: the data set has an episode of {}; raise t_max", asked,
         counted(longest, "turn"));
  }
  return asked;
}

ActionSpace actions_of(const EpisodeTable& data) {
  return data.outcomes ? ActionSpace(data.outcomes->arms) : ActionSpace(data.modalities);
}

std::optional<TableOutcomes> world_of(const EpisodeTable& data, const WorldSettings& settings) {
  if (!data.outcomes) return std::nullopt;
  return std::optional<TableOutcomes>(std::in_place, data, settings.calls_of);
}

Consumption consumption_of(const EpisodeTable& data, const ActionSpace& actions, const TableOutcomes* world,
                           const ScenarioSettings& settings, std::span<const std::uint32_t> training) {
  if (world == nullptr) return make_consumption(settings.profile, actions, data);
  std::vector<std::uint32_t> all(training.empty() ? data.episodes() : 0);
  std::iota(all.begin(), all.end(), 0U);
  return declared_consumption(data, actions, world->charges(), settings.world,
                              training.empty() ? std::span<const std::uint32_t>(all) : training);
}

std::vector<double> on_scale(const Consumption& scale, const Consumption& consumption) {
  std::vector<double> relative;
  for (int a = 0; a < consumption.actions(); ++a) {
    for (std::size_t k = 0; k < kResources; ++k)
      relative.push_back(scale.relative_of(consumption.of_action(a)[k], k));
  }
  return relative;
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

Scenario::Scenario(EpisodeTable data, const ScenarioSettings& settings,
                   std::span<const std::uint32_t> training, const DriftFrom& from)
    : data_(std::move(data)),
      actions_(actions_of(data_)),
      world_(world_of(data_, settings.world)),
      mask_unknown_(settings.world.mask_unknown),
      restricted_(world_ && (mask_unknown_ || world_->same_arm())),
      turns_max_(resolve_turns_max(data_, settings.turns_max)),
      consumption_(consumption_of(data_, actions_, world(), settings, training)),
      reward_scale_(from.home != nullptr ? *from.home : consumption_),
      relative_(on_scale(reward_scale_, consumption_)),
      feasibility_(actions_, from.sees_new ? consumption_ : reward_scale_, turns_max_,
                   world_ && world_->same_arm()),
      compat_(settings.compat),
      layout_(actions_, from.sees_new ? consumption_ : reward_scale_, settings.window, turns_max_,
              settings.compat.observation) {}

bool Scenario::restrict_mask(std::size_t turn, int index, int first, std::uint8_t* mask) const {
  const OutcomeTable& table = world_->table();
  const auto actions = static_cast<std::size_t>(actions_.size());
  const auto allowed = [&](std::size_t a) {
    if (world_->same_arm() && index > 0 && static_cast<int>(a) != first) return false;
    return !mask_unknown_ || table.is_known(turn, a);
  };
  bool fits = false;
  for (std::size_t a = 0; a < actions; ++a) fits |= mask[a] != 0 && allowed(a);
  for (std::size_t a = 0; a < actions; ++a) mask[a] = (!fits || mask[a] != 0) && allowed(a);
  return fits;
}

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
  if (scenario.world() != nullptr) {
    fail(ErrorKind::config, "response model '{}': {} has known outcomes and no logged answers to fit it to",
         printable(name), scenario.data().source);
  }
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

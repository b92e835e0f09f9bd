#include "data/synthetic.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <limits>
#include <offload/portable_math.hpp>
#include <offload/random.hpp>
#include <utility>

#include "core/error.hpp"
#include "files/sha256.hpp"

namespace offload {
namespace {

constexpr std::uint64_t kSyntheticPurpose = 0x73796e74;
constexpr std::uint64_t kScenarioPurpose = 0x7363656e;
constexpr const char* kScenarioAnswer = "An answer to it.";

// An index drawn in proportion to its weight.
std::size_t choose(const std::vector<double>& weights, Random& random) {
  double total = 0;
  for (const double weight : weights) total += weight;
  double left = random.uniform() * total;
  std::size_t last = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (weights[i] <= 0) continue;
    last = i;
    if (left < weights[i]) return i;
    left -= weights[i];
  }
  return last;  // rounding ate the rest
}

double lognormal(double mean, double sd, Random& random) {
  const double variance = portable_log(1 + sd * sd / (mean * mean));
  return mean * portable_exp(std::sqrt(variance) * random.normal() - variance / 2);
}

// The actions of each kind, so that a kind's images are uniform among the subsets of that size.
std::vector<std::vector<int>> actions_by_kind(const ActionSpace& actions) {
  std::vector<std::vector<int>> lists(static_cast<std::size_t>(actions.kinds()));
  for (int a = 0; a < actions.size(); ++a) lists[static_cast<std::size_t>(actions.kind(a))].push_back(a);
  return lists;
}

class CalibratedGenerator : public SyntheticGenerator {
 public:
  CalibratedGenerator(const SyntheticSettings& settings, std::uint64_t seed)
      : SyntheticGenerator(settings.modalities),
        settings_(settings),
        truth_(settings.truth()),
        seed_(seed),
        of_kind_(actions_by_kind(actions_)) {
    tasks_ = settings.tasks;
    question_ = settings.question;
    answer_ = settings.answer;
    refusal_ = settings.refusal;
    identity_ = fmt::format("synthetic/1 seed {}\n{}", seed, settings.text);
  }

  void draw(std::uint64_t index, SyntheticEpisode& episode) const override {
    Random random(stream(seed_, kSyntheticPurpose, index));
    episode.turns.clear();
    episode.association.clear();
    const auto length = static_cast<int>(settings_.lengths[choose(settings_.length_weights, random)]);
    std::size_t task = choose(settings_.first_task_weights, random);
    std::uint32_t sent = 0;
    for (int t = 0; t < length; ++t) {
      if (t > 0) task = choose(settings_.transitions[task], random);
      const SyntheticTurn turn = draw_turn(static_cast<int>(task), std::popcount(sent), random);
      sent |= actions_.images(turn.action);
      episode.turns.push_back(turn);
      for (std::size_t m = 0; m < static_cast<std::size_t>(modalities()); ++m) {
        const double value =
            settings_.association_mean[task][m] + settings_.association_sd[task][m] * random.normal();
        episode.association.push_back(
            std::clamp(value, settings_.association_lowest, settings_.association_highest));
      }
    }
  }

 private:
  SyntheticTurn draw_turn(int task, int images_earlier, Random& random) const {
    const std::size_t kind = choose(settings_.kind_weights, random);
    SyntheticTurn turn;
    turn.task = task;
    turn.action = of_kind_[kind][random.below(of_kind_[kind].size())];
    const double zero = settings_.zero_probability[kind];
    const double shape = settings_.gamma_shape[kind];
    const double mean = truth_.mean(task, static_cast<int>(kind), images_earlier, kind > 0);
    turn.refused = random.uniform() < zero;
    turn.raw_score =
        std::max(random.gamma(shape) * mean / ((1 - zero) * shape), std::numeric_limits<double>::min());
    turn.latency_s = lognormal(settings_.latency_mean_s[kind], settings_.latency_sd_s[kind], random);
    turn.cost_usd = lognormal(settings_.cost_mean_usd[kind], settings_.cost_sd_usd[kind], random);
    return turn;
  }

  SyntheticSettings settings_;
  SyntheticTruth truth_;
  std::uint64_t seed_;
  std::vector<std::vector<int>> of_kind_;
};

class ScenarioGenerator : public SyntheticGenerator {
 public:
  ScenarioGenerator(int modalities, int tasks, int turns, std::uint64_t seed)
      : SyntheticGenerator(modalities), turns_(turns), seed_(seed), of_kind_(actions_by_kind(actions_)) {
    for (int c = 0; c < tasks; ++c) tasks_.push_back(fmt::format("Task {:02}", c));
    question_ = "A question of the task.";
    answer_ = kScenarioAnswer;
    refusal_ = answer_;
    identity_ = fmt::format("scenario/1 {},{},{} seed {}", modalities, tasks, turns, seed);
  }

  void draw(std::uint64_t index, SyntheticEpisode& episode) const override {
    Random random(stream(seed_, kScenarioPurpose, index));
    episode.turns.clear();
    episode.association.clear();
    int sent = 0;
    for (int t = 0; t < turns_; ++t) {
      SyntheticTurn turn;
      turn.task = static_cast<int>(random.below(tasks_.size()));
      turn.action = draw_action(random);
      const bool cloud = turn.action > 0;
      const int images = std::popcount(actions_.images(turn.action));
      sent += images;
      turn.raw_score =
          std::clamp(truth_.location(cloud, sent) + truth_.deviation * random.normal(), 0.0, truth_.highest);
      turn.latency_s = cloud ? .5 + 1.5 * images : kLocalLatencyS;
      turn.cost_usd = cloud ? .0005 + .004 * images : kLocalCostUsd;
      episode.turns.push_back(turn);
      for (int m = 0; m < modalities(); ++m) episode.association.push_back(.1 + .4 * random.uniform());
    }
  }

 private:
  // Jetson TX2 under the paper profile (environment.md 6): s, and W * s * USD per J.
  static constexpr double kLocalLatencyS = 2 * 3.8e9 / 1024 * 2048 / 1330e9;
  static constexpr double kLocalCostUsd = 15 * kLocalLatencyS * .1668 / 3.6e6;

  int draw_action(Random& random) const {
    if (random.uniform() >= .5) return 0;
    if (modalities() == 0 || random.uniform() >= .7) return 1;
    const std::vector<int>& subsets = of_kind_[2 + random.below(static_cast<std::uint64_t>(modalities()))];
    return subsets[random.below(subsets.size())];
  }

  int turns_;
  std::uint64_t seed_;
  std::vector<std::vector<int>> of_kind_;
  ScenarioTruth truth_;
};

// Takes the integer at the front of `text`, and `separator` behind it (0: nothing may follow).
std::optional<std::uint64_t> take_number(std::string_view& text, char separator) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  if (separator == 0) return text.empty() ? std::optional(value) : std::nullopt;
  if (text.empty() || text.front() != separator) return std::nullopt;
  text.remove_prefix(1);
  return value;
}

}  // namespace

// A score is drawn about truth / (1 - z), z the share of refusals, so that the default rule, which zeroes
// them, leaves the truth on average.
SyntheticTruth SyntheticSettings::truth(const RefusalRule& rule) const {
  SyntheticTruth truth;
  truth.tasks = static_cast<int>(tasks.size());
  truth.kinds = modalities + 2;
  const double answered = rule.refuses(answer) ? 0 : 1, refused = rule.refuses(refusal) ? 0 : 1;
  for (const auto& row : base) {
    for (std::size_t k = 0; k < row.size(); ++k) {
      const double zero = zero_probability[k];
      // Exactly 1 under the default rule.
      truth.base.push_back(row[k] * (((1 - zero) * answered + zero * refused) / (1 - zero)));
    }
  }
  truth.cloud_bonus = cloud_bonus;
  truth.local_bonus = local_bonus;
  return truth;
}

SyntheticTruth synthetic_truth(const RefusalRule& refusal) {
  return embedded_synthetic_settings().truth(refusal);
}

ScenarioTruth scenario_truth(const RefusalRule& refusal) {
  ScenarioTruth truth;
  // Every answer is the same text: the rule hits all or none.
  if (refusal.refuses(kScenarioAnswer)) truth.highest = 0;
  return truth;
}

std::unique_ptr<SyntheticGenerator> make_synthetic(const SyntheticSettings& settings, std::uint64_t seed) {
  return std::make_unique<CalibratedGenerator>(settings, seed);
}

std::unique_ptr<SyntheticGenerator> make_scenario(int modalities, int tasks, int turns, std::uint64_t seed) {
  return std::make_unique<ScenarioGenerator>(modalities, tasks, turns, seed);
}

std::string SyntheticSource::sha256() const {
  return sha256_of(fmt::format("{} episodes of {}", episodes, generator->identity()));
}

std::optional<SyntheticSource> parse_synthetic_source(const std::string& source, std::uint64_t seed) {
  std::string_view text = source;
  const bool scenario = text.starts_with("scenario:");
  if (!scenario && !text.starts_with("synthetic:")) return std::nullopt;
  text.remove_prefix(text.find(':') + 1);
  std::optional<std::uint64_t> views = 0, tasks = 1, turns = 1;
  if (scenario) {
    views = take_number(text, ',');
    tasks = take_number(text, ',');
    turns = take_number(text, ':');
  }
  const auto episodes = take_number(text, 0);
  if (!views || !tasks || !turns || !episodes || *views > kMaxModalities || *tasks < 1 ||
      *tasks > kTasksMax || *turns < 1 || *turns > kTurnsMax || *episodes < 1 ||
      *episodes > kSyntheticEpisodesMax) {
    fail(ErrorKind::config,
         "{}: not a data set; write synthetic:N or scenario:VIEWS,TASKS,TURNS:N with N in 1..{}, "
         "VIEWS in 0..{}, TASKS in 1..{}, TURNS in 1..{}",
         printable(source), kSyntheticEpisodesMax, kMaxModalities, kTasksMax, kTurnsMax);
  }
  auto generator = scenario ? make_scenario(static_cast<int>(*views), static_cast<int>(*tasks),
                                            static_cast<int>(*turns), seed)
                            : make_synthetic(embedded_synthetic_settings(), seed);
  return SyntheticSource{std::move(generator), *episodes};
}

EpisodeTable generate(const SyntheticSource& from, const RefusalRule& refusal, const std::string& source) {
  const SyntheticGenerator& generator = *from.generator;
  EpisodeStorage storage;
  storage.modalities = generator.modalities();
  storage.tasks = generator.tasks();
  storage.first_turn.reserve(from.episodes + 1);
  storage.id.reserve(from.episodes);
  const bool refused[] = {refusal.refuses(generator.answer(false)), refusal.refuses(generator.answer(true))};
  SyntheticEpisode episode;
  for (std::uint64_t e = 0; e < from.episodes; ++e) {
    generator.draw(e, episode);
    storage.id.push_back(static_cast<std::int64_t>(e));
    for (const SyntheticTurn& turn : episode.turns) {
      storage.task.push_back(static_cast<std::uint8_t>(turn.task));
      storage.action.push_back(static_cast<std::uint16_t>(turn.action));
      storage.raw_score.push_back(turn.raw_score);
      storage.score.push_back(refused[turn.refused] ? 0 : turn.raw_score);
      storage.latency_s.push_back(turn.latency_s);
      storage.cost_usd.push_back(turn.cost_usd);
    }
    storage.association.insert(storage.association.end(), episode.association.begin(),
                               episode.association.end());
    storage.first_turn.push_back(storage.task.size());
  }
  return make_table(std::move(storage), source, from.sha256());
}

}  // namespace offload

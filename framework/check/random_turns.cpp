#include "check/random_turns.hpp"

#include <offload/random.hpp>

#include <algorithm>
#include <bit>
#include <limits>

namespace offload {
namespace {

constexpr double kUnlimited_s_usd = std::numeric_limits<double>::infinity();
constexpr double kLimits[][2] = {{kUnlimited_s_usd, kUnlimited_s_usd},
                                 {30, .05},
                                 {8, .006},
                                 {12, kUnlimited_s_usd},
                                 {kUnlimited_s_usd, .012}};
constexpr std::uint64_t kEvaluateEvery = 50;  // steps of a lesson
constexpr int kTrainingRows = 256;            // a suite may ask for any number of slots

std::size_t draw(Random& random, std::size_t n) { return static_cast<std::size_t>(random.below(n)); }

void write_frames(const offload_environment& e, int turn, Random& random, float* out) {
  for (int frame = 0; frame < e.window; ++frame, out += e.frame) {
    const int at = turn - (e.window - 1 - frame);
    std::fill_n(out, e.frame, -1.0F);
    if (at < 0) continue;
    const std::size_t before = at == 0 ? 0 : draw(random, SampleTurns::width(e.actions));
    if (at > 0) out[0] = before == 0 ? 0 : 1;
    for (int view = 0; view < e.modalities; ++view)
      out[1 + view] = static_cast<float>(e.images[before] >> view & 1U);
    out[e.frame - 1] = static_cast<float>(random.below(static_cast<std::uint64_t>(e.tasks)));
  }
}

// All, most, few or one of the actions.
void write_mask(std::size_t actions, Random& random, std::uint8_t* mask) {
  static constexpr double kShare[] = {1, .75, .25, 0};
  const double share = kShare[random.below(4)];
  for (std::size_t a = 0; a < actions; ++a) mask[a] = random.uniform() < share ? 1 : 0;
  mask[draw(random, actions)] = 1;
}

double highest(const offload_environment& e, std::size_t k) {
  double most = 0;
  for (std::size_t a = 0; a < SampleTurns::width(e.actions); ++a)
    most = std::max(most, e.consumption[2 * a + k]);
  return most;
}

double lowest(const offload_environment& e, std::size_t k) {
  double least = kUnlimited_s_usd;
  for (std::size_t a = 0; a < SampleTurns::width(e.actions); ++a)
    least = std::min(least, e.consumption[2 * a + k]);
  return least;
}

}  // namespace

SampleTurns random_turns(const offload_environment& e, int rows, std::uint64_t seed, int turn) {
  SampleTurns turns(e, rows);
  const std::size_t actions = SampleTurns::width(e.actions), numbers = SampleTurns::width(e.observation);
  for (std::size_t i = 0; i < turns.n; ++i) {
    Random random(stream(seed, i));
    turns.rng[i] = random.bits();
    turns.first[i] = turn == 0 ? 1 : 0;
    float* observation = turns.observation.data() + i * numbers;
    write_frames(e, turn, random, observation);
    write_mask(actions, random, turns.mask.data() + i * actions);
    float* tail = observation + static_cast<std::ptrdiff_t>(e.window) * e.frame;
    *tail++ = static_cast<float>(turn) / static_cast<float>(e.turns_max);
    const double* limits = kLimits[random.below(std::size(kLimits))];
    const double share = turn == 0 ? 0 : 1.25 * random.uniform();
    for (std::size_t k = 0; k < 2; ++k) {
      const double most = e.turns_max * highest(e, k);
      turns.limit[2 * i + k] = limits[k];
      turns.spent[2 * i + k] = share * std::min(limits[k], most);
      tail[k] = limits[k] == kUnlimited_s_usd
                    ? 1.0F
                    : static_cast<float>(std::clamp((limits[k] - turns.spent[2 * i + k]) / most, -1.0, 1.0));
    }
  }
  return turns;
}

Actions act(AnyAgent& agent, const SampleTurns& turns, std::int32_t mode) {
  Actions action(turns.n);
  const offload_view view = turns.view();
  agent.act(view, mode, action.data());
  return action;
}

void Lesson::train(AnyAgent& agent, int steps, Actions& trace, int rows) {
  const int slots = agent.training_slots();
  for (int done = 0; done < steps;) {
    for (int turn = 0; turn < environment_.turns_max; ++turn, ++step_, done += slots) {
      const SampleTurns before = random_turns(environment_, slots, 2 * step_, turn);
      const Actions action = act(agent, before, OFFLOAD_EXPLORE);
      trace.insert(trace.end(), action.begin(), action.end());
      if (rows > 0 && step_ % kEvaluateEvery == 0) {
        for (const SampleTurns& evaluated : episodes(agent, environment_, rows, step_, OFFLOAD_EVALUATE)) {
          act(agent, evaluated, OFFLOAD_EVALUATE);
        }
      }
      const bool ends = turn + 1 == environment_.turns_max;
      if (agent.trained())
        observe(agent, before, random_turns(environment_, slots, 2 * step_ + 1, turn + 1), action, ends);
    }
  }
}

void Lesson::observe(AnyAgent& agent, const SampleTurns& before, const SampleTurns& after,
                     const Actions& action, bool ends) const {
  SampleStep done(before);
  const offload_view reached = after.view();
  done.action = action;
  for (std::size_t i = 0; i < before.n; ++i) {
    const auto a = static_cast<std::size_t>(action[i]);
    Random random(stream(7, a, step_, i));
    done.quality[i] = random.below(4) == 0 ? 0 : 2 * random.uniform();
    done.association[i] = environment_.images[a] == 0 ? 0 : random.uniform();
    done.reward[i] = done.quality[i] + done.association[i] - .3;
    for (std::size_t k = 0; k < 2; ++k) done.consumed[2 * i + k] = environment_.consumption[2 * a + k];
    done.terminal[i] = ends ? 1 : 0;
  }
  offload_transition transition = done.transition();
  transition.after = &reached;
  agent.observe(transition);
  agent.update();
}

std::vector<SampleTurns> episodes(const AnyAgent& agent, const offload_environment& e, int rows,
                                  std::uint64_t seed, std::int32_t mode) {
  std::vector<SampleTurns> all;
  const int first_slot = mode == OFFLOAD_EXPLORE ? 0 : std::max(agent.training_slots(), kTrainingRows);
  for (int turn = 0; turn < e.turns_max; ++turn) {
    all.push_back(random_turns(e, rows, stream(seed, turn), turn));
    for (int i = 0; i < rows; ++i) all.back().slot[static_cast<std::size_t>(i)] = first_slot + i;
  }
  return all;
}

SampleOutcomes random_outcomes(const offload_environment& e, const std::vector<std::size_t>& rows) {
  const double least[] = {lowest(e, 0), lowest(e, 1)}, most[] = {highest(e, 0), highest(e, 1)};
  const int views = std::max(1, e.modalities);
  SampleOutcomes made(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    Random random(stream(3, rows[i]));
    const std::size_t action = draw(random, SampleTurns::width(e.actions));
    made.action[i] = static_cast<std::int32_t>(action);
    made.quality[i] = random.below(4) == 0 ? 0 : 2 * random.uniform();
    made.association[i] = static_cast<double>(std::popcount(e.images[action])) / views;
    made.association_raw[i] = .25 * views * made.association[i];
    const double* limits = kLimits[random.below(std::size(kLimits))];
    const double earlier =
        static_cast<double>(random.below(3)) / 2;  // nothing, half or all of what is the most
    for (std::size_t k = 0; k < 2; ++k) {
      made.consumed[2 * i + k] = e.consumption[2 * action + k];
      made.relative[2 * i + k] = (made.consumed[2 * i + k] - least[k]) / (most[k] - least[k]);
      made.limit[2 * i + k] = limits[k];
      made.total[2 * i + k] = made.consumed[2 * i + k] + earlier * e.turns_max * most[k];
    }
  }
  return made;
}

}  // namespace offload

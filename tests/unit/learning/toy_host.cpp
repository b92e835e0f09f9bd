#include "unit/learning/toy_host.hpp"

#include <cmath>
#include <limits>

namespace offload::learning {

namespace {

constexpr double kInfinite = std::numeric_limits<double>::infinity();
const std::uint32_t kImages[] = {0, 0};
const double kConsumption[] = {1, 0, 3, 0};
const double kEarned[3] = {0.5, 1.0, 0.6};

ToyHost& host_of(void* context) { return *static_cast<ToyHost*>(context); }

std::string given(void* context, const char* key, const std::string& fallback) {
  ToyHost& host = host_of(context);
  const auto found = host.values.find(key);
  return host.seen[key] = found == host.values.end() ? fallback : found->second;
}

offload_status number(void* context, const char* key, double fallback, double minimum, double maximum,
                      const char*, double* value) {
  const std::string text = given(context, key, "");
  *value = text.empty() ? fallback : std::stod(text);
  if (*value >= minimum && *value <= maximum) return OFFLOAD_OK;
  host_of(context).refused = key;
  return OFFLOAD_ERROR;
}

offload_status integer(void* context, const char* key, std::int64_t fallback, std::int64_t minimum,
                       std::int64_t maximum, const char*, std::int64_t* value) {
  const std::string text = given(context, key, "");
  *value = text.empty() ? fallback : std::stoll(text);
  if (*value >= minimum && *value <= maximum) return OFFLOAD_OK;
  host_of(context).refused = key;
  return OFFLOAD_ERROR;
}

offload_status boolean(void* context, const char* key, std::int32_t fallback, const char*,
                       std::int32_t* value) {
  *value = given(context, key, fallback ? "true" : "false") == "true";
  return OFFLOAD_OK;
}

offload_status text(void* context, const char* key, const char* fallback, const char*, const char*,
                    const char** value) {
  given(context, key, fallback);
  *value = host_of(context).seen[key].c_str();
  return OFFLOAD_OK;
}

}  // namespace

ToyHost::ToyHost(Values the_values) : values(std::move(the_values)), host_() {
  host_.size = sizeof host_;
  host_.context = this;
  host_.fail = [](void*, const char*) {};
  host_.number = number;
  host_.integer = integer;
  host_.boolean = boolean;
  host_.text = text;
}

ToyEnvironment::ToyEnvironment(Toy the_toy, std::int64_t training_steps, std::uint64_t seed)
    : toy(the_toy), raw() {
  raw.size = sizeof raw;
  raw.actions = 2;
  raw.modalities = 0;
  raw.tasks = 2;
  raw.window = 1;
  raw.frame = 2;
  raw.turns_max = toy == Toy::bandit ? 1 : 3;
  raw.observation = kToyWidth;
  raw.budgets = 2;
  raw.evaluation_slots = 16;
  raw.images = kImages;
  raw.consumption = kConsumption;
  raw.seed = seed;
  raw.training_steps = training_steps;
}

ToyEpisodes::ToyEpisodes(const ToyEnvironment& environment, int slots, std::uint64_t seed)
    : toy_(environment.toy), random_(seed) {
  const auto n = static_cast<std::size_t>(slots);
  now = {std::vector<std::int32_t>(n),
         std::vector<std::uint8_t>(n),
         std::vector<std::uint64_t>(n),
         std::vector<float>(n * kToyWidth),
         std::vector<std::uint8_t>(n * 2),
         std::vector<double>(n * 2),
         std::vector<double>(n * 2),
         std::vector<int>(n),
         std::vector<int>(n),
         std::vector<int>(n)};
  action.resize(n);
  for (auto* column : {&reward, &quality, &association}) column->resize(n);
  consumed.resize(n * 2);
  terminal.resize(n);
  for (int i = 0; i < slots; ++i) reset(i);
}

void ToyEpisodes::reset(int slot) {
  const auto i = static_cast<std::size_t>(slot);
  now.slot[i] = slot;
  now.turn[i] = 0;
  now.task[i] = static_cast<int>(random_.below(2));
  now.previous[i] = -1;
  now.spent[2 * i] = now.spent[2 * i + 1] = 0;
  now.limit[2 * i] = toy_ == Toy::budgeted ? 5 : kInfinite;
  now.limit[2 * i + 1] = kInfinite;
  describe(slot);
}

void ToyEpisodes::describe(int slot) {
  const auto i = static_cast<std::size_t>(slot);
  now.first[i] = now.turn[i] == 0;
  now.rng[i] = random_.bits();
  float* x = now.observation.data() + i * kToyWidth;
  const bool budgeted = toy_ == Toy::budgeted;
  x[0] = static_cast<float>(now.previous[i]);
  x[1] = static_cast<float>(now.task[i]);
  x[2] = static_cast<float>(now.turn[i]) / 3;
  x[3] = budgeted ? static_cast<float>((5 - now.spent[2 * i]) / 9) : 1;
  x[4] = 1;
  bool any = false;
  for (int a = 0; a < 2; ++a) {
    const double least = now.spent[2 * i] + kConsumption[2 * a] + (2 - now.turn[i]);
    any |= now.mask[2 * i + static_cast<std::size_t>(a)] = !budgeted || least <= 5;
  }
  if (!any) now.mask[2 * i] = now.mask[2 * i + 1] = 1;
}

void ToyEpisodes::step(const std::vector<std::int32_t>& chosen) {
  before = now;
  action = chosen;
  for (std::size_t i = 0; i < action.size(); ++i) {
    const auto a = static_cast<std::size_t>(action[i]);
    reward[i] = toy_ == Toy::bandit ? action[i] == now.task[i] : a == 1 ? kEarned[now.turn[i]] : 0.2;
    for (std::size_t k = 0; k < 2; ++k) {
      consumed[2 * i + k] = kConsumption[2 * a + k];
      now.spent[2 * i + k] += consumed[2 * i + k];
    }
    ++now.turn[i];
    terminal[i] = now.turn[i] == (toy_ == Toy::bandit ? 1 : 3);
    now.previous[i] = action[i];
    now.task[i] = static_cast<int>(random_.below(2));
    describe(static_cast<int>(i));
  }
}

void ToyEpisodes::advance() {
  for (std::size_t i = 0; i < terminal.size(); ++i) {
    if (terminal[i]) reset(static_cast<int>(i));
  }
}

offload_view ToyEpisodes::view_of(const State& s) {
  return {sizeof(offload_view), static_cast<std::int32_t>(s.slot.size()),
          s.slot.data(),        s.first.data(),
          s.rng.data(),         s.observation.data(),
          s.mask.data(),        s.limit.data(),
          s.spent.data()};
}

offload_view ToyEpisodes::view() const { return view_of(now); }

offload_transition ToyEpisodes::transition(const offload_view& seen, const offload_view& after) const {
  return {sizeof(offload_transition), seen.n,          &seen,  action.data(),  reward.data(), quality.data(),
          association.data(),         consumed.data(), &after, terminal.data()};
}

ToyResult toy_evaluate(Agent& agent, const ToyEnvironment& environment) {
  constexpr int episodes = 64;
  ToyEpisodes toy(environment, 1, 99);
  std::vector<std::int32_t> action(1);
  ToyResult result;
  for (int ended = 0; ended < episodes;) {
    const offload_view view = toy.view();
    agent.act(View(environment.raw, view), Mode::evaluate, action);
    toy.step(action);
    result.reward += toy.reward[0] / episodes;
    if (toy.terminal[0]) {
      ++ended;
      result.latency_s += toy.now.spent[0] / episodes;
      result.worst_s = std::max(result.worst_s, toy.now.spent[0]);
    }
    toy.advance();
  }
  return result;
}

std::vector<unsigned char> saved(const std::function<void(CheckpointWriter&)>& save) {
  std::vector<unsigned char> bytes;
  CheckpointWriter writer(&bytes, [](void* context, const void* data, std::size_t count) -> offload_status {
    const auto* from = static_cast<const unsigned char*>(data);
    auto& to = *static_cast<std::vector<unsigned char>*>(context);
    to.insert(to.end(), from, from + count);
    return OFFLOAD_OK;
  });
  save(writer);
  return bytes;
}

}  // namespace offload::learning

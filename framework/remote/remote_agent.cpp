#include "remote/remote_agent.hpp"

#include <algorithm>
#include <cstring>

#include "core/counted.hpp"
#include "plugin/answers.hpp"

namespace offload {

struct RemoteAgent::State {
  State(const std::filesystem::path& library, const offload_environment& environment,
        const RemoteSettings& settings)
      : actions(environment.actions), process(library, environment, settings, {.rows = settings.rows}) {}

  const TransportHeader& layout() const { return process.layout(); }
  int rows_of(int n) const {
    if (n > layout().rows)
      fail(ErrorKind::plugin, "{}: {}, where {} were agreed on", process.owner(), counted(n, "row"),
           layout().rows);
    return n;
  }
  // Whether the view's features are known.
  bool put(const ViewOffsets& at, const offload_view& view, const ViewFeatures* features) const {
    const int n = rows_of(view.n);
    process.put(at.slot, view.slot, n);
    process.put(at.first, view.first, n);
    process.put(at.rng, view.rng, n);
    process.put(at.observation, view.observation, n, layout().observation);
    process.put(at.mask, view.mask, n, layout().actions);
    process.put(at.limit, view.limit, n, layout().budgets);
    process.put(at.spent, view.spent, n, layout().budgets);
    if (layout().features == 0) return false;
    const float* known = features == nullptr ? nullptr : features->features(view);
    const auto count = static_cast<std::size_t>(n) * static_cast<std::size_t>(layout().features);
    if (known == nullptr) std::fill_n(process.at<float>(at.features), count, 0.0F);
    if (known != nullptr) process.put(at.features, known, n, layout().features);
    return known != nullptr;
  }
  // The flags of the views whose features are known.
  std::uint32_t put(const offload_transition& step, const ViewFeatures* features) const {
    const TransitionOffsets& at = layout().transition;
    const bool before = put(layout().before, *step.before, features);
    const bool after = put(layout().after, *step.after, features);
    process.put(at.action, step.action, step.n);
    process.put(at.reward, step.reward, step.n);
    process.put(at.quality, step.quality, step.n);
    process.put(at.association, step.association, step.n);
    process.put(at.consumed, step.consumed, step.n, layout().budgets);
    process.put(at.terminal, step.terminal, step.n);
    return (before ? kBeforeFeatures : 0U) | (after ? kAfterFeatures : 0U);
  }
  // What the flags say of these; those not meant are null.
  Learned step(std::uint32_t flags, const offload_transition* observed, const offload_view* next,
               std::int32_t mode, std::int32_t* action, const ViewFeatures* features) {
    TransportHeader& header = process.header();
    if (observed != nullptr) flags |= put(*observed, features);
    if (next != nullptr && put(layout().next, *next, features)) flags |= kNextFeatures;
    header.flags = flags;
    header.mode = mode;
    header.observed = observed == nullptr ? 0 : observed->n;
    const int acting = header.acting = next == nullptr ? 0 : next->n;
    std::fill_n(process.at<std::int32_t>(layout().chosen), acting, kNoAction);
    header.gradient_steps = 0;
    header.update_ns = 0;
    const auto start = std::chrono::steady_clock::now();
    process.call(Operation::step);
    Learned learned;
    if ((flags & kUpdate) != 0) {
      learned.gradient_steps =
          add_gradient_steps(RemoteProcess::copied(header.gradient_steps), gradient_steps, process.owner());
      const std::chrono::duration<double> all = std::chrono::steady_clock::now() - start;
      const auto update_ns = static_cast<double>(RemoteProcess::copied(header.update_ns));
      learned.update_s = std::min(update_ns * 1e-9, all.count());
    }
    if (next == nullptr) return learned;
    const std::int32_t* chosen = process.at<std::int32_t>(layout().chosen);
    std::copy(chosen, chosen + acting, action);
    require_actions({action, static_cast<std::size_t>(acting)}, actions, process.owner());
    return learned;
  }

  int actions;
  RemoteProcess process;
  std::int64_t gradient_steps = 0;  // reported so far
};

RemoteAgent::RemoteAgent(const std::filesystem::path& library, const Parameters& parameters,
                         const offload_environment& environment, const RemoteSettings& settings)
    : state_(std::make_unique<State>(library, environment, settings)) {
  state_->process.create(library, parameters, environment, settings, to_string(PluginKind::agent));
}

RemoteAgent::~RemoteAgent() = default;

const PluginInfo& RemoteAgent::info() const { return state_->process.info(); }
const ResolvedParameters& RemoteAgent::resolved() const { return state_->process.created().parameters; }
int RemoteAgent::training_slots() const { return state_->process.created().training_slots; }
bool RemoteAgent::trained() const { return state_->process.created().trained; }
int RemoteAgent::query_features() const { return state_->layout().features; }
bool RemoteAgent::has_checkpoint() const { return state_->process.created().checkpoint; }
bool RemoteAgent::portable_bits() const { return state_->process.created().portable_bits; }
const std::map<std::string, std::string>& RemoteAgent::facts() const {
  return state_->process.created().facts;
}
const std::vector<std::string>& RemoteAgent::scalar_names() const {
  return state_->process.created().scalars;
}

void RemoteAgent::act(const offload_view& view, std::int32_t mode, std::int32_t* action,
                      const ViewFeatures* features) {
  state_->step(kAct, nullptr, &view, mode, action, features);
}

void RemoteAgent::observe(const offload_transition& step, const ViewFeatures* features) {
  state_->step(kObserve, &step, nullptr, OFFLOAD_EXPLORE, nullptr, features);
}

std::int64_t RemoteAgent::update() {
  return state_->step(kUpdate, nullptr, nullptr, OFFLOAD_EXPLORE, nullptr, nullptr).gradient_steps;
}

AnyAgent::Learned RemoteAgent::learn(const offload_transition& step, const offload_view* next,
                                     std::int32_t* action, const ViewFeatures* features) {
  const std::uint32_t act = next == nullptr ? 0U : std::uint32_t{kAct};
  return state_->step(kObserve | kUpdate | act, &step, next, OFFLOAD_EXPLORE, action, features);
}

std::string RemoteAgent::save_checkpoint() { return state_->process.call(Operation::save); }
void RemoteAgent::load_checkpoint(std::string_view bytes) { state_->process.call(Operation::load, bytes); }

bool RemoteAgent::has_policy() const { return state_->process.created().policy; }
std::string RemoteAgent::save_policy() { return state_->process.call(Operation::save_policy); }
void RemoteAgent::load_policy(std::string_view bytes) { state_->process.call(Operation::load_policy, bytes); }

void RemoteAgent::read_scalars(std::span<double> values) {
  const std::string bytes = state_->process.call(Operation::scalars);
  if (bytes.size() != values.size_bytes()) state_->process.broken("gives another number of scalars");
  std::memcpy(values.data(), bytes.data(), bytes.size());
}

std::uint64_t RemoteAgent::held() const { return state_->process.held(); }
void RemoteAgent::limit_answers(std::chrono::milliseconds limit) { state_->process.limit_answers(limit); }
void RemoteAgent::end() { state_->process.end(); }

}  // namespace offload

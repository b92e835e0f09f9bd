#include "plugin/instance.hpp"

#ifdef __SSE2__
#include <xmmintrin.h>
#endif

#include <algorithm>
#include <cfenv>
#include <chrono>
#include <cmath>
#include <cstring>

#include "core/counted.hpp"
#include "core/error.hpp"
#include "plugin/answers.hpp"
#include "plugin/guarded_table.hpp"
#include "plugin/library.hpp"
#include "plugin/parameters.hpp"

namespace offload {
namespace {

// A plugin may leave another rounding mode behind, or, built with -ffast-math, flush small numbers to zero
// from the moment that it is loaded. What the host computes after a call does not depend on it.
void restore_floating_point() {
#ifdef __SSE2__
  constexpr unsigned kFlags = 0x3f, kDefault = 0x1f80;
  if ((_mm_getcsr() & ~kFlags) != kDefault) std::fesetenv(FE_DFL_ENV);
#else
  if (std::fegetround() != FE_TONEAREST) std::fesetenv(FE_DFL_ENV);
#endif
}

// What agents and rewards share: the entry, the parameters, and the way a call fails.
struct Plugin {
  Plugin(const std::filesystem::path& library, Parameters given, PluginKind wanted)
      : entry(open_plugin(library)),
        info(identify_plugin(library)),
        owner(owner_name(info)),
        parameters(std::move(given), owner) {
    restore_floating_point();
    if (info.kind != wanted) {
      const auto named = [](PluginKind kind) { return kind == PluginKind::agent ? "an agent" : "a reward"; };
      fail(ErrorKind::plugin, "{}: is {}, not {}; name another plugin", library.string(), named(info.kind),
           named(wanted));
    }
  }

  // Calls create; a parameter that is wrong comes before what the plugin says about it.
  void create(const offload_environment& environment, void* table, void (**destroy)(void*), void** self) {
    const offload_status status = entry.create(&parameters.host(), &environment, table);
    restore_floating_point();
    const std::string failure = parameters.take_failure();
    try {
      parameters.finish();
    } catch (...) {
      if (status == OFFLOAD_OK && *destroy != nullptr) (*destroy)(*self);
      throw;
    }
    if (status != OFFLOAD_OK) failed("create", failure);
  }
  void check(offload_status status, const char* function) {
    restore_floating_point();
    if (status != OFFLOAD_OK) failed(function, parameters.take_failure());
  }
  [[noreturn]] void failed(const char* function, const std::string& message) const {
    fail(ErrorKind::plugin, "{} failed in {}: {}", owner, function,
         message.empty() ? "it gave no reason" : message);
  }
  [[noreturn]] void broken(const std::string& fact) const { fail(ErrorKind::plugin, "{}: {}", owner, fact); }

  const offload_entry& entry;
  PluginInfo info;
  const std::string owner;  // what errors call it; made once, as every call may need it
  PluginParameters parameters;
};

// One that was created, with its table (offload_agent or offload_reward), until it is destroyed with this.
template <typename Table>
struct Created : Plugin {
  // `table` is what create finds filled in.
  Created(const std::filesystem::path& library, Parameters given, PluginKind kind,
          const offload_environment& environment, HostWorld world, const Table& table = {})
      : Plugin(library, std::move(given), kind), guarded(table) {
    parameters.extensions().offer(std::move(world));
    create(environment, &guarded.table, &guarded.table.destroy, &guarded.table.self);
    try {
      guarded.require_layout(owner);
    } catch (...) {
      destroy();
      throw;
    }
  }
  ~Created() { destroy(); }
  Created(const Created&) = delete;
  Created& operator=(const Created&) = delete;

  void destroy() {
    if (guarded.table.destroy != nullptr) guarded.table.destroy(guarded.table.self);
    restore_floating_point();
    guarded.table.destroy = nullptr;
  }

  GuardedTable<Table> guarded;
};

}  // namespace

struct AgentInstance::State : Created<offload_agent> {
  static offload_agent one_slot() {
    offload_agent table = {};
    table.training_slots = 1;
    return table;
  }
  State(const std::filesystem::path& library, Parameters given, const offload_environment& environment,
        HostWorld world)
      : Created(library, std::move(given), PluginKind::agent, environment, std::move(world), one_slot()),
        actions(environment.actions) {
    check_table();
  }

  // Extensions are frozen with the major version, so a table says the one size.
  template <typename Table>
  const Table* find_extension(const char* name) {
    const auto* table = static_cast<const Table*>(agent.extension(agent.self, name));
    if (table != nullptr && table->size != sizeof(Table)) {
      broken(fmt::format("its table of {} says size {}, where this host's has {} bytes; set it to sizeof",
                         name, table->size, sizeof(Table)));
    }
    return table;
  }
  void check_table() {
    if (agent.act == nullptr) broken("has no act; create must set it");
    if (agent.update != nullptr && agent.observe == nullptr) {
      broken("has update without observe, so that it would never be called; set both or neither");
    }
    if (agent.training_slots < 1 || agent.training_slots > kSlotsMax) {
      broken(fmt::format("asks for {}; expected 1 to {}", counted(agent.training_slots, "training slot"),
                         kSlotsMax));
    }
    if (agent.extension == nullptr) return;
    checkpoint = find_extension<offload_checkpoint>(OFFLOAD_EXTENSION_CHECKPOINT);
    policy = find_extension<offload_policy>(OFFLOAD_EXTENSION_POLICY);
    for (const offload_checkpoint* saved : {checkpoint, policy}) {
      if (saved != nullptr && (saved->save == nullptr || saved->load == nullptr))
        broken("offers checkpoints or policies without save or load; set both");
    }
    read_facts();
    scalars = find_extension<offload_scalars>(OFFLOAD_EXTENSION_SCALARS);
    if (scalars == nullptr) return;
    if (scalars->count < 0 || scalars->count > kScalarsMax || scalars->read == nullptr ||
        (scalars->count > 0 && scalars->names == nullptr)) {
      broken(fmt::format("offers scalars without names or read, or more than {}", kScalarsMax));
    }
    for (int i = 0; i < scalars->count; ++i) {
      scalar_names.push_back(printable(scalars->names[i] != nullptr ? scalars->names[i] : ""));
    }
  }

  void read_facts() {
    const auto* table = find_extension<offload_facts>(OFFLOAD_EXTENSION_FACTS);
    if (table == nullptr) return;
    if (table->count < 0 || table->count > kFactsMax ||
        (table->count > 0 && (table->keys == nullptr || table->values == nullptr))) {
      broken(fmt::format("offers facts without keys or values, or more than {}", kFactsMax));
    }
    for (int i = 0; i < table->count; ++i) {
      if (table->keys[i] == nullptr || table->values[i] == nullptr) broken("offers a fact that is NULL");
      facts[printable(table->keys[i])] = printable(table->values[i], kFactBytesMax);
    }
  }

  std::string save(const offload_checkpoint* part) {
    if (part == nullptr) broken("has no checkpoints");
    std::string bytes;
    const auto append = [](void* context, const void* data, std::size_t count) noexcept -> offload_status {
      static_cast<std::string*>(context)->append(static_cast<const char*>(data), count);
      return OFFLOAD_OK;
    };
    check(part->save(agent.self, &bytes, append), "save");
    return bytes;
  }
  void load(const offload_checkpoint* part, std::string_view bytes) {
    if (part == nullptr) broken("has no checkpoints");
    check(part->load(agent.self, bytes.data(), bytes.size()), "load");
  }

  int actions;
  offload_agent& agent = guarded.table;
  const offload_checkpoint* checkpoint = nullptr;
  const offload_policy* policy = nullptr;
  const offload_scalars* scalars = nullptr;
  std::vector<std::string> scalar_names;
  std::map<std::string, std::string> facts;
  std::int64_t gradient_steps = 0;  // reported so far
};

AgentInstance::AgentInstance(const std::filesystem::path& library, Parameters parameters,
                             const offload_environment& environment, HostWorld world)
    : state_(std::make_unique<State>(library, std::move(parameters), environment, std::move(world))) {}
AgentInstance::~AgentInstance() = default;

const PluginInfo& AgentInstance::info() const { return state_->info; }
const ResolvedParameters& AgentInstance::resolved() const { return state_->parameters.resolved(); }
int AgentInstance::training_slots() const { return state_->agent.training_slots; }
bool AgentInstance::trained() const { return state_->agent.observe != nullptr; }

int AgentInstance::query_features() const { return state_->parameters.extensions().features(); }

void AgentInstance::act(const offload_view& view, std::int32_t mode, std::int32_t* action,
                        const ViewFeatures* features) {
  state_->parameters.extensions().look_at(features);
  // What an earlier call left in the buffer must not pass for an answer.
  std::fill_n(action, view.n, kNoAction);
  state_->check(state_->agent.act(state_->agent.self, &view, mode, action), "act");
  require_actions({action, static_cast<std::size_t>(view.n)}, state_->actions, state_->owner);
}

void AgentInstance::observe(const offload_transition& step, const ViewFeatures* features) {
  state_->parameters.extensions().look_at(features);
  state_->check(state_->agent.observe(state_->agent.self, &step), "observe");
}

std::int64_t AgentInstance::update() {
  if (state_->agent.update == nullptr) return 0;
  offload_update_stats stats = {sizeof(offload_update_stats), 0};
  state_->check(state_->agent.update(state_->agent.self, &stats), "update");
  return add_gradient_steps(stats.gradient_steps, state_->gradient_steps, state_->owner);
}

AnyAgent::Learned AgentInstance::learn(const offload_transition& step, const offload_view* next,
                                       std::int32_t* action, const ViewFeatures* features) {
  using Clock = std::chrono::steady_clock;
  observe(step, features);
  const auto updating = Clock::now();
  Learned learned{update(), 0};
  learned.update_s = std::chrono::duration<double>(Clock::now() - updating).count();
  if (next != nullptr) act(*next, OFFLOAD_EXPLORE, action, features);
  return learned;
}

bool AgentInstance::has_checkpoint() const { return state_->checkpoint != nullptr; }
std::string AgentInstance::save_checkpoint() { return state_->save(state_->checkpoint); }
void AgentInstance::load_checkpoint(std::string_view bytes) { state_->load(state_->checkpoint, bytes); }
bool AgentInstance::has_policy() const { return state_->policy != nullptr; }
std::string AgentInstance::save_policy() { return state_->save(state_->policy); }
void AgentInstance::load_policy(std::string_view bytes) { state_->load(state_->policy, bytes); }

void AgentInstance::end() { state_->destroy(); }

bool AgentInstance::portable_bits() const { return state_->parameters.portable_bits(); }
const std::map<std::string, std::string>& AgentInstance::facts() const { return state_->facts; }

const std::vector<std::string>& AgentInstance::scalar_names() const { return state_->scalar_names; }

void AgentInstance::read_scalars(std::span<double> values) {
  if (values.size() != state_->scalar_names.size()) state_->broken("was asked for another number of scalars");
  if (!values.empty()) state_->check(state_->scalars->read(state_->agent.self, values.data()), "scalars");
}

struct RewardInstance::State : Created<offload_reward> {
  State(const std::filesystem::path& library, Parameters given, const offload_environment& environment)
      : Created(library, std::move(given), PluginKind::reward, environment, host_world(environment)) {
    if (reward.score == nullptr) broken("has no score; create must set it");
  }

  offload_reward& reward = guarded.table;
};

RewardInstance::RewardInstance(const std::filesystem::path& library, Parameters parameters,
                               const offload_environment& environment)
    : state_(std::make_unique<State>(library, std::move(parameters), environment)) {}
RewardInstance::~RewardInstance() = default;

const PluginInfo& RewardInstance::info() const { return state_->info; }
const ResolvedParameters& RewardInstance::resolved() const { return state_->parameters.resolved(); }
void RewardInstance::end() { state_->destroy(); }
bool RewardInstance::portable_bits() const { return state_->parameters.portable_bits(); }

const std::map<std::string, std::string>& RewardInstance::facts() const {
  static const std::map<std::string, std::string> none;
  return none;
}

void RewardInstance::score(const offload_outcomes& outcomes, double* reward) {
  std::memset(reward, 0xff, static_cast<std::size_t>(outcomes.n) * sizeof *reward);  // all NaN
  state_->check(state_->reward.score(state_->reward.self, &outcomes, reward), "score");
  require_rewards({reward, static_cast<std::size_t>(outcomes.n)}, state_->owner);
}

}  // namespace offload

// Makes a plugin of a class: put one of these lines, once, at the end of its .cpp file and outside
// namespaces.
//
//   OFFLOAD_AGENT(MyAgent, "my-agent", "1.0.0", "one line on what it does")
//   OFFLOAD_REWARD(MyReward, "my-reward", "1.0.0", "one line on what it rewards")
//
// They define the one exported symbol of abi.h over the class; an exception of the class becomes the failing
// status of the call with the exception's text, and never crosses the boundary.
#pragma once

#include <offload/abi.h>
#include <offload/agent.hpp>
#include <offload/choice.hpp>
#include <offload/random.hpp>
#include <offload/reward.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace offload::detail {

template <typename T>
concept Observes = requires(T& agent, const Transition& step) {
  agent.observe(step);
};
template <typename T>
concept Updates = requires(T& agent) {
  { agent.update() } -> std::convertible_to<std::int64_t>;
};
template <typename T>
concept Saves = requires(const T& agent, CheckpointWriter& out) {
  agent.save(out);
};
template <typename T>
concept Loads = requires(T& agent, CheckpointReader& in) {
  agent.load(in);
};
template <typename T>
concept SavesPolicy = requires(const T& agent, CheckpointWriter& out) {
  agent.save_policy(out);
};
template <typename T>
concept LoadsPolicy = requires(T& agent, CheckpointReader& in) {
  agent.load_policy(in);
};
template <typename T>
concept Plots = requires(const T& agent) {
  { agent.scalars() } -> std::convertible_to<std::vector<Scalar>>;
};

template <typename T>
concept StatesFacts = requires(const T& agent) {
  { agent.facts() } -> std::convertible_to<std::vector<Fact>>;
};

template <typename T>
concept DeclaresBits = requires(const T& object) {
  { object.portable_bits() } -> std::same_as<bool>;
};

// A member of the right name and the wrong signature would silently be no capability at all.
template <typename T>
constexpr void check_bits_signature() {
  static_assert(
      DeclaresBits<T> || !requires { &T::portable_bits; }, "expected bool portable_bits() const");
}

template <typename T>
constexpr void check_signatures() {
  static_assert(
      Observes<T> || !requires { &T::observe; }, "expected void observe(const offload::Transition&)");
  static_assert(
      Updates<T> || !requires { &T::update; }, "expected std::int64_t update()");
  static_assert(
      Saves<T> || !requires { &T::save; }, "expected void save(offload::CheckpointWriter&) const");
  static_assert(
      Loads<T> || !requires { &T::load; }, "expected void load(offload::CheckpointReader&)");
  static_assert(
      SavesPolicy<T> || !requires { &T::save_policy; },
      "expected void save_policy(offload::CheckpointWriter&) const");
  static_assert(
      LoadsPolicy<T> || !requires { &T::load_policy; },
      "expected void load_policy(offload::CheckpointReader&)");
  static_assert(
      Plots<T> || !requires { &T::scalars; }, "expected std::vector<offload::Scalar> scalars() const");
  static_assert(
      StatesFacts<T> || !requires { &T::facts; }, "expected std::vector<offload::Fact> facts() const");
  check_bits_signature<T>();
  static_assert(Observes<T> || !Updates<T>, "an agent with update() needs observe(), or it is never called");
  static_assert(Saves<T> == Loads<T>, "an agent has both save() and load(), or neither");
  static_assert(SavesPolicy<T> == LoadsPolicy<T>,
                "an agent has both save_policy() and load_policy(), or neither");
}

template <typename Body>
offload_status guarded(const offload_host& host, Body&& body) noexcept {
  try {
    body();
    return OFFLOAD_OK;
  } catch (const ParameterRefused&) {
    // The host knows why.
  } catch (const std::exception& error) {
    host.fail(host.context, error.what());
  } catch (...) {
    host.fail(host.context, "unknown exception");
  }
  return OFFLOAD_ERROR;
}

template <typename T>
T construct(const Environment& environment, ParameterReader& parameters) {
  if constexpr (std::constructible_from<T, const Environment&, ParameterReader&>) {
    return T(environment, parameters);
  } else if constexpr (std::constructible_from<T, const Environment&>) {
    return T(environment);
  } else {
    return T();
  }
}

template <typename T>
void declare_bits(const offload_host& host, const T& object) {
  if constexpr (DeclaresBits<T>) {
    if (!object.portable_bits()) return;
    // A host of an older version knows none.
    const void* extension = host.extension(host.context, OFFLOAD_HOST_EXTENSION_PORTABLE_BITS);
    if (extension) static_cast<const offload_portable_bits*>(extension)->declare(host.context);
  }
}

template <typename T>
struct Instance {
  Instance(const offload_host& the_host, const offload_environment& raw, ParameterReader parameters)
      : host(the_host), environment(raw), object(construct<T>(environment, parameters)) {
    declare_bits(host, object);
  }

  const offload_host& host;
  Environment environment;
  T object;
  std::vector<const char*> scalar_names;
  offload_scalars scalars = {};
  std::vector<Fact> facts;
  std::vector<const char*> fact_keys, fact_values;
  offload_facts fact_table = {};

  void keep_facts(std::vector<Fact> all) {
    facts = std::move(all);
    for (const Fact& fact : facts) {
      fact_keys.push_back(fact.key.c_str());
      fact_values.push_back(fact.value.c_str());
    }
    fact_table = {sizeof(offload_facts), static_cast<std::int32_t>(facts.size()), fact_keys.data(),
                  fact_values.data()};
  }

  static Instance& of(void* self) { return *static_cast<Instance*>(self); }
  static void destroy(void* self) { delete static_cast<Instance*>(self); }
};

// An instance until the host has it. Not std::unique_ptr: its header takes a quarter of the time that a small
// plugin takes to compile.
template <typename T>
class Held {
 public:
  explicit Held(T* object) : object_(object) {}
  ~Held() { delete object_; }
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;

  T* operator->() const { return object_; }
  T* release() {
    T* object = object_;
    object_ = nullptr;
    return object;
  }

 private:
  T* object_;
};

// Written before what the agent saves: bytes of another plugin, version or environment are refused.
inline std::string checkpoint_header(const offload_environment& e) {
  std::string header = std::string(offload_entry_v1.id) + " " + offload_entry_v1.version;
  for (const std::int32_t number :
       {e.actions, e.modalities, e.tasks, e.window, e.frame, e.turns_max, e.observation, e.budgets}) {
    header += " " + std::to_string(number);
  }
  return header;
}

// What a checkpoint or, kPolicy, a policy is saved and loaded by.
template <typename T, bool kPolicy>
struct CheckpointGlue {
  using Self = Instance<T>;

  static offload_status save(void* self, void* context, CheckpointWriter::Write write) {
    Self& instance = Self::of(self);
    return guarded(instance.host, [&] {
      CheckpointWriter out(context, write);
      out.text(checkpoint_header(instance.environment.raw()));
      const T& object = instance.object;
      if constexpr (kPolicy) object.save_policy(out);
      if constexpr (!kPolicy) object.save(out);
    });
  }
  static offload_status load(void* self, const void* bytes, std::size_t count) {
    Self& instance = Self::of(self);
    return guarded(instance.host, [&] {
      CheckpointReader in(bytes, count);
      const std::string expected = checkpoint_header(instance.environment.raw());
      if (const std::string found = in.text(); found != expected) {
        throw std::runtime_error("the checkpoint is of '" + found + "', this agent is '" + expected + "'");
      }
      if constexpr (kPolicy) instance.object.load_policy(in);
      if constexpr (!kPolicy) instance.object.load(in);
      if (in.remaining() != 0) throw std::runtime_error("the checkpoint has bytes left over");
    });
  }
  static constexpr offload_checkpoint table = {sizeof(offload_checkpoint), save, load};
};

template <typename T>
struct AgentGlue {
  using Self = Instance<T>;
  static_assert(std::derived_from<T, Agent>, "the class given to OFFLOAD_AGENT derives from offload::Agent");

  static offload_status act(void* self, const offload_view* view, std::int32_t mode, std::int32_t* action) {
    Self& instance = Self::of(self);
    return guarded(instance.host, [&] {
      instance.object.act(View(instance.environment.raw(), *view), static_cast<Mode>(mode),
                          {action, static_cast<std::size_t>(view->n)});
    });
  }
  static offload_status observe(void* self, const offload_transition* step) {
    Self& instance = Self::of(self);
    return guarded(instance.host,
                   [&] { instance.object.observe(Transition(instance.environment.raw(), *step)); });
  }
  static offload_status update(void* self, offload_update_stats* stats) {
    Self& instance = Self::of(self);
    return guarded(instance.host, [&] { stats->gradient_steps = instance.object.update(); });
  }
  static offload_status read_scalars(void* self, double* values) {
    Self& instance = Self::of(self);
    return guarded(instance.host, [&] {
      const std::vector<Scalar> scalars = instance.object.scalars();
      if (scalars.size() != instance.scalar_names.size()) {
        throw std::runtime_error("scalars() returned another number of values than before");
      }
      for (std::size_t i = 0; i < scalars.size(); ++i) values[i] = scalars[i].value;
    });
  }
  static const void* extension(void* self, const char* name) {
    const std::string wanted = name;
    if constexpr (Saves<T>) {
      if (wanted == OFFLOAD_EXTENSION_CHECKPOINT) return &CheckpointGlue<T, false>::table;
    }
    if constexpr (SavesPolicy<T>) {
      if (wanted == OFFLOAD_EXTENSION_POLICY) return &CheckpointGlue<T, true>::table;
    }
    if constexpr (Plots<T>) {
      if (wanted == OFFLOAD_EXTENSION_SCALARS) return &Self::of(self).scalars;
    }
    if constexpr (StatesFacts<T>) {
      if (wanted == OFFLOAD_EXTENSION_FACTS) return &Self::of(self).fact_table;
    }
    return nullptr;
  }

  static offload_status create(const offload_host* host, const offload_environment* environment,
                               void* table) {
    check_signatures<T>();
    return guarded(*host, [&] {
      Held<Self> instance(new Self(*host, *environment, ParameterReader(*host)));
      auto& agent = *static_cast<offload_agent*>(table);
      if constexpr (Plots<T>) {
        for (const Scalar& scalar : instance->object.scalars()) instance->scalar_names.push_back(scalar.name);
        instance->scalars = {sizeof(offload_scalars),
                             static_cast<std::int32_t>(instance->scalar_names.size()),
                             instance->scalar_names.data(), read_scalars};
      }
      if constexpr (StatesFacts<T>) instance->keep_facts(instance->object.facts());
      agent.training_slots = instance->object.slots();
      agent.destroy = Self::destroy;
      agent.act = act;
      if constexpr (Observes<T>) agent.observe = observe;
      if constexpr (Updates<T>) agent.update = update;
      agent.extension = extension;
      agent.self = instance.release();
    });
  }
};

template <typename T>
struct RewardGlue {
  using Self = Instance<T>;
  static_assert(std::derived_from<T, Reward>,
                "the class given to OFFLOAD_REWARD derives from offload::Reward");

  static offload_status score(void* self, const offload_outcomes* raw, double* reward) {
    const Self& instance = Self::of(self);
    return guarded(instance.host, [&] {
      const Outcomes outcomes(*raw);
      for (int i = 0; i < outcomes.size(); ++i) reward[i] = instance.object.score(outcomes[i]);
    });
  }
  static offload_status create(const offload_host* host, const offload_environment* environment,
                               void* table) {
    check_bits_signature<T>();
    return guarded(*host, [&] {
      Held<Self> instance(new Self(*host, *environment, ParameterReader(*host)));
      auto& reward = *static_cast<offload_reward*>(table);
      reward.destroy = Self::destroy;
      reward.score = score;
      reward.self = instance.release();
    });
  }
};

}  // namespace offload::detail

#define OFFLOAD_AGENT(Class, id, version, summary)                      \
  constinit const offload_entry offload_entry_v1 = {OFFLOAD_ABI_MAJOR,  \
                                                    OFFLOAD_ABI_MINOR,  \
                                                    OFFLOAD_KIND_AGENT, \
                                                    id,                 \
                                                    version,            \
                                                    summary,            \
                                                    &::offload::detail::AgentGlue<Class>::create};

#define OFFLOAD_REWARD(Class, id, version, summary)                      \
  constinit const offload_entry offload_entry_v1 = {OFFLOAD_ABI_MAJOR,   \
                                                    OFFLOAD_ABI_MINOR,   \
                                                    OFFLOAD_KIND_REWARD, \
                                                    id,                  \
                                                    version,             \
                                                    summary,             \
                                                    &::offload::detail::RewardGlue<Class>::create};

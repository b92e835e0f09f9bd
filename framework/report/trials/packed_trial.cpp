#include "report/trials/packed_trial.hpp"

#include <concepts>
#include <cstring>
#include <type_traits>
#include <variant>

namespace offload {
namespace {

template <typename T, typename... Of>
concept OneOf = (std::same_as<std::remove_const_t<T>, Of> || ...);

// Takes what is more than a number apart, for writing and reading alike: a field that is not named here does
// not compile.
template <typename Archive, OneOf<EpisodeScores> T>
void visit(Archive& archive, T& scores) {
  auto& [lens, model, reward, quality, association, mix_reward, task_reward, task_quality] = scores;
  archive(lens, model, reward, quality, association, mix_reward, task_reward, task_quality);
}
template <typename Archive, OneOf<CalibrationPass> T>
void visit(Archive& archive, T& pass) {
  auto& [margin_percent, over, decisions] = pass;
  archive(margin_percent, over, decisions);
}
template <typename Archive, OneOf<CellMargin> T>
void visit(Archive& archive, T& margin) {
  auto& [share, kept, margin_percent, sessions, groups, passes] = margin;
  archive(share, kept, margin_percent, sessions, groups, passes);
}
template <typename Archive, OneOf<LogVerdict> T>
void visit(Archive& archive, T& verdict) {
  auto& [effective_sample_size, queries, truth, said] = verdict;
  archive(effective_sample_size, queries, truth, said);
}
template <typename Archive, OneOf<CondensedCell> T>
void visit(Archive& archive, T& cell) {
  auto& [sums, mean, per_test, violated, decisions, turns, masked_actions, action_count, task_actions, scores,
         value, contradictions, margin, log] = cell;
  archive(sums, mean, per_test[0], per_test[1], violated, decisions, turns, masked_actions, action_count,
          task_actions, scores, value, contradictions, margin, log);
}
template <typename Archive, OneOf<CurvePoint> T>
void visit(Archive& archive, T& point) {
  auto& [step, values] = point;
  archive(step, values);
}
template <typename Archive, OneOf<TrainingResult> T>
void visit(Archive& archive, T& training) {
  auto& [steps, episodes, gradient_steps, latency_violations, cost_violations, joint_violations, curve,
         not_finite] = training;
  archive(steps, episodes, gradient_steps, latency_violations, cost_violations, joint_violations, curve,
          not_finite);
}
template <typename Archive, OneOf<TunedCandidate> T>
void visit(Archive& archive, T& candidate) {
  auto& [name, parameters, reward, violations, steps, failure] = candidate;
  archive(name, parameters, reward, violations, steps, failure);
}
template <typename Archive, OneOf<TuningResult> T>
void visit(Archive& archive, T& tuning) {
  auto& [validation_episodes, candidates, chosen] = tuning;
  archive(validation_episodes, candidates, chosen);
}
template <typename Archive, OneOf<TrialFailure> T>
void visit(Archive& archive, T& f) {
  auto& [reason, exit_code, signal, limit, last_output] = f;
  archive(reason, exit_code, signal, limit, last_output);
}
template <typename Archive, OneOf<TrialOrigin> T>
void visit(Archive& archive, T& origin) {
  auto& [plugin_version, plugin_sha256, parameters, host] = origin;
  archive(plugin_version, plugin_sha256, parameters, host);
}
template <typename Archive, OneOf<ViewColumns> T>
void visit(Archive& archive, T& view) {
  auto& [reward, quality, association, mix_reward, task_reward] = view;
  archive(reward, quality, association, mix_reward, task_reward);
}
template <typename Archive, OneOf<CellColumns> T>
void visit(Archive& archive, T& cell) {
  auto& [per_test, violated, decisions, masked_actions, view] = cell;
  archive(per_test[0], per_test[1], violated, decisions, masked_actions, view);
}
template <typename Archive, OneOf<RowColumns> T>
void visit(Archive& archive, T& row) {
  auto& [end, trial_end, cells, drifts, natives] = row;
  archive(end, trial_end, cells, drifts, natives);
}
// What many share stays with its head.
template <typename Archive, OneOf<CondensedTrial> T>
void visit(Archive& archive, T& trial) {
  auto& [seed, status, failure, origin, episode_ids, training, copies, cells, drifts, natives, tuning,
         timing] = trial;
  archive(seed, status, failure, training, copies, cells, drifts, natives, tuning, timing);
}

template <typename T>
concept Plain = std::is_trivially_copyable_v<T>;

class Packer {
 public:
  explicit Packer(std::string& out) : out_(out) {}

  template <typename... T>
  void operator()(const T&... values) {
    (put(values), ...);
  }

 private:
  void bytes(const void* from, std::size_t size) { out_.append(static_cast<const char*>(from), size); }

  template <typename T>
  void put(const T& value) {
    if constexpr (Plain<T>) {
      bytes(&value, sizeof value);
    } else {
      visit(*this, value);
    }
  }
  template <typename T>
  void put(const std::optional<T>& value) {
    put(value.has_value());
    if (value) put(*value);
  }
  void put(const std::string& text) {
    put(text.size());
    out_ += text;
  }
  template <typename T>
  void put(const std::vector<T>& list) {
    put(list.size());
    if constexpr (Plain<T>) {
      bytes(list.data(), list.size() * sizeof(T));
    } else {
      for (const T& one : list) put(one);
    }
  }
  template <typename T>
  void put(const std::map<std::string, T>& values) {
    put(values.size());
    for (const auto& [name, value] : values) (*this)(name, value);
  }
  void put(const ParameterValue& value) {
    put(value.index());
    std::visit([this](const auto& held) { put(held); }, value);
  }

  std::string& out_;
};

class Unpacker {
 public:
  explicit Unpacker(std::string_view in) : in_(in) {}

  template <typename... T>
  void operator()(T&... values) {
    (get(values), ...);
  }

 private:
  void bytes(void* to, std::size_t size) {
    if (size > 0) std::memcpy(to, in_.data(), size);
    in_.remove_prefix(size);
  }
  std::size_t size() {
    std::size_t value = 0;
    get(value);
    return value;
  }

  template <typename T>
  void get(T& value) {
    if constexpr (Plain<T>) {
      bytes(&value, sizeof value);
    } else {
      visit(*this, value);
    }
  }
  template <typename T>
  void get(std::optional<T>& value) {
    bool there = false;
    get(there);
    if (there) get(value.emplace());
  }
  void get(std::string& text) {
    text.resize(size());
    bytes(text.data(), text.size());
  }
  template <typename T>
  void get(std::vector<T>& list) {
    list.resize(size());
    if constexpr (Plain<T>) {
      bytes(list.data(), list.size() * sizeof(T));
    } else {
      for (T& one : list) get(one);
    }
  }
  template <typename T>
  void get(std::map<std::string, T>& values) {
    for (std::size_t left = size(); left > 0; --left) {
      std::string name;
      get(name);
      get(values[name]);
    }
  }
  template <std::size_t Index = 0>
  void get_held(ParameterValue& value, std::size_t index) {
    if constexpr (Index < std::variant_size_v<ParameterValue>) {
      if (index == Index) return get(value.emplace<Index>());
      get_held<Index + 1>(value, index);
    }
  }
  void get(ParameterValue& value) { get_held(value, size()); }

  std::string_view in_;
};

}  // namespace

void pack(const CondensedTrial& trial, std::string& out) { Packer{out}(trial); }
void pack(const RowColumns& columns, std::string& out) { Packer{out}(columns); }
void pack(const TrialOrigin& origin, std::string& out) { Packer{out}(origin); }

CondensedTrial unpacked_trial(std::string_view bytes) {
  CondensedTrial trial;
  Unpacker{bytes}(trial);
  return trial;
}

RowColumns unpacked_columns(std::string_view bytes) {
  RowColumns columns;
  Unpacker{bytes}(columns);
  return columns;
}

}  // namespace offload

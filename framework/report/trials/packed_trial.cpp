#include "report/trials/packed_trial.hpp"

#include <concepts>
#include <cstring>
#include <type_traits>
#include <variant>

namespace offload {
namespace {

template <typename T, typename... Of>
concept OneOf = (std::same_as<std::remove_const_t<T>, Of> || ...);

// Names the fields of what is more than a number, for writing and reading alike.
template <typename Archive, OneOf<EpisodeScores> T>
void visit(Archive& archive, T& s) {
  archive(s.lens, s.model, s.reward, s.quality, s.association, s.mix_reward, s.task_reward, s.task_quality);
}
template <typename Archive, OneOf<CalibrationPass> T>
void visit(Archive& archive, T& p) {
  archive(p.margin_percent, p.over, p.decisions);
}
template <typename Archive, OneOf<CellMargin> T>
void visit(Archive& archive, T& m) {
  archive(m.share, m.kept, m.margin_percent, m.sessions, m.groups, m.passes);
}
template <typename Archive, OneOf<LogVerdict> T>
void visit(Archive& archive, T& v) {
  archive(v.effective_sample_size, v.queries, v.truth, v.said);
}
template <typename Archive, OneOf<CondensedCell> T>
void visit(Archive& archive, T& c) {
  archive(c.sums, c.mean, c.per_test[0], c.per_test[1], c.violated, c.decisions, c.turns, c.masked_actions,
          c.action_count, c.task_actions, c.scores, c.value, c.contradictions, c.margin, c.log);
}
template <typename Archive, OneOf<CurvePoint> T>
void visit(Archive& archive, T& p) {
  archive(p.step, p.values);
}
template <typename Archive, OneOf<TrainingResult> T>
void visit(Archive& archive, T& t) {
  archive(t.steps, t.episodes, t.gradient_steps, t.latency_violations, t.cost_violations, t.joint_violations,
          t.curve, t.not_finite);
}
template <typename Archive, OneOf<TunedCandidate> T>
void visit(Archive& archive, T& c) {
  archive(c.name, c.parameters, c.reward, c.violations, c.steps, c.failure);
}
template <typename Archive, OneOf<TuningResult> T>
void visit(Archive& archive, T& t) {
  archive(t.validation_episodes, t.candidates, t.chosen);
}
template <typename Archive, OneOf<TrialFailure> T>
void visit(Archive& archive, T& f) {
  archive(f.reason, f.exit_code, f.signal, f.limit, f.last_output);
}
template <typename Archive, OneOf<CondensedTrial> T>
void visit(Archive& archive, T& t) {
  archive(t.seed, t.status, t.failure, t.training, t.copies, t.cells, t.drifts, t.natives, t.tuning,
          t.timing);
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

void pack(const CondensedTrial& trial, std::string& out) {
  Packer packer(out);
  packer(trial);
}

CondensedTrial unpacked_trial(std::string_view bytes) {
  CondensedTrial trial;
  Unpacker unpacker(bytes);
  unpacker(trial);
  return trial;
}

}  // namespace offload

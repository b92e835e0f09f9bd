// The checks of `offload-bench check` by kind of plugin; conformance.cpp runs them in child processes.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "core/instruction_set.hpp"
#include "plugin/python_source.hpp"
#include "plugin/sample_environment.hpp"
#include "remote/placed.hpp"

namespace offload {

struct PluginCheck {
  using Body = std::function<std::string(const PluggedIn&)>;

  const char* name;
  // Throws Error(plugin) with one sentence; returns kNotApplicable where the plugin has nothing to check.
  Body body;
  // Where set, what it returns must be the same in two processes that start in different seconds.
  Body trace = {};
};

inline constexpr const char* kNotApplicable = "not applicable";
inline constexpr const char* kCreatedInTime = "created in time";

std::vector<PluginCheck> agent_checks();
std::vector<PluginCheck> reward_checks();
// The body of one of the agents' (memory_checks.cpp).
std::string remembers_nothing(const PluggedIn& plugin);

template <typename... Args>
void require(bool held, fmt::format_string<Args...> format, Args&&... args) {
  if (!held) fail(ErrorKind::plugin, format, std::forward<Args>(args)...);
}

inline PluginCheck plain(const char* name, void (*body)(const PluggedIn&)) {
  return {name, [body](const PluggedIn& plugin) {
            body(plugin);
            return std::string();
          }};
}

// Requires `trace` to give the same under every instruction set that the host can use here, where it declares
// portable bits; returns kNotApplicable where it does not. Changes the environment: for a child process.
template <typename Instance>
std::string same_bits_everywhere(const PluggedIn& plugin, const PluginCheck::Body& trace) {
  const SampleEnvironment environment;
  if (!Instance(plugin, {}, environment.raw()).portable_bits()) return kNotApplicable;
  std::string first, name_of_first;
  for (const char* name : {"baseline", "avx2", "avx512"}) {
    if (!can_use_instruction_set(name)) continue;
    setenv("OFFLOAD_ISA", name, 1);
    const std::string bits = trace(plugin);
    if (first.empty()) first = bits, name_of_first = name;
    require(bits == first,
            "declares portable bits, but {} and {} give different ones; declare nothing, or fix the order of "
            "every sum and leave exp, log and pow of the C library alone",
            name_of_first, name);
  }
  return {};
}

// Creates it twice, because a loaded machine may stop either; the quicker one counts.
template <typename Instance>
void created_in_time(const PluggedIn& plugin) {
  // Every trial and every question about a plugin waits for it; packages of Python take seconds to import.
  const double limit_s = python_agent(plugin.library.native()) ? 10 : 1;
  const SampleEnvironment environment;
  double quickest = std::numeric_limits<double>::infinity();
  for (int i = 0; i < 2; ++i) {
    const auto start = std::chrono::steady_clock::now();
    const Instance instance(plugin, {}, environment.raw());
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
    quickest = std::min(quickest, taken.count());
  }
  require(quickest <= limit_s, "create took {:.1f} s, more than {} s; do the work when it is needed",
          quickest, limit_s);
}

// The bytes of a list, to be compared between processes.
template <typename T>
std::string bytes_of(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

template <typename T>
std::vector<T> list_of(const std::string& bytes) {
  std::vector<T> values(bytes.size() / sizeof(T));
  std::copy_n(bytes.data(), values.size() * sizeof(T), reinterpret_cast<char*>(values.data()));
  return values;
}

}  // namespace offload

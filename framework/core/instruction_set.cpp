#include "core/instruction_set.hpp"

#include <cstdlib>
#include <optional>

#include "core/error.hpp"

namespace offload {
namespace {

InstructionSet widest() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  if (avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")) {
    return InstructionSet::avx512;
  }
  if (avx2) return InstructionSet::avx2;
#endif
  return InstructionSet::baseline;
}

std::optional<InstructionSet> named(std::string_view name) {
  for (const InstructionSet set : {InstructionSet::baseline, InstructionSet::avx2, InstructionSet::avx512}) {
    if (name == to_string(set) && set <= widest()) return set;
  }
  return std::nullopt;
}

}  // namespace

const char* to_string(InstructionSet set) {
  return set == InstructionSet::avx512 ? "avx512" : set == InstructionSet::avx2 ? "avx2" : "baseline";
}

bool can_use_instruction_set(std::string_view name) { return named(name).has_value(); }

InstructionSet instruction_set_in_use() {
  const char* variable = std::getenv("OFFLOAD_ISA");
  const std::string_view wanted = variable != nullptr ? variable : "";
  if (wanted.empty()) return widest();
  if (const auto set = named(wanted)) return *set;
  fail(ErrorKind::config,
       "OFFLOAD_ISA: '{}' is not an instruction set of this processor; unset it, or name baseline{}{}",
       printable(wanted, 100), widest() >= InstructionSet::avx2 ? ", avx2" : "",
       widest() >= InstructionSet::avx512 ? ", avx512" : "");
}

}  // namespace offload

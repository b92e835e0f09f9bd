// What is compiled once per instruction set has to use it: the built machine code is disassembled, and every
// such function must do packed arithmetic of the full width in a loop. Compilers drop to scalar code without
// a word.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "core/multiversion.hpp"

namespace offload {
namespace {

using ::testing::IsEmpty;
using ::testing::Not;

std::string output_of(const std::string& command) {
  std::string text;
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return text;
  std::array<char, 4096> buffer;
  while (const std::size_t n = std::fread(buffer.data(), 1, buffer.size(), pipe))
    text.append(buffer.data(), n);
  pclose(pipe);
  return text;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

struct Instruction {
  std::uint64_t address;
  std::string text;
};
using Functions = std::map<std::string, std::vector<Instruction>>;

// By mangled name.
Functions parse(const std::string& disassembly) {
  static const std::regex head(R"(^[0-9a-f]+ <(.*)>:$)"), line(R"(^\s*([0-9a-f]+):\s+(.*)$)");
  Functions functions;
  std::string name;
  for (const std::string& text : lines_of(disassembly)) {
    std::smatch match;
    if (std::regex_match(text, match, head)) {
      name = match[1];
    } else if (!name.empty() && std::regex_match(text, match, line)) {
      functions[name].push_back({std::stoull(match[1], nullptr, 16), match[2]});
    }
  }
  return functions;
}

Functions disassembled(const std::string& file) {
  return parse(output_of("objdump -d --no-show-raw-insn '" + file + "'"));
}

// Whether some loop does packed arithmetic in registers of this name.
bool vectorised(const std::vector<Instruction>& function, const std::string& registers) {
  static const std::regex jump(R"(^j\w+\s+([0-9a-f]+)\b.*)");
  const std::regex packed(
      "^v?(p(add|sub|min|max|cmp|and|or|xor|mul|subus)[a-z]*|(add|sub|mul|div|and|max|min)p[sd])\\s.*%" +
      registers + "[0-9].*");
  for (const Instruction& last : function) {
    std::smatch match;
    if (!std::regex_match(last.text, match, jump)) continue;
    const std::uint64_t first = std::stoull(match[1], nullptr, 16);
    for (const Instruction& instruction : function) {
      const bool inside = first <= instruction.address && instruction.address <= last.address;
      if (inside && std::regex_match(instruction.text, packed)) return true;
    }
  }
  return false;
}

class Vectorised : public ::testing::Test {
 protected:
  void SetUp() override {
#if !defined(__x86_64__)
    GTEST_SKIP() << "instruction sets of x86-64 alone are looked for";
#endif
    if (output_of("objdump --version 2>/dev/null").empty()) GTEST_SKIP() << "objdump (binutils) is missing";
  }
};

TEST_F(Vectorised, ScalarCodeIsRecognised) {
  const auto judge = [](const std::string& body, const std::string& registers) {
    return vectorised(parse("0000000000000000 <f>:\n" + body).at("f"), registers);
  };
  const std::string loop = "   8:\tvpaddb (%rdi,%r8,1),%ymm1,%ymm1\n  10:\tjne    8 <f+0x8>\n  12:\tret\n";
  EXPECT_TRUE(judge(loop, "ymm"));
  EXPECT_FALSE(judge(loop, "zmm"));
  EXPECT_FALSE(
      judge("   0:\tvpaddb %ymm0,%ymm1,%ymm1\n   8:\tadd    %eax,%edx\n  10:\tjne    8 <f+0x8>\n", "ymm"));
  EXPECT_FALSE(judge("   8:\tvmovdqa (%rdi),%ymm1\n  10:\tjne    8 <f+0x8>\n", "ymm"));
  EXPECT_FALSE(judge("   8:\tvpaddb %ymm0,%ymm1,%ymm1\n  10:\tjne    18 <f+0x18>\n  18:\tret\n", "ymm"));
}

#if defined(OFFLOAD_KNN_AVX2)
TEST_F(Vectorised, KernelsOfTheNearestNeighbourScan) {
  const std::map<std::string, std::string> objects = {
      {"xmm", OFFLOAD_KNN_BASELINE}, {"ymm", OFFLOAD_KNN_AVX2}, {"zmm", OFFLOAD_KNN_AVX512}};
  for (const auto& [registers, object] : objects) {
    const Functions functions = disassembled(object);
    std::size_t found = 0;
    for (const auto& [name, instructions] : functions) {
      if (name.find("sum_rows") == std::string::npos && name.find("nearest_points") == std::string::npos)
        continue;
      ++found;
      EXPECT_TRUE(vectorised(instructions, registers)) << registers << " " << name;
    }
    // Each with distances of one byte and of two.
    EXPECT_EQ(found, 4U) << object;
  }
}

// The linker keeps one copy of such a function, perhaps this one, for files that run everywhere.
TEST_F(Vectorised, KernelsShareNoFunctionWithOtherFiles) {
  static const std::regex shared(R"(^[0-9a-f]+ .{0,1}[wu].* \.text.*)");
  for (const std::string object : {OFFLOAD_KNN_AVX2, OFFLOAD_KNN_AVX512}) {
    const auto symbols = lines_of(output_of("objdump -t '" + object + "'"));
    EXPECT_GT(symbols.size(), 4U) << object;
    for (const std::string& symbol : symbols) EXPECT_FALSE(std::regex_match(symbol, shared)) << symbol;
  }
}
#endif

// A product fused into an addition, or a guess at a quotient or root, gives other bits where wider
// instructions are there. Kernels of the learners that fuse do so on every path.
TEST_F(Vectorised, NoCloneFusesOrApproximates) {
  static const std::regex inexact(R"(^v?(fn?m(add|sub)|rcp|rsqrt).*)");
  EXPECT_TRUE(std::regex_match("vfmadd213pd %zmm1,%zmm2,%zmm3", inexact));
  EXPECT_TRUE(std::regex_match("vfmaddsub231ps %ymm1,%ymm2,%ymm3", inexact));
  std::size_t instructions = 0;
  for (const auto& [name, function] : disassembled(OFFLOAD_CORE)) {
    instructions += function.size();
    for (const Instruction& instruction : function) {
      EXPECT_FALSE(std::regex_match(instruction.text, inexact)) << name << ": " << instruction.text;
    }
  }
  EXPECT_GT(instructions, 10'000U);
}

// g++ 12 takes a function that only prefetches for one without an effect, and calls of it go.
TEST_F(Vectorised, WhatIsFetchedAheadIsFetchedWhereItIsCalled) {
  std::vector<std::string> files = {OFFLOAD_CORE};
#if defined(OFFLOAD_RC_DQN)
  files.emplace_back(OFFLOAD_RC_DQN);
#endif
  for (const std::string& file : files) {
    std::set<std::string> fetching;
    for (const auto& [name, function] : disassembled(file)) {
      for (const Instruction& instruction : function)
        if (instruction.text.starts_with("prefetch")) fetching.insert(name);
    }
    std::erase_if(fetching, [](const std::string& name) { return name.find("prefetch") != name.npos; });
    EXPECT_THAT(fetching, Not(IsEmpty())) << file;
  }
}

TEST_F(Vectorised, ClonesOfMultiversionedFunctions) {
#if defined(OFFLOAD_SANITIZED)
  GTEST_SKIP() << "no clones beside sanitizers";
#endif
  if (std::string(OFFLOAD_CONFIG) != "Release")
    GTEST_SKIP() << "the compiler vectorises loops in full in Release alone";
  const std::map<std::string, std::regex> clones = {
      {"xmm", std::regex(R"(\.default(\.\d+)?)")},
      {"ymm", std::regex(R"(\.(arch_x86_64_v3|avx2)(\.\d+)?)")},
      {"zmm", std::regex(R"(\.(arch_x86_64_v4|avx512bw)(\.\d+)?)")}};
  std::set<std::string> chosen;
  const Functions functions = disassembled(OFFLOAD_CORE);
  for (const auto& [name, instructions] : functions) {
    if (name.ends_with(".resolver")) chosen.insert(name.substr(0, name.find('.')));
  }
  EXPECT_THAT(chosen, Not(IsEmpty()));
  for (const std::string& function : chosen) {
    for (const auto& [registers, suffix] : clones) {
      std::size_t found = 0;
      for (const auto& [name, instructions] : functions) {
        if (!name.starts_with(function + ".") || !std::regex_match(name.substr(function.size()), suffix))
          continue;
        ++found;
        EXPECT_TRUE(vectorised(instructions, registers)) << registers << " " << name;
      }
      EXPECT_EQ(found, 1U) << function << " has no version for " << registers;
    }
  }
}

}  // namespace
}  // namespace offload

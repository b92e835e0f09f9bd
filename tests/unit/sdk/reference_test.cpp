// plugins/REFERENCE.md names everything that the SDK's classes let a plugin see.
#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <set>
#include <sstream>

namespace {

std::string text_of(const std::string& file) {
  std::ifstream in(std::string(OFFLOAD_SOURCE_DIR "/") + file);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

// The public part of a class or struct of a header.
std::string public_part(const std::string& header, const std::string& name) {
  const std::string text = text_of("framework/sdk/include/offload/" + header);
  const std::size_t from = text.find("\n" + name + " {");
  if (from == std::string::npos) throw std::runtime_error(header + " has no " + name);
  const std::size_t end = text.find("\n};", from);
  return text.substr(from, std::min(end, text.find("\n private:", from)) - from);
}

std::set<std::string> matches(const std::string& text, const char* pattern) {
  const std::regex regex(pattern);
  std::set<std::string> names;
  for (std::sregex_iterator at(text.begin(), text.end(), regex), end; at != end; ++at) names.insert((*at)[1]);
  return names;
}

TEST(PluginReference, NamesEveryAccessor) {
  const std::string reference = text_of("plugins/REFERENCE.md");
  const struct {
    const char *header, *name, *pattern;
    std::size_t least;  // members that the pattern is known to find
  } classes[] = {
      {"environment.hpp", "class Environment", R"(\n  [^\n(]+ (\w+)\([^)]*\) const \{)", 13},
      {"agent.hpp", "class View", R"(\n  [^\n(]+ (\w+)\([^)]*\) const \{)", 11},
      {"agent.hpp", "class Transition", R"(\n  [^\n(]+ (\w+)\([^)]*\) const \{)", 10},
      {"world.hpp", "class ActionNames", R"(\n  [^\n(]+ (\w+)\([^)]*\) const \{)", 6},
      {"world.hpp", "class QueryFeatures", R"(\n  [^\n(]+ (\w+)\([^)]*\) const \{)", 3},
      {"parameters.hpp", "class ParameterReader", R"(\n  [^\n(]+ (\w+)\([^)]*\)(?: const)? \{)", 6},
      {"checkpoint.hpp", "class CheckpointWriter", R"(\n  void (\w+)\()", 4},
      {"checkpoint.hpp", "class CheckpointReader", R"(\n  (?:void|T|std::\S+) (\w+)\()", 4},
      {"random.hpp", "class Random", R"(\n  [^\n(]+ (\w+)\([^)]*\) \{)", 3},
      {"reward.hpp", "struct Outcome", R"(\n  [^\n;]+ (\w+);)", 8},
  };
  for (const auto& c : classes) {
    const std::set<std::string> names = matches(public_part(c.header, c.name), c.pattern);
    EXPECT_GE(names.size(), c.least) << c.name;
    for (const std::string& name : names) {
      const std::regex code("[`. ]" + name + "[(`,<]");
      EXPECT_TRUE(std::regex_search(reference, code)) << c.name << ": " << name;
    }
  }
}

}  // namespace

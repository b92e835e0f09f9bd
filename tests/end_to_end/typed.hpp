// What is typed at a terminal of eighty columns, and how wide what comes back is.
#pragma once

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include "end_to_end/command.hpp"

namespace offload::testing {

inline constexpr const char* kSources = OFFLOAD_SOURCE_DIR;

inline std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

// Of UTF-8 without wide or combining characters.
inline std::size_t width(const std::string& line) {
  return static_cast<std::size_t>(
      std::ranges::count_if(line, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

// The first line that would wrap; a single word, such as a path, cannot be broken.
inline std::string too_wide(const std::string& text) {
  for (const std::string& line : lines_of(text)) {
    const std::size_t begin = line.find_first_not_of(' ');
    if (width(line) > 80 && line.find(' ', begin) != std::string::npos) return line;
  }
  return {};
}

class TerminalTest : public CommandTest {
 protected:
  static std::string suite() {
    return "[suite]\nname = \"small\"\ndescription = \"Rows that take no time, so that what is printed of "
           "them can be looked at.\"\n[data]\nsource = \"synthetic:20\"\n[budgets]\ncells = [{name = "
           "\"open\"}, {name = \"tight\", latency_s = 12, cost_usd = 0.012}]\n[[row]]\nname = "
           "\"local-only\"\n[[row]]\nname = \"a-row-with-a-name-that-is-as-long-as-names-get-in-practice\"\n"
           "plugin = \"greedy-quality\"\n[[row]]\nname = \"random\"\n[evaluation]\noracle_nodes = 20000\n"
           "lenses = [\"simulator\", \"held_out\"]\nmodels = [\"table\", \"true_mean\"]\n";
  }

  // Names under a heading of `--help`.
  std::vector<std::string> verbs(const std::string& path) const {
    std::vector<std::string> names;
    bool listed = false;
    for (const std::string& line : lines_of(run(path + " --help").out)) {
      if (line == "Subcommands:") listed = true;
      if (line.empty()) listed = false;
      if (listed && line.starts_with("  ") && line[2] != ' ')
        names.push_back(line.substr(2, line.find(' ', 2) - 2));
    }
    return names;
  }

  // Every verb that does something, as it is typed.
  std::vector<std::string> all_verbs() const {
    std::vector<std::string> paths;
    for (const std::string& verb : verbs("")) {
      const std::vector<std::string> below = verbs(verb);
      for (const std::string& name : below) paths.push_back(verb + " " + name);
      if (below.empty()) paths.push_back(verb);
    }
    return paths;
  }
};

}  // namespace offload::testing

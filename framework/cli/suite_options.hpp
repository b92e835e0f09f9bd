// The options of every verb that reads a suite: what it changes of the file.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "suite/suite.hpp"

namespace CLI {
class App;
}

namespace offload::cli {

struct SuiteOptions {
  std::string dataset;
  std::vector<std::string> set;
  std::optional<std::string> seed;
  int runs = 0;  // 0: as the suite has it
};

// --dataset, --set, --seed and --runs; `options` outlives the application.
void add_suite_options(CLI::App& verb, SuiteOptions& options);

// Throws Error as read_suite does, at the option where that is wrong.
Suite suite_of(const std::string& file, const SuiteOptions& options);

}  // namespace offload::cli

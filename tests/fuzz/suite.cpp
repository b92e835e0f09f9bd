// Suites, with a fold file as the second part, down to the scenario, cells and splits on a small data set.
#include <fstream>

#include "fuzz/input.hpp"
#include "suite/suite.hpp"

using namespace offload;

namespace {

const EpisodeTable& tiny() {
  static const EpisodeTable table = read_dataset(OFFLOAD_SOURCE_DIR "/datasets/tiny.json");
  return table;
}

void check_inputs(const Suite& suite) {
  std::size_t done = 0;
  for (const SuiteInput& input : suite.inputs) {
    fuzz::require(done <= input.begin && input.begin < input.end && input.end <= suite.text.size(),
                  "inputs lie one after the other in the text");
    const char quote = suite.text[input.begin];
    fuzz::require((quote == '"' || quote == '\'') && suite.text[input.end - 1] == quote, "inputs are quoted");
    done = input.end;
  }
}

}  // namespace

void fuzz_one(std::string_view input) {
  const std::vector<std::string> parts = fuzz::parts(input);
  std::ofstream(fuzz::scratch_folder() / "folds.json", std::ios::binary)
      << (parts.size() > 1 ? parts[1] : "");
  fuzz::accepts([&] {
    const Suite suite = parse_suite(parts[0], "suite.toml", fuzz::scratch_folder());
    check_inputs(suite);
    const auto scenario = make_scenario(suite, tiny());
    make_cells(suite, *scenario);
    make_splits(suite, {tiny()});
  });
}

// How the tables of a suite file are read; of suite*.cpp alone. Errors are Error(config) at the key's place.
#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "files/toml_reader.hpp"
#include "suite/suite.hpp"

namespace offload {

constexpr std::int64_t kMillion = 1000000;

struct SuiteSource {
  const std::string& file;
  const std::filesystem::path& base;
  Suite& suite;

  // The file that a key's text names, taken down as an input of the suite.
  std::filesystem::path input(const TomlTable& table, std::string_view key, const std::string& name) const;
};

// The name of a suite, row, cell or drift: 1 to 100 bytes, all of which show, `taken` by no other.
void check_name(const TomlTable& table, const std::string& name);
void check_name(const TomlTable& table, const std::string& name, std::set<std::string>& taken);

// Refuses what would steer the terminal or end the line of a table that it stands in.
void check_shown(const TomlTable& table, std::string_view key, const std::string& name);

// Notes where the file has these keys of a table.
void note_given(const TomlTable& table, const std::string& name, const std::vector<const char*>& keys,
                Suite& suite);

void read_profile(TomlTable table, Suite& suite);
// What the table [evaluation] says of drifts; the suite's data and profile are there already.
std::vector<DriftSettings> read_drifts(TomlTable& evaluation, const Suite& suite);
// A plugin without a key of its own is called `fallback`; empty: the key has to be there. Who reads an agent
// in Python sets its interpreter.
PluginSettings read_plugin(TomlTable& table, const std::string& fallback, const SuiteSource& source);
// All that a suite may name; what fits depends on its data.
std::vector<std::string> training_models();
// What the table does not say is as in `training`.
TrainingSettings read_training(TomlTable table, TrainingSettings training);
// Whether a source names a generator and no file.
bool is_generated(const std::string& source);
void read_data(TomlTable table, const SuiteSource& source, Suite& suite);
// At least one. `interpreter`: of agents in Python that name none.
std::vector<RowSettings> read_rows(TomlTable& root, const TrainingSettings& training,
                                   const std::string& interpreter, const SuiteSource& source);
// Every [[sweep]] into the row that it names, and [tuning].
void read_sweeps(TomlTable& root, Suite& suite);
void read_reward(TomlTable table, const std::string& interpreter, const SuiteSource& source, Suite& suite);
// The interpreter that plugins in Python have who name none: of the table [python], else `default_python`.
std::string read_python(TomlTable table, const SuiteSource& source);

}  // namespace offload

// A suite: one experiment as a TOML file says it (benchmarks/README.md), with every default filled in. Pure
// settings; nothing is opened but the file itself and the fold file and checkpoints that it names.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/environment/budget.hpp"
#include "core/environment/split.hpp"
#include "core/simulation/scenario.hpp"
#include "data/dataset.hpp"
#include "files/parameter.hpp"

namespace offload {

struct SplitSettings {
  enum class Kind { ratio, ids, file, folds };
  Kind kind = Kind::ratio;
  double test_ratio = 0.2;
  std::vector<std::int64_t> seeds = {0};                        // one trial per row, split and seed
  std::vector<std::int64_t> train_ids, test_ids;                // ids
  std::map<std::string, std::vector<std::int64_t>> fold_tests;  // file: test ids by fold name
  int folds = 5, repeats = 1;                                   // folds
  std::string place;
};

struct DataSettings {
  std::string source;      // "synthetic:N", "scenario:M,C,T:N", or a path as resolved against the suite file
  std::string place;       // of the source, for messages
  std::uint64_t seed = 0;  // of the generator
  SplitSettings split;
};

struct PluginSettings {
  std::string plugin;
  Parameters parameters;
  std::string place;
};

struct CellSettings {
  BudgetCell cell;
  std::optional<double> rho;  // of the relative grid; the cell's limits follow from the profile
  std::string place;
};

// Where a training episode's budgets come from.
struct TrainingBudgets {
  enum class Kind {
    none,         // unlimited
    fixed,        // these limits
    uniform,      // each rho_k of the relative grid uniform on [rho_low, rho_high]
    tmo_uniform,  // the journal version's samplers on [Z * local, Z * cloud with all images]
    tmo_normal,
    tmo_extreme_aware,
    per_cell,  // a policy of its own for every budget cell
  };
  Kind kind = Kind::none;
  Amounts fixed = {kUnlimited, kUnlimited};
  double rho_low = .05, rho_high = 1.2;
};

struct TrainingSettings {
  std::int64_t steps = 30000;
  int slots = 0;  // 0: as many as the agent asks for
  TrainingBudgets budgets;
  double wall_limit_s = 600;
  std::int64_t memory_limit_mb = 4096;
  std::int64_t curve_every = 0;  // steps between two points of the learning curve; 0: none
  bool checkpoints = false;      // keep what was learned as checkpoints/KEY.ckpt in the results folder
};

struct RowSettings {
  std::string name;
  PluginSettings agent;
  TrainingSettings training;
  // What the agent starts from; empty: from nothing. With steps = 0 it is only evaluated.
  std::string checkpoint, checkpoint_sha256, checkpoint_place;
};

struct EvaluationSettings {
  std::vector<std::string> lenses = {"simulator"};
  std::vector<std::string> models = {"knn"};
  double max_violation_rate = 0;
  std::int64_t oracle_nodes = 20'000'000;  // see OracleLimits; 0: no exact policies
};

// A file that a suite names (folds, a checkpoint, a plugin's library; not the data set), and where: the bytes
// [begin, end) of the suite's text, quotes included.
struct SuiteInput {
  std::size_t begin = 0, end = 0;
  std::filesystem::path file;  // as resolved
};

struct Suite {
  std::string file;                // as the user named it, for messages
  std::string text;                // as read
  std::vector<SuiteInput> inputs;  // in the order of the text
  std::string name, description;
  std::uint64_t seed = 0;
  DataSettings data;
  RefusalRule refusal;
  ScenarioSettings scenario;
  std::string scenario_place, profile_place;
  std::string compat_name = "none";
  std::string response_model = "knn";  // agents train on it
  PluginSettings reward;
  std::vector<CellSettings> cells;
  std::vector<RowSettings> rows;
  EvaluationSettings evaluation;
};

// Reads and checks a suite; `dataset`, unless empty, is its data's source in place of its own (the option
// --dataset). Throws Error(config) "file:line: fact; fix", Error(io) when it cannot be read.
Suite read_suite(const std::filesystem::path& file, const std::string& dataset = {});
// The same of a text; paths in it are resolved against `base`.
Suite parse_suite(const std::string& text, const std::string& file, const std::filesystem::path& base);

// The packed form of a suite's data, see packed_dataset. Throws Error, config for a generator and io for a
// missing file, at the suite's place.
std::filesystem::path make_packed(const Suite& suite, const std::filesystem::path& cache_folder);
// What a suite comes to on a data set. Throw Error(config) at the suite's place.
std::unique_ptr<const Scenario> make_scenario(const Suite& suite, EpisodeTable data);
std::vector<BudgetCell> make_cells(const Suite& suite, const Scenario& scenario);
std::vector<Split> make_splits(const Suite& suite, const EpisodeTable& data);

}  // namespace offload

// A suite: one experiment as a TOML file says it (benchmarks/README.md), with every default filled in. Pure
// settings; nothing is opened but the file itself and the fold file and checkpoints that it names.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/environment/budget.hpp"
#include "core/environment/drift.hpp"
#include "core/environment/split.hpp"
#include "core/simulation/scenario.hpp"
#include "data/dataset.hpp"
#include "data/fold_file.hpp"
#include "files/parameter.hpp"
#include "files/toml_edit.hpp"

namespace offload {

struct SplitSettings {
  enum class Kind { ratio, ids, file, folds, stated };
  Kind kind = Kind::ratio;
  double test_ratio = 0.2;
  std::vector<std::int64_t> seeds = {0};  // one trial per row, split and seed
  FoldIds ids;                            // ids
  std::map<std::string, FoldIds> folds;   // file: by fold name
  int fold_count = 5, repeats = 1;        // folds
                                          // stated: as the data set itself says
  std::string place;
};

struct DataSettings {
  std::string source;      // "synthetic:N", "scenario:M,C,T:N", or a path as resolved against the suite file
  std::string place;       // of the source, for messages
  std::uint64_t seed = 0;  // of the generator
  // Of the generator, a data set for each run: claims reach fresh data sets of this size (statistics.md, F).
  // Empty: all runs are of one data set.
  std::vector<std::int64_t> seeds;
  // Of data with known outcomes, queries of a session; 0: the data's own sessions.
  int sessions = 0;
  std::uint64_t session_seed = 0;
  // Of data with known outcomes, buckets that the texts of queries are hashed into; 0: none.
  int text_features = 0;
  // Of a leaderboard's task: the commitment to episodes that only the leaderboard's machine has, 64
  // hexadecimal digits; empty: there are none. Nothing of a run depends on it.
  std::string hidden = {};
  SplitSettings split;
};

struct PluginSettings {
  std::string plugin;
  Parameters parameters;
  std::string place;
  // Of a plugin in Python, the interpreter that runs it: a path, or a name to search PATH for.
  std::string python = {};
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

// Where an agent or a reward runs.
enum class Isolation {
  none,     // in the process of its trial
  process,  // in processes of its own, without data, results or network (SECURITY.md)
};

const char* to_string(Isolation isolation);

struct TrainingSettings {
  std::string model;  // response model that the agent trains on; left out: the environment's
  std::int64_t steps = 30000;
  int slots = 0;  // 0: as many as the agent asks for
  TrainingBudgets budgets;
  double wall_limit_s = 600;
  std::int64_t memory_limit_mb = 4096;
  std::int64_t curve_every = 0;  // steps between two points of the learning curve; 0: none
  Isolation isolation = Isolation::none;
  bool checkpoints = false;  // keep what was learned as checkpoints/KEY.ckpt in the results folder
};

// One of the settings that a sweep tries.
struct Candidate {
  std::string name;       // "rc-ppo/learning_rate=1e-3"
  Parameters parameters;  // in place of the row's
};

// How sweeps choose among candidates, the same for all rows.
struct TuningSettings {
  double validation = .25;  // of the prompt groups of a split's training side: what candidates are tried on
  std::string measure = "reward";  // or "reward within budgets"
  bool unequal = false;            // learners may have different numbers of candidates
};

struct RowSettings {
  std::string name;
  PluginSettings agent;
  TrainingSettings training;
  std::vector<Candidate> candidates = {};  // of its sweep; empty: it has none
  std::string sweep_place = {};
  // What the agent starts from; empty: from nothing. With steps = 0 it is only evaluated.
  std::string checkpoint, checkpoint_sha256, checkpoint_place;
};

// The promise that a world's sessions keep their budgets, and the sessions held out to calibrate it.
struct MarginSettings {
  double share = .1;        // of sessions over budget, at most
  double calibration = .2;  // of the training side's prompt groups
};

// A log of known outcomes that rows are trained on in place of all outcomes, and verdicts from it.
struct LogSettings {
  std::string policy = "uniform";  // of logging_policies()
  std::string model = {};          // of log_models(): what rows train on that name none
};

// Another world in which trained agents are evaluated as well, on the same episodes in the same cells.
struct DriftSettings {
  std::string name, place;
  bool sees_new = false;  // agents and masks see what turns take there; else they believe the suite's profile
  bool trained = false;   // every row is trained there as well, for what is lost by moving there
  ProfileSettings profile;                   // of logged data: the suite's, with what changed
  WorldDrift world;                          // of data with known outcomes
  std::map<std::string, std::string> given;  // what the file says changed: place by key
};

struct EvaluationSettings {
  std::vector<std::string> lenses = {"simulator"};
  std::vector<std::string> models = {"knn"};
  double max_violation_rate = 0;
  std::int64_t oracle_nodes = 20'000'000;  // see OracleLimits; 0: no exact policies
  std::optional<MarginSettings> margin;    // none: agents and masks see the limits as they are
  std::vector<DriftSettings> drifts;
  std::optional<LogSettings> log;  // of the lens simulated_log; none: rows learn from all outcomes
};

// A file that a suite names (folds, a checkpoint, a plugin's library; not the data set), and where: the bytes
// [begin, end) of the suite's text, quotes included.
struct SuiteInput {
  std::size_t begin = 0, end = 0;
  std::filesystem::path file;  // as resolved; of an agent in Python with its name, as PluginSearch has it
};

// What a copy of a suite under another file name has to say in its text: a suite without a name has that of
// its file.
struct SuiteName {
  std::size_t at = 0;         // byte of the text
  std::string before, after;  // around the name, a TOML text
};

struct Suite {
  std::string file;                // as the user named it, for messages
  std::string text;                // as read, with what was set from outside
  bool edited = false;             // whether anything was
  std::vector<SuiteInput> inputs;  // in the order of the text
  std::string name, description;
  std::optional<SuiteName> unnamed;  // none: the text has the name
  std::uint64_t seed = 0;
  DataSettings data;
  RefusalRule refusal;
  ScenarioSettings scenario;
  std::string scenario_place, profile_place;
  std::string compat_name = "none";
  // Agents train on it, unless their training names another; exact policies plan on it.
  std::string response_model = "knn";
  PluginSettings reward;
  Isolation reward_isolation = Isolation::none;
  std::vector<CellSettings> cells;
  int training_runs = 1;  // trainings of every row on every split
  std::string training_place;
  std::vector<RowSettings> rows;
  TuningSettings tuning;
  std::string tuning_place;
  EvaluationSettings evaluation;
  // Where the file gives what only data of one kind have (logged, or with known outcomes): place by key.
  std::map<std::string, std::string> given;
};

// What is said of a suite beside its file.
struct SuiteChanges {
  std::string dataset = {};              // its data's source in place of its own (--dataset); empty: none
  std::vector<TomlAssignment> set = {};  // in its text, in this order
};

// A row as a candidate of its sweep trains and is tried: with those parameters, no sweep, no learning curve
// and no checkpoint kept.
RowSettings with_candidate(const RowSettings& row, const Candidate& candidate);
// Of a whole trial: every candidate is given as long as the row, and so is every training after a drift.
double wall_limit_s(const Suite& suite, const RowSettings& row);

// Reads and checks a suite. Throws Error(config) "file:line: fact; fix", Error(io) when it cannot be read.
Suite read_suite(const std::filesystem::path& file, const SuiteChanges& changes);
Suite read_suite(const std::filesystem::path& file, const std::string& dataset = {});
// What to set so that every row of the suite has so many runs (--runs): the first of its data's or splits'
// seeds, continued past the largest, repetitions of its folds, or trainings. `place` is that of what is set.
// Throws Error(config) where folds cannot be repeated into that number.
TomlAssignment runs_of(const Suite& suite, int runs, const std::string& place);
// The same of a text, which `file` names; paths in it are resolved against `base`.
Suite parse_suite(const EditedToml& text, const std::string& file, const std::filesystem::path& base);
Suite parse_suite(const std::string& text, const std::string& file, const std::filesystem::path& base);

// Episode e of the data set that a run draws with seed s has the id s * kEpisodesPerSeed + e, so that no id
// means two episodes, in this suite or in another.
inline constexpr std::int64_t kEpisodesPerSeed = 1'000'000, kDataSeedMost = 1'000'000'000;

// A suite's data, one table or one per data seed, mapped from packed files (see packed_dataset), each made if
// missing. Throws Error, config for a generator and io for a missing file, at the suite's place.
std::vector<EpisodeTable> open_data(const Suite& suite, const std::filesystem::path& cache_folder);
// The hash of all of them: of one, its own.
std::string data_sha256(const std::vector<EpisodeTable>& sets);
// Throws Error(config) where the data come from the command line (--dataset) and the suite's keys are of data
// of the other kind: logged, or with known outcomes.
void refuse_other_kind(const Suite& suite, const EpisodeTable& data);
// Fills in what was left out and depends on whether outcomes are known. Throws Error(config), at its place,
// where the file gives what such data do not have.
void fit_to_data(Suite& suite, const EpisodeTable& data);
// What a suite comes to on a data set. Throw Error(config) at the suite's place. `training`: as Scenario has
// it.
std::unique_ptr<const Scenario> make_scenario(const Suite& suite, EpisodeTable data,
                                              std::span<const std::uint32_t> training = {});
// The same data after a drift of the suite; `home` is what make_scenario returned for them. Throw likewise.
std::unique_ptr<const Scenario> make_drifted(const Suite& suite, const DriftSettings& drift,
                                             const Scenario& home,
                                             std::span<const std::uint32_t> training = {});
std::vector<BudgetCell> make_cells(const Suite& suite, const Scenario& scenario);
// Throws Error(config) where nothing is left to decide in a cell.
void require_choices(const Suite& suite, const std::vector<BudgetCell>& cells, const Scenario& scenario);
// `sets`: as open_data returns them.
std::vector<Split> make_splits(const Suite& suite, const std::vector<EpisodeTable>& sets);
// How many of them, one after the other, are trainings on the same episodes that test on the same: [training]
// runs, times the seeds of splits that are given by ids.
int trainings_of(const Suite& suite);

}  // namespace offload

// What a checked suite comes to: its data, and with them the scenario, budget cells and splits.
#include <fmt/format.h>

#include <offload/random.hpp>

#include <numeric>
#include <set>

#include "core/counted.hpp"
#include "core/environment/sessions.hpp"
#include "core/environment/text_features.hpp"
#include "core/error.hpp"
#include "core/statistics/margin_search.hpp"
#include "data/dataset.hpp"
#include "data/synthetic.hpp"
#include "files/sha256.hpp"
#include "suite/suite.hpp"

namespace offload {
namespace {

// Runs `make`; an Error(config) of it gets the place in front.
template <typename Make>
auto at_place(const std::string& place, Make make) {
  try {
    return make();
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::config) throw;
    throw Error(ErrorKind::config, fmt::format("{}: {}", place, error.what()));
  }
}

EpisodeTable sessions_of(const Suite& suite, const EpisodeTable& table) {
  const DataSettings& data = suite.data;
  const std::string hash = sha256_of(
      fmt::format("sessions of {}, seed {}, of {}", data.sessions, data.session_seed, table.sha256));
  return at_place(suite.given.at("data.sessions"),
                  [&] { return in_sessions(table, data.sessions, data.session_seed, hash); });
}

EpisodeTable text_features_of(const Suite& suite, const EpisodeTable& table) {
  const int buckets = suite.data.text_features;
  const std::string hash = sha256_of(fmt::format("text features in {} buckets of {}", buckets, table.sha256));
  return at_place(suite.given.at("data.text_features"),
                  [&] { return with_text_features(table, buckets, hash); });
}

}  // namespace

std::vector<EpisodeTable> open_data(const Suite& suite, const std::filesystem::path& cache_folder) {
  const DataSettings& data = suite.data;
  std::error_code error;
  const bool present = std::filesystem::exists(data.source, error);
  // Often a suite of this project, whose data set is not part of it.
  if (!present && !at_place(data.place, [&] { return parse_synthetic_source(data.source, data.seed); })) {
    fail(ErrorKind::io, "{}: {}: no such file; name the data set by --dataset FILE (datasets/README.md)",
         data.place, printable(data.source));
  }
  const auto open = [&](std::uint64_t seed) {
    return at_place(data.place, [&] { return load_dataset(data.source, seed, suite.refusal, cache_folder); });
  };
  if (data.seeds.empty()) {
    EpisodeTable table = open(data.seed);
    refuse_other_kind(suite, table);
    if (data.sessions > 0) table = sessions_of(suite, table);
    if (data.text_features > 0) table = text_features_of(suite, table);
    return {std::move(table)};
  }
  std::vector<EpisodeTable> sets;
  for (const std::int64_t seed : data.seeds) {
    sets.push_back(with_ids_from(open(static_cast<std::uint64_t>(seed)), seed * kEpisodesPerSeed));
  }
  return sets;
}

std::string data_sha256(const std::vector<EpisodeTable>& sets) {
  if (sets.size() == 1) return sets.front().sha256;
  std::string text = "data sets\n";
  for (const EpisodeTable& set : sets) text += set.sha256 + "\n";
  return sha256_of(text);
}

std::unique_ptr<const Scenario> make_scenario(const Suite& suite, EpisodeTable data,
                                              std::span<const std::uint32_t> training) {
  return at_place(suite.profile_place, [&] {
    return std::make_unique<const Scenario>(std::move(data), suite.scenario, training);
  });
}

std::unique_ptr<const Scenario> make_drifted(const Suite& suite, const DriftSettings& drift,
                                             const Scenario& home, std::span<const std::uint32_t> training) {
  return at_place(drift.place, [&] {
    ScenarioSettings settings = suite.scenario;
    settings.profile = drift.profile;
    return std::make_unique<const Scenario>(home.world() ? drifted(home.data(), drift.world) : home.data(),
                                            settings, training,
                                            DriftFrom{&home.consumption(), drift.sees_new});
  });
}

namespace {

// Of a world, what the whole data set declares: a cell is the same on all splits.
Amounts relative_limit(const Suite& suite, const Scenario& scenario, double rho) {
  const TableOutcomes* world = scenario.world();
  if (world == nullptr) return relative_budget(scenario.consumption(), scenario.turns_max(), rho, rho);
  std::vector<std::uint32_t> all(scenario.data().episodes());
  std::iota(all.begin(), all.end(), 0U);
  const Consumption declared =
      declared_consumption(scenario.data(), scenario.actions(), world->charges(), suite.scenario.world, all);
  Amounts limit = relative_budget(declared, scenario.turns_max(), rho, rho);
  for (std::size_t k = 0; k < kResources; ++k) {
    if (!world->charges().has(k)) limit[k] = kUnlimited;
  }
  return limit;
}

void require_amounts(const CellSettings& cell, const Scenario& scenario) {
  static constexpr const char* kNames[] = {"latency", "cost"};
  static constexpr const char* kKeys[] = {"latency_s", "cost_usd"};
  for (std::size_t k = 0; scenario.world() != nullptr && k < kResources; ++k) {
    if (cell.cell.limit[k] == kUnlimited || scenario.world()->charges().has(k)) continue;
    fail(ErrorKind::config,
         "{}: cell '{}' limits the {}, which {} does not tell of every known answer; leave {} out",
         cell.place, printable(cell.cell.name), kNames[k], scenario.data().source, kKeys[k]);
  }
}

}  // namespace

std::vector<BudgetCell> make_cells(const Suite& suite, const Scenario& scenario) {
  std::vector<BudgetCell> cells;
  for (const CellSettings& settings : suite.cells) {
    BudgetCell cell = settings.cell;
    require_amounts(settings, scenario);
    if (settings.rho) cell.limit = relative_limit(suite, scenario, *settings.rho);
    cells.push_back(std::move(cell));
  }
  require_choices(suite, cells, scenario);
  return cells;
}

void require_choices(const Suite& suite, const std::vector<BudgetCell>& cells, const Scenario& scenario) {
  const bool same_arm = scenario.world() != nullptr && scenario.world()->same_arm();
  for (std::size_t c = 0; c < cells.size(); ++c) {
    at_place(suite.cells[c].place, [&] {
      require_choice(cells[c], scenario.consumption(), scenario.turns_max(), same_arm);
      return 0;
    });
  }
}

namespace {

// A run for each data set, cut by the seed that it was drawn with.
std::vector<Split> fresh_splits(const Suite& suite, const std::vector<EpisodeTable>& sets) {
  std::vector<Split> splits;
  for (std::size_t s = 0; s < sets.size(); ++s) {
    splits.push_back(ratio_split(sets[s], suite.data.split.test_ratio, suite.data.seeds[s]));
    splits.back().name = fmt::format("data{}", suite.data.seeds[s]);
    splits.back().set = s;
  }
  return splits;
}

std::size_t groups_among(const EpisodeTable& data, const std::vector<std::uint32_t>& episodes) {
  const std::vector<std::uint32_t> group = groups_of(data);
  std::set<std::uint32_t> among;
  for (const std::uint32_t e : episodes) among.insert(group[e]);
  return among.size();
}

// Each split `runs` times: what differs is the stream of its randomness, which follows from the name.
std::vector<Split> repeated(const std::vector<Split>& splits, int runs) {
  std::vector<Split> all;
  for (const Split& split : splits) {
    for (int run = 0; run < runs; ++run) {
      all.push_back(split);
      if (run > 0) all.back().name += fmt::format("-t{}", run);
    }
  }
  return all;
}

// Before trainings of a cut become splits of their own: they share what calibrates them.
void hold_out_calibration(const Suite& suite, const EpisodeTable& data, Split& cut) {
  const std::optional<MarginSettings>& margin = suite.evaluation.margin;
  if (!margin) return;
  constexpr std::uint64_t kCalibrationPurpose = 0x63616c6962;  // "calib"
  at_place(suite.given.at("evaluation.margin"), [&] {
    hold_out(data, margin->calibration, stream(cut.stream_of(suite.seed), kCalibrationPurpose), cut);
    const std::size_t groups = groups_among(data, cut.calibration);
    if (groups < MarginSearch::fewest_groups(margin->share)) {
      fail(ErrorKind::config,
           "margin: {} of {} on split '{}' cannot promise a share of {}, "
           "which takes {}; promise a larger share, or calibrate on more",
           counted(cut.calibration.size(), "calibration session"), counted(groups, "prompt group"),
           printable(cut.name), margin->share, counted(MarginSearch::fewest_groups(margin->share), "group"));
    }
    return 0;
  });
}

std::vector<Split> cut_splits(const Suite& suite, const std::vector<EpisodeTable>& sets) {
  const SplitSettings& settings = suite.data.split;
  using Kind = SplitSettings::Kind;
  if (!suite.data.seeds.empty()) return at_place(settings.place, [&] { return fresh_splits(suite, sets); });
  const EpisodeTable& data = sets.front();
  std::vector<Split> splits;
  at_place(settings.place, [&] {
    if (settings.kind == Kind::ratio) {
      for (const std::int64_t seed : settings.seeds) {
        splits.push_back(ratio_split(data, settings.test_ratio, seed));
        hold_out_calibration(suite, data, splits.back());
      }
      return 0;
    }
    std::vector<Split> cuts;
    if (settings.kind == Kind::folds) {
      cuts = fold_splits(data, settings.fold_count, settings.repeats, static_cast<std::int64_t>(suite.seed));
    } else if (settings.kind == Kind::ids) {
      cuts.push_back(id_split(data, "ids", settings.ids.train, settings.ids.test, "split"));
    }
    if (settings.kind == Kind::stated) cuts.push_back(stated_split(data));
    for (const auto& [name, ids] : settings.folds)
      cuts.push_back(id_split(data, name, ids.train, ids.test, "split"));
    for (Split& cut : cuts) {
      require_groups_apart(data, cut);
      hold_out_calibration(suite, data, cut);
    }
    for (const Split& cut : cuts) {
      for (const std::int64_t seed : settings.seeds) {
        splits.push_back(cut);
        splits.back().seed = seed;
        if (settings.seeds.size() > 1) splits.back().name += fmt::format("-seed{}", seed);
      }
    }
    return 0;
  });
  return splits;
}

}  // namespace

std::vector<Split> make_splits(const Suite& suite, const std::vector<EpisodeTable>& sets) {
  return repeated(cut_splits(suite, sets), suite.training_runs);
}

int trainings_of(const Suite& suite) {
  using Kind = SplitSettings::Kind;
  // Under this quirk every run draws tests of its own.
  if (suite.scenario.compat.evaluation_with_replacement) return 1;
  const SplitSettings& split = suite.data.split;
  const bool same_cut = suite.data.seeds.empty() && split.kind != Kind::ratio;
  return suite.training_runs * (same_cut ? static_cast<int>(split.seeds.size()) : 1);
}

}  // namespace offload

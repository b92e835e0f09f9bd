// What a checked suite comes to: its data, and with them the scenario, budget cells and splits.
#include <fmt/format.h>

#include "core/error.hpp"
#include "data/dataset.hpp"
#include "data/synthetic.hpp"
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

}  // namespace

std::filesystem::path make_packed(const Suite& suite, const std::filesystem::path& cache_folder) {
  const DataSettings& data = suite.data;
  std::error_code error;
  const bool present = std::filesystem::exists(data.source, error);
  // Often a suite of this project, whose data set is not part of it.
  if (!present && !at_place(data.place, [&] { return parse_synthetic_source(data.source, data.seed); })) {
    fail(ErrorKind::io, "{}: {}: no such file; name the data set by --dataset FILE (datasets/README.md)",
         data.place, printable(data.source));
  }
  return at_place(data.place,
                  [&] { return packed_dataset(data.source, data.seed, suite.refusal, cache_folder); });
}

std::unique_ptr<const Scenario> make_scenario(const Suite& suite, EpisodeTable data) {
  return at_place(suite.profile_place,
                  [&] { return std::make_unique<const Scenario>(std::move(data), suite.scenario); });
}

std::vector<BudgetCell> make_cells(const Suite& suite, const Scenario& scenario) {
  std::vector<BudgetCell> cells;
  for (const CellSettings& settings : suite.cells) {
    BudgetCell cell = settings.cell;
    if (settings.rho) {
      cell.limit =
          relative_budget(scenario.consumption(), scenario.turns_max(), *settings.rho, *settings.rho);
    }
    at_place(settings.place, [&] {
      require_choice(cell, scenario.consumption(), scenario.turns_max());
      return 0;
    });
    cells.push_back(std::move(cell));
  }
  return cells;
}

std::vector<Split> make_splits(const Suite& suite, const EpisodeTable& data) {
  const SplitSettings& settings = suite.data.split;
  using Kind = SplitSettings::Kind;
  std::vector<Split> splits;
  at_place(settings.place, [&] {
    if (settings.kind == Kind::ratio) {
      for (const std::int64_t seed : settings.seeds)
        splits.push_back(ratio_split(data, settings.test_ratio, seed));
      return 0;
    }
    std::vector<Split> cuts;
    if (settings.kind == Kind::folds) {
      cuts = fold_splits(data, settings.folds, settings.repeats, static_cast<std::int64_t>(suite.seed));
    } else if (settings.kind == Kind::ids) {
      cuts.push_back(id_split(data, "ids", settings.train_ids, settings.test_ids, "split"));
    }
    for (const auto& [name, tests] : settings.fold_tests)
      cuts.push_back(id_split(data, name, {}, tests, "split"));
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

}  // namespace offload

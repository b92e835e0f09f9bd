// The data of a suite and how runs divide it.
#include <algorithm>
#include <limits>

#include "core/counted.hpp"
#include "core/environment/text_features.hpp"
#include "core/error.hpp"
#include "suite/suite_tables.hpp"

namespace offload {
namespace {

void require_different(const TomlTable& table, const std::vector<std::int64_t>& seeds) {
  if (seeds.empty()) table.refuse("seeds", "seeds: expected at least one seed");
  std::set<std::int64_t> seen;
  for (const std::int64_t seed : seeds) {
    if (!seen.insert(seed).second) table.refuse("seeds", fmt::format("seeds: {} is there twice", seed));
  }
}

SplitSettings read_split(TomlTable table, const TomlTable& parent, const SuiteSource& source) {
  SplitSettings split;
  split.place = parent.place("split");
  table.may_have({"seeds", "folds", "repeats", "train_ids", "test_ids", "test_ratio"});
  if (table.has("seeds")) split.seeds = table.integers("seeds");
  require_different(table, split.seeds);
  if (table.has("repeats") && (!table.has("folds") || table.is_text("folds")))
    table.refuse("repeats", "repeats: needs folds = N, which it draws again; give it, or leave repeats out");
  if (table.has("folds") && table.is_text("folds")) {
    split.kind = SplitSettings::Kind::file;
    split.folds = read_fold_file(source.input(table, "folds", table.text("folds", "")));
  } else if (table.has("folds")) {
    split.kind = SplitSettings::Kind::folds;
    split.fold_count = static_cast<int>(table.integer("folds", 5, 2, 1000));
    split.repeats = static_cast<int>(table.integer("repeats", 1, 1, 1000));
  } else if (table.has("test_ids")) {
    split.kind = SplitSettings::Kind::ids;
    split.ids.train = table.integers("train_ids");
    split.ids.test = table.integers("test_ids");
  } else {
    split.test_ratio = table.number("test_ratio", split.test_ratio, 0, 1);
  }
  table.finish();
  return split;
}

// A data set per run: what makes no sense then is refused.
void read_data_seeds(TomlTable& table, DataSettings& data) {
  if (!table.has("seeds")) return;
  if (!is_generated(data.source)) {
    table.refuse("seeds", fmt::format("seeds: {} is a file and cannot be drawn again; name synthetic:N or "
                                      "scenario:M,C,T:N as the source, or leave seeds out",
                                      printable(data.source)));
  }
  if (table.has("seed")) table.refuse("seeds", "seeds: there is a seed, too; keep one of the two");
  data.seeds = table.integers("seeds");
  require_different(table, data.seeds);
  for (const std::int64_t seed : data.seeds) {
    if (seed < 0 || seed > kDataSeedMost)
      table.refuse("seeds", fmt::format("seeds: {} is not in 0..{}", seed, kDataSeedMost));
  }
  if (table.is_text("split"))
    table.refuse("split", "split: with [data] seeds every run cuts a data set of its own");
  TomlTable split = table.table("split");
  for (const char* key : {"seeds", "folds", "test_ids", "train_ids"}) {
    if (!split.has(key)) continue;
    split.refuse(key, fmt::format("{}: with [data] seeds every run cuts a data set of its own, by test_ratio "
                                  "and its data seed; leave {} out",
                                  key, key));
  }
}

std::string read_hidden(TomlTable table) {
  constexpr std::size_t kDigits = 64;
  const std::string commitment = table.required_text("commitment");
  const bool digits = std::ranges::all_of(
      commitment, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
  if (commitment.size() != kDigits || !digits)
    table.refuse("commitment", "commitment: expected the 64 hexadecimal digits of a SHA-256 in lower case");
  table.finish();
  return commitment;
}

}  // namespace

TomlAssignment runs_of(const Suite& suite, int runs, const std::string& place) {
  using Kind = SplitSettings::Kind;
  const SplitSettings& split = suite.data.split;
  const bool fresh = !suite.data.seeds.empty();
  if (fresh || split.kind == Kind::ratio) {
    std::vector<std::int64_t> seeds = fresh ? suite.data.seeds : split.seeds;
    while (seeds.size() < static_cast<std::size_t>(runs)) seeds.push_back(std::ranges::max(seeds) + 1);
    seeds.resize(static_cast<std::size_t>(runs));
    return {fresh ? "data.seeds" : "data.split.seeds", fmt::format("[{}]", fmt::join(seeds, ", ")), place};
  }
  if (split.kind != Kind::folds) return {"training.runs", std::to_string(runs), place};
  if (runs % split.fold_count != 0) {
    fail(ErrorKind::config, "{}: {} folds make {}, or a multiple of it; name one, or set data.split.folds",
         place, split.fold_count, counted(split.fold_count, "run"));
  }
  return {"data.split.repeats", std::to_string(runs / split.fold_count), place};
}

bool is_generated(const std::string& source) {
  return source.starts_with("synthetic:") || source.starts_with("scenario:");
}

void read_data(TomlTable table, const SuiteSource& source, Suite& suite) {
  DataSettings& data = suite.data;
  data.source = table.required_text("source");
  data.place = table.place("source");
  if (!is_generated(data.source)) data.source = (source.base / data.source).lexically_normal().string();
  data.seed =
      static_cast<std::uint64_t>(table.integer("seed", 0, 0, std::numeric_limits<std::int64_t>::max()));
  read_data_seeds(table, data);
  for (const char* key : {"sessions", "session_seed", "text_features"}) {
    if (table.has(key)) suite.given[std::string("data.") + key] = table.place(key);
  }
  data.sessions = static_cast<int>(table.integer("sessions", 0, 1, kTurnsMax));
  data.session_seed = static_cast<std::uint64_t>(
      table.integer("session_seed", 0, 0, std::numeric_limits<std::int64_t>::max()));
  data.text_features = static_cast<int>(table.integer("text_features", 0, 1, kMostTextFeatures));
  if (table.has("hidden")) data.hidden = read_hidden(table.table("hidden"));
  if (table.is_text("split")) {
    table.choice("split", "file", {"file"});
    data.split.kind = SplitSettings::Kind::stated;
    data.split.place = suite.given["data.split"] = table.place("split");
  } else {
    data.split = read_split(table.table("split"), table, source);
  }
  table.finish();
}

}  // namespace offload

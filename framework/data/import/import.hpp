// From public routing data as they are published to a table of outcomes (datasets/README.md). A file per
// source; what they read goes row by row through TableBuilder, so all are checked alike.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/environment/episode.hpp"
#include "data/tables/table_builder.hpp"

namespace offload {

// What a user may say; what does not concern a format is refused by import_outcomes.
struct ImportRequest {
  std::filesystem::path source;
  std::string format;          // empty: found by looking
  std::filesystem::path meta;  // neutral: another meta file than the one beside
  TableRules rules = {};
  std::optional<std::pair<double, double>> scale = {};  // of quality, in place of the format's own
  std::string task_from;                                // routerarena: metric or prefix
  std::string set;                                      // routellm: gsm8k, mmlu or mt_bench
  bool decontaminated = false;              // routellm: without prompts like those of its training data
  std::filesystem::path prices, questions;  // bfcl: price table; folder of question files
  std::string price_date;                   // YYYY-MM-DD
  std::string local;                        // the arm to be called local
  int sessions = 0;                         // queries per session; 0: as the source has them
  std::uint64_t seed = 0;                   // of drawing sessions
  std::optional<std::string> licence = {}, commit = {};
};

extern const std::vector<std::string> kImportFormats;

// The format of a source: a folder or a file. Throws Error(data) for what is none of them, with what it might
// be; pickles are never read.
std::string find_import_format(const std::filesystem::path& source);

// Throws Error(data) with place, fact and fix; Error(config) for options that do not go together; Error(io).
EpisodeTable import_outcomes(const ImportRequest& request);

EpisodeTable import_bfcl(const ImportRequest& request);
EpisodeTable import_llmrouter(const ImportRequest& request);
EpisodeTable import_routellm(const ImportRequest& request);
EpisodeTable import_routerarena(const ImportRequest& request);
EpisodeTable import_wildbench(const ImportRequest& request);

}  // namespace offload

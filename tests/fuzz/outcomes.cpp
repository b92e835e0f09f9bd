// Neutral tables of outcomes: a meta file, a line of "%%", a table as CSV, or as JSON lines where it begins
// with a brace. A table that is read survives being written and the packed form.
#include <fstream>

#include "data/dataset.hpp"
#include "data/tables/outcome_table_file.hpp"
#include "fuzz/input.hpp"

using namespace offload;

namespace {

std::filesystem::path file_of(const char* name, std::string_view bytes) {
  const std::filesystem::path path = fuzz::scratch_folder() / name;
  std::ofstream(path, std::ios::binary) << bytes;
  return path;
}

bool same(const EpisodeTable& a, const EpisodeTable& b) {
  return a.tasks == b.tasks && a.episodes() == b.episodes() && a.turns() == b.turns() &&
         a.outcomes->known == b.outcomes->known && a.outcomes->quality == b.outcomes->quality &&
         a.outcomes->latency_ns == b.outcomes->latency_ns && a.outcomes->cost_pusd == b.outcomes->cost_pusd &&
         a.outcomes->prompt_group == b.outcomes->prompt_group;
}

}  // namespace

void fuzz_one(std::string_view input) {
  const std::vector<std::string> parts = fuzz::parts(input);
  if (parts.size() < 2) return;
  file_of("meta.json", parts[0]);
  const bool lines = parts[1].starts_with('{');
  const std::filesystem::path file = file_of(lines ? "t.jsonl" : "t.csv", parts[1]);
  EpisodeTable table;
  if (!fuzz::accepts([&] { table = read_outcome_table(file); })) return;
  const std::filesystem::path again = fuzz::scratch_folder() / "again.csv";
  write_outcome_table(table, again);
  fuzz::require(same(table, read_outcome_table(again)), "what was read can be written");
  const std::filesystem::path packed = fuzz::scratch_folder() / "table.packed";
  write_packed(table, packed);
  fuzz::require(same(table, open_packed(packed)), "what was read can be packed");
}

// Data sets: a table that read_dataset returns survives the packed form.
#include <cstring>

#include "data/dataset.hpp"
#include "fuzz/input.hpp"

using namespace offload;

void fuzz_one(std::string_view input) {
  const fuzz::InputFile file(input);
  EpisodeTable table;
  if (!fuzz::accepts([&] { table = read_dataset(file.path()); })) return;
  const std::filesystem::path packed = fuzz::scratch_folder() / "table.packed";
  write_packed(table, packed);
  const EpisodeTable again = open_packed(packed);
  fuzz::require(again.tasks == table.tasks && again.episodes() == table.episodes() &&
                    again.turns() == table.turns() &&
                    std::memcmp(again.score.data(), table.score.data(), table.score.size_bytes()) == 0,
                "what was read can be packed");
}

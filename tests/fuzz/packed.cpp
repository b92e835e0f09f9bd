// Packed data sets, as they come and with the checksums that their bytes ask for.
#include <cstring>

#include "data/dataset.hpp"
#include "data/packed.hpp"
#include "fuzz/input.hpp"

using namespace offload;

namespace {

void open(std::string_view bytes) {
  const fuzz::InputFile file(bytes);
  fuzz::accepts([&] {
    const EpisodeTable table = open_packed(file.path());
    double sum = 0;
    for (std::size_t e = 0; e < table.episodes(); ++e) {
      for (int i = 0; i < table.length(e); ++i) {
        const std::size_t turn = table.turn(e, i);
        sum += static_cast<double>(table.tasks[table.task[turn]].size());
        if (const OutcomeTable* known = table.outcomes.get()) {
          for (std::size_t a = 0; a < known->arms.size(); ++a) sum += known->quality[known->cell(turn, a)];
          continue;
        }
        sum += table.score[turn];
        for (const double association : table.associations(turn)) sum += association;
      }
    }
    fuzz::require(sum == sum, "what was opened holds numbers");
  });
}

}  // namespace

void fuzz_one(std::string_view input) {
  open(input);
  if (input.size() < sizeof(PackedHeader)) return;
  std::string bytes(input);
  PackedHeader header;
  std::memcpy(&header, bytes.data(), sizeof header);
  header.file_bytes = bytes.size();
  seal(header, input.substr(sizeof header));
  std::memcpy(bytes.data(), &header, sizeof header);
  open(bytes);
}

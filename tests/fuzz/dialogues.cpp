// Dialogues to be collected on.
#include "gateway/collect/dialogues.hpp"

#include <set>

#include "fuzz/input.hpp"

using namespace offload;

void fuzz_one(std::string_view input) {
  const fuzz::InputFile file(input);
  fuzz::accepts([&] {
    const Dialogues dialogues = read_dialogues(file.path());
    fuzz::require(!dialogues.all.empty() && dialogues.sha256.size() == 64, "some dialogue is there");
    std::set<std::string> ids;
    for (const Dialogue& one : dialogues.all) {
      fuzz::require(ids.insert(one.id).second, "each has a name of its own");
      fuzz::require(
          static_cast<int>(one.views.size()) == dialogues.modalities && one.paths.size() == one.views.size(),
          "all have as many views");
      fuzz::require(!one.turns.empty(), "each has a turn");
      for (const DialogueTurn& turn : one.turns)
        fuzz::require(!turn.question.empty() && !turn.task.empty(), "each turn asks something");
      for (const std::string& view : one.views)
        fuzz::require(view.starts_with("data:image/") || view.starts_with("https://"), "views are addresses");
    }
  });
}

// Replay files.
#include "verify/replay.hpp"
#include "fuzz/input.hpp"

using namespace offload;

void fuzz_one(std::string_view input) {
  const fuzz::InputFile file(input);
  fuzz::accepts([&] {
    for (const ReplayEpisode& episode : read_replay(file.path()).evaluation) {
      fuzz::require(episode.reference.empty() || episode.reference.size() == episode.actions.size(),
                    "there is one reference per action, or none");
    }
  });
}

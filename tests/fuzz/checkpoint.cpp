// Checkpoints, as they come and with the SHA-256 that their bytes ask for.
#include "trial/checkpoint.hpp"
#include "fuzz/input.hpp"

using namespace offload;

namespace {

bool reads(std::string_view bytes, Checkpoint& checkpoint) {
  const fuzz::InputFile file(bytes);
  return fuzz::accepts([&] { checkpoint = read_checkpoint(file.path()); });
}

}  // namespace

void fuzz_one(std::string_view input) {
  Checkpoint checkpoint;
  if (reads(input, checkpoint)) {
    Checkpoint again;
    fuzz::require(reads(sealed(checkpoint), again) && again.bytes == checkpoint.bytes &&
                      again.lineage == checkpoint.lineage,
                  "what was read can be sealed");
  }
  const std::string bytes(input.substr(std::min<std::size_t>(input.size(), 1)));
  const std::int64_t steps = input.empty() ? 0 : static_cast<unsigned char>(input[0]);
  fuzz::require(reads(sealed({"agent", steps, bytes, {false, {}}}), checkpoint) &&
                    checkpoint.bytes == bytes && checkpoint.steps == steps,
                "what was sealed is read as it was");
}

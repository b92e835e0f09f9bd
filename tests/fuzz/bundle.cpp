// Bundles for a leaderboard: nothing that one holds is written but what its manifest says.
#include "leaderboard/bundle/bundle.hpp"
#include "fuzz/input.hpp"

using namespace offload;

void fuzz_one(std::string_view input) {
  const fuzz::InputFile file(input);
  const std::filesystem::path folder = fuzz::scratch_folder() / "in";
  std::filesystem::remove_all(folder);
  fuzz::accepts([&] {
    const BundleManifest manifest = unpack_bundle(file.path(), folder);
    std::size_t files = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
      fuzz::require(!entry.is_symlink(), "there are no links");
      files += entry.is_regular_file();
    }
    fuzz::require(files == manifest.files.size() + 1, "there are the manifest and its files");
  });
  for (const auto& entry : std::filesystem::directory_iterator(fuzz::scratch_folder()))
    fuzz::require(entry.path().filename() == "in", "nothing is written elsewhere");
}

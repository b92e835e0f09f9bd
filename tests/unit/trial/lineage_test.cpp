// What a checkpoint says it was trained on, as its file has it.
#include "trial/lineage.hpp"

#include <gmock/gmock.h>

#include "core/error.hpp"
#include "temporary_folder.hpp"
#include "trial/checkpoint.hpp"

namespace offload {
namespace {

const Lineage kTwice = {true, {{"aa", {1, 2, 9}, 7, "seed0", 0, 100}, {"bb", {-4}, 0, "r0f1", 3, 20}}};

TEST(Lineage, RoundTrip) {
  EXPECT_EQ(lineage_from_json(to_json(kTwice), "file"), kTwice);
  const Lineage unknown = {false, {}};
  EXPECT_EQ(lineage_from_json(to_json(unknown), "file"), unknown);
}

TEST(Lineage, RefusesIdsOutOfOrder) {
  Lineage lineage = kTwice;
  lineage.stages[0].episodes = {1, 1};
  EXPECT_THROW(lineage_from_json(to_json(lineage), "file"), Error);
  lineage.stages[0].episodes = {};
  EXPECT_THROW(lineage_from_json(to_json(lineage), "file"), Error);
}

TEST(Lineage, OfAFileAddsUpToItsSteps) {
  const test::TemporaryFolder folder;
  const auto read = [&](const Checkpoint& checkpoint) {
    folder.write("a.ckpt", sealed(checkpoint));
    return read_checkpoint(folder / "a.ckpt");
  };
  EXPECT_EQ(read({"agent", 120, "bytes\n", kTwice}).lineage, kTwice);
  EXPECT_EQ(read({"agent", 120, "bytes\n", kTwice}).bytes, "bytes\n");
  EXPECT_THROW(read({"agent", 121, "", kTwice}), Error);
  EXPECT_THROW(read({"agent", 119, "", kTwice}), Error);
  Lineage partly = kTwice;
  partly.known = false;
  EXPECT_EQ(read({"agent", 500, "", partly}).lineage, partly);
}

}  // namespace
}  // namespace offload

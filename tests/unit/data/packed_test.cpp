#include "data/packed.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <iterator>
#include <thread>

#include "data/dataset.hpp"
#include "unit/data/dataset_files.hpp"

namespace offload {
namespace {

using test::bytes_of;
using test::error_of;
using test::TemporaryFolder;

const std::filesystem::path kTiny = std::filesystem::path(OFFLOAD_SOURCE_DIR) / "datasets" / "tiny.json";

void expect_same(const EpisodeTable& a, const EpisodeTable& b) {
  test::expect_same_episodes(a, b);
  EXPECT_EQ(a.sha256, b.sha256);
  EXPECT_EQ(a.source, b.source);
}

std::size_t files_in(const std::filesystem::path& folder) {
  return static_cast<std::size_t>(
      std::distance(std::filesystem::directory_iterator(folder), std::filesystem::directory_iterator()));
}

TEST(Packed, RoundTrip) {
  const TemporaryFolder folder;
  const EpisodeTable table = read_dataset(kTiny);
  write_packed(table, folder / "a.packed");
  expect_same(open_packed(folder / "a.packed"), table);
  EXPECT_EQ(files_in(folder.path()), 1U);  // no temporary file stays
  write_packed(open_packed(folder / "a.packed"), folder / "b.packed");
  EXPECT_EQ(bytes_of(folder / "a.packed"), bytes_of(folder / "b.packed"));
}

TEST(Packed, RoundTripWithoutTimesAndViews) {
  EpisodeStorage storage;
  storage.tasks = {"only"};
  storage.id = {-5};
  storage.first_turn = {0, 1};
  storage.task = {0};
  storage.action = {1};
  storage.score = storage.raw_score = {.25};
  const EpisodeTable table = make_table(std::move(storage), "memory", "none");
  const TemporaryFolder folder;
  write_packed(table, folder / "a.packed");
  expect_same(open_packed(folder / "a.packed"), table);
}

TEST(Packed, TheTableKeepsTheMappingAlive) {
  const TemporaryFolder folder;
  write_packed(read_dataset(kTiny), folder / "a.packed");
  EpisodeTable table = open_packed(folder / "a.packed");
  std::filesystem::remove(folder / "a.packed");
  const EpisodeTable copy = table;
  table = {};
  EXPECT_EQ(copy.score[4], 2);
}

TEST(Packed, RefusesEveryTruncationAndFlippedBytes) {
  const TemporaryFolder folder;
  write_packed(read_dataset(kTiny), folder / "a.packed");
  const std::string good = bytes_of(folder / "a.packed");
  const auto refused = [&](const std::string& bytes, std::size_t at) {
    folder.write("bad.packed", bytes);
    const Error error = error_of([&] { open_packed(folder / "bad.packed"); });
    EXPECT_EQ(error.kind(), ErrorKind::data) << at << error.what();
  };
  for (std::size_t size = 0; size < good.size(); ++size) refused(good.substr(0, size), size);
  for (std::size_t at = 0; at < good.size(); at += at < sizeof(PackedHeader) ? 1 : 7) {
    std::string bytes = good;
    bytes[at] = static_cast<char>(bytes[at] ^ 0x11);
    refused(bytes, at);
  }
  refused(good + "x", good.size());
  refused("[" + good, 0);
}

// Files that are whole and have the right checksums, but lie.
TEST(Packed, RefusesValuesOutOfRange) {
  const TemporaryFolder folder;
  const auto refused = [&](const auto& change) {
    EpisodeStorage storage;
    storage.modalities = 1;
    storage.tasks = {"a", "b"};
    storage.id = {0, 1};
    storage.first_turn = {0, 1, 3};
    storage.task = {0, 1, 1};
    storage.action = {0, 1, 2};
    storage.score = storage.raw_score = storage.latency_s = storage.cost_usd = {1, 2, 3};
    storage.association = {.1, .2, .3};
    change(storage);
    write_packed(make_table(std::move(storage), "s", "h"), folder / "a.packed");
    return error_of([&] { open_packed(folder / "a.packed"); }).kind() == ErrorKind::data;
  };
  EXPECT_TRUE(refused([](EpisodeStorage& s) { s.task[2] = 2; }));
  EXPECT_TRUE(refused([](EpisodeStorage& s) { s.action[2] = 3; }));
  EXPECT_TRUE(refused([](EpisodeStorage& s) { s.first_turn[1] = 4; }));
  EXPECT_TRUE(refused([](EpisodeStorage& s) { s.first_turn[1] = 0; }));
  EXPECT_TRUE(refused([](EpisodeStorage& s) { s.first_turn[0] = 1; }));
  EXPECT_TRUE(refused([](EpisodeStorage& s) { s.first_turn[2] = 2; }));
  EXPECT_TRUE(refused([](EpisodeStorage& s) { s.score[0] = -1; }));
  EXPECT_TRUE(refused([](EpisodeStorage& s) { s.latency_s[0] = 1 / 0.0; }));
  EXPECT_TRUE(refused([](EpisodeStorage& s) { s.association[0] = 0 / 0.0; }));
  EXPECT_TRUE(refused([](EpisodeStorage& s) { s.association.pop_back(); }));
  EXPECT_TRUE(refused([](EpisodeStorage& s) { s.raw_score.push_back(0); }));
}

TEST(Packed, RefusesFoldersAndAbsentFiles) {
  const TemporaryFolder folder;
  EXPECT_EQ(error_of([&] { open_packed(folder / "absent"); }).kind(), ErrorKind::io);
  EXPECT_EQ(error_of([&] { open_packed(folder.path()); }).kind(), ErrorKind::data);
  EXPECT_EQ(error_of([&] { write_packed(read_dataset(kTiny), folder / "no" / "a"); }).kind(), ErrorKind::io);
}

TEST(LoadDataset, CachesAndRebuildsADamagedCopy) {
  const TemporaryFolder folder;
  const auto cache = folder / "cache";
  expect_same(load_dataset(kTiny.string(), 0, {}, cache), read_dataset(kTiny));
  const auto packed = packed_dataset(kTiny.string(), 0, {}, cache);
  EXPECT_EQ(files_in(cache), 1U);
  const auto written = std::filesystem::last_write_time(packed);
  load_dataset(kTiny.string(), 1, {}, cache);  // the seed is no part of a file
  EXPECT_EQ(std::filesystem::last_write_time(packed), written);
  std::ofstream(packed) << "damaged";
  expect_same(load_dataset(kTiny.string(), 0, {}, cache), read_dataset(kTiny));
}

TEST(LoadDataset, TheKeyHoldsContentAndRule) {
  const TemporaryFolder folder;
  const auto cache = folder / "cache";
  const auto file = folder.write("d.json", bytes_of(kTiny));
  const auto path = [&](const RefusalRule& rule) { return packed_dataset(file.string(), 0, rule, cache); };
  const auto standard = path({});
  EXPECT_EQ(open_packed(path({{}})).score[2], .4);
  EXPECT_NE(path({{}}), standard);
  EXPECT_NE(path({{"a", "b"}}), path({{"ab"}}));
  folder.write("d.json", bytes_of(kTiny) + "\n");
  EXPECT_NE(path({}), standard);
  const auto synthetic = [&](const char* source, std::uint64_t seed) {
    return packed_dataset(source, seed, {}, cache);
  };
  EXPECT_NE(synthetic("synthetic:3", 0), synthetic("synthetic:3", 1));
  EXPECT_NE(synthetic("synthetic:3", 0), synthetic("synthetic:4", 0));
  EXPECT_EQ(open_packed(synthetic("scenario:2,2,2:7", 0)).turns(), 14U);
}

TEST(LoadDataset, ManyAtOnceDoNoHarm) {
  const TemporaryFolder folder;
  const auto cache = folder / "cache";
  std::vector<std::jthread> threads;
  std::atomic<int> right = 0;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] { right += load_dataset("synthetic:500", 3, {}, cache).episodes() == 500; });
  }
  threads.clear();
  EXPECT_EQ(right, 8);
  EXPECT_EQ(files_in(cache), 1U);
}

}  // namespace
}  // namespace offload

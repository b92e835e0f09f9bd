// Files for the data set tests: what they hold, where the real one lies, and how one is refused.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "core/environment/episode.hpp"
#include "core/error.hpp"
#include "temporary_folder.hpp"

namespace offload::test {

inline std::string bytes_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// The public data set: OFFLOAD_SHARED/data, or shared/data beside the checkout.
inline std::filesystem::path m4a1_file() {
  const char* shared = std::getenv("OFFLOAD_SHARED");
  const std::filesystem::path folder =
      shared ? shared : std::filesystem::path(OFFLOAD_SOURCE_DIR).parent_path() / "shared";
  return folder / "data" / "M4A1.json";
}

// All that a file can say of them.
inline void expect_same_episodes(const EpisodeTable& a, const EpisodeTable& b) {
  using ::testing::ElementsAreArray;
  EXPECT_EQ(a.modalities, b.modalities);
  EXPECT_EQ(a.tasks, b.tasks);
  EXPECT_THAT(a.id, ElementsAreArray(b.id));
  EXPECT_THAT(a.first_turn, ElementsAreArray(b.first_turn));
  EXPECT_THAT(a.task, ElementsAreArray(b.task));
  EXPECT_THAT(a.action, ElementsAreArray(b.action));
  EXPECT_THAT(a.score, ElementsAreArray(b.score));
  EXPECT_THAT(a.raw_score, ElementsAreArray(b.raw_score));
  EXPECT_THAT(a.latency_s, ElementsAreArray(b.latency_s));
  EXPECT_THAT(a.cost_usd, ElementsAreArray(b.cost_usd));
  EXPECT_THAT(a.association, ElementsAreArray(b.association));
}

// Calls `action` and returns the Error it throws.
template <typename Action>
Error error_of(const Action& action) {
  try {
    action();
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "nothing was thrown";
  return {ErrorKind::run, ""};
}

}  // namespace offload::test

// Files for the data set tests: what they hold, where the real one lies, and how one is refused.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

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

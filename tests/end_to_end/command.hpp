// Runs the built command as a user would and says what it printed and how it ended.
#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace offload::testing {

struct Outcome {
  int status;
  std::string out, err;
};

inline std::string read_text(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

inline void write_text(const std::filesystem::path& file, const std::string& text) {
  std::ofstream(file, std::ios::binary) << text;
}

// The folder with the shared golden files and data, or empty.
inline std::filesystem::path shared_folder() {
  const char* named = std::getenv("OFFLOAD_SHARED");
  const std::filesystem::path folder =
      named != nullptr ? named : std::filesystem::path(OFFLOAD_SOURCE_DIR) / ".." / "shared";
  return std::filesystem::exists(folder / "golden") ? folder : std::filesystem::path();
}

// A test with a folder of its own, gone afterwards.
class CommandTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "offload-bench-XXXXXX").string();
    folder_ = mkdtemp(name.data());
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  // `arguments` as typed in a shell in the test's folder; `prefix` goes before the command.
  Outcome run(const std::string& arguments, const std::string& prefix = "") const {
    const std::string command = "cd '" + folder_.string() + "' && export OFFLOAD_BENCH_CACHE='" +
                                (folder_ / "cache").string() + "' && " + prefix +
                                " '" OFFLOAD_BINARY_DIR "/bin/offload-bench' " + arguments +
                                " >out.txt 2>err.txt </dev/null";
    const int status = std::system(command.c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), read_text(folder_ / "out.txt"),
            read_text(folder_ / "err.txt")};
  }
  void write(const std::string& name, const std::string& text) const { write_text(folder_ / name, text); }

  std::filesystem::path folder_;
};

}  // namespace offload::testing

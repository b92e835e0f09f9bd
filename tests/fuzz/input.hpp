// What the fuzz targets share. A target hands the bytes it is given to a reader, which may refuse them by an
// offload::Error and nothing else; what it accepts has to hold what the reader's header promises, or the
// target aborts.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.hpp"

namespace offload::fuzz {

// Whether `read` accepted its input.
template <typename Read>
bool accepts(const Read& read) {
  try {
    read();
    return true;
  } catch (const Error&) {
    return false;
  }
}

// Ends the process, for the fuzzer to keep the input.
void require(bool holds, const char* promise);

// The input cut at lines of "%%": several files in one.
std::vector<std::string> parts(std::string_view input);

// A file in memory; it goes with the object.
class InputFile {
 public:
  explicit InputFile(std::string_view bytes);
  ~InputFile();
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  int descriptor_;
  std::filesystem::path path_;
};

// A folder of the process in memory where there is /dev/shm; it goes with the process.
const std::filesystem::path& scratch_folder();

}  // namespace offload::fuzz

// libFuzzer's entry; `input` lives for the call.
void fuzz_one(std::string_view input);

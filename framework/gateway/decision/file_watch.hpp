// Whether files have changed, by looking at them now and then. One that is just being written is waited for.
#pragma once

#include <cstdint>
#include <filesystem>
#include <tuple>
#include <vector>

namespace offload {

// What a file looks like from outside: time, size and number; zeros where there is none.
using FileLook = std::tuple<std::int64_t, std::int64_t, std::uint64_t, std::uint64_t>;
FileLook look_at(const std::filesystem::path& file);

class FileWatch {
 public:
  // They need not be there.
  explicit FileWatch(std::vector<std::filesystem::path> files);

  // The first of them was read when it looked so, which was before.
  void first_was(const FileLook& look) { known_.front() = look; }
  // Whether they differ from what they were when this last said so, or at first, and have been left alone
  // since the call before. What is in them is not read.
  bool changed();
  // Whether they differ from that now.
  bool differ() const { return look() != known_; }

 private:
  std::vector<FileLook> look() const;

  std::vector<std::filesystem::path> files_;
  std::vector<FileLook> known_, last_;
};

}  // namespace offload

// Whether files have changed, by looking at them now and then. One that is just being written is waited for.
#pragma once

#include <cstdint>
#include <filesystem>
#include <tuple>
#include <vector>

namespace offload {

class FileWatch {
 public:
  // They need not be there.
  explicit FileWatch(std::vector<std::filesystem::path> files);

  // Whether they differ from what they were when this last said so, or at first, and have been left alone
  // since the call before. By time, size and number; what is in them is not read.
  bool changed();

 private:
  using Look = std::tuple<std::int64_t, std::int64_t, std::uint64_t, std::uint64_t>;
  std::vector<Look> look() const;

  std::vector<std::filesystem::path> files_;
  std::vector<Look> known_, last_;
};

}  // namespace offload

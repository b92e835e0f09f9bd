// The inner loops of a nearest-neighbour scan, once per instruction set. knn_kernels.cpp is compiled for each
// of them with flags of its own and includes nothing that other files could share with it, so no wide
// instruction gets into code that runs everywhere. All give the same integers.
#pragma once

#include <cstddef>
#include <cstdint>

namespace offload {

struct KnnNear {
  std::uint32_t point;
  std::uint16_t distance;  // squared
};

// For squared distances of one byte or of two, whose largest value means "no point". Arrays hold `bytes`
// bytes, a multiple of kKnnBlock, and begin at one.
struct KnnScanLoops {
  // sum [.] of the rows [count][.].
  void (*sum)(const void* const* rows, std::size_t count, std::size_t bytes, void* sum);
  // As sum(), which may be one of the rows; then writes every point within a radius that holds at least
  // kKnnPlaces points and `more`, or every point there is, ascending, and returns how many; `out` has room
  // for all.
  std::size_t (*nearest)(const void* const* rows, std::size_t count, std::size_t bytes, std::uint16_t more,
                         void* sum, KnnNear* out);
};

struct KnnKernels {
  const char* name;
  // Bytes of a row from which on searching an index takes less time than a scan (benchmarks/README.md).
  std::size_t indexed_from_bytes;
  KnnScanLoops byte, word;
};

inline constexpr std::size_t kKnnBlock = 64;  // bytes
inline constexpr std::size_t kKnnPlaces = 5;

}  // namespace offload

// Compiled once per instruction set (framework/core/CMakeLists.txt), which defines OFFLOAD_KNN_KERNELS, the
// name of the table, OFFLOAD_KNN_NAME, OFFLOAD_KNN_VECTOR, the bytes of a vector, and
// OFFLOAD_KNN_INDEXED_FROM_BYTES.
#include "core/outcomes/knn_kernels.hpp"

#if defined(__AVX2__)
#include <immintrin.h>
#endif

namespace offload {
extern const KnnKernels OFFLOAD_KNN_KERNELS;
namespace {

template <typename Distance>
struct Wide {
  using Vector [[gnu::vector_size(OFFLOAD_KNN_VECTOR), gnu::may_alias]] = Distance;
};
constexpr std::size_t kVectors = kKnnBlock / OFFLOAD_KNN_VECTOR;  // of a block

// A block of distances in registers.
template <typename Distance>
struct Block {
  typename Wide<Distance>::Vector part[kVectors];
};

template <typename Distance>
[[gnu::always_inline]] inline Block<Distance> load(const void* from) {
  const auto* vectors = static_cast<const typename Wide<Distance>::Vector*>(from);
  Block<Distance> block;
  for (std::size_t v = 0; v < kVectors; ++v) block.part[v] = vectors[v];
  return block;
}

template <typename Distance>
[[gnu::always_inline]] inline void store(const Block<Distance>& block, void* to) {
  auto* vectors = static_cast<typename Wide<Distance>::Vector*>(to);
  for (std::size_t v = 0; v < kVectors; ++v) vectors[v] = block.part[v];
}

// A bit for each byte of a block's vector that is set, byte by byte all ones or all zeros.
template <typename Flags>
[[gnu::always_inline]] inline std::uint64_t bits_of(const Flags& flags) {
#if defined(__AVX512BW__)
  return _mm512_movepi8_mask(reinterpret_cast<const __m512i&>(flags));
#elif defined(__AVX2__)
  return static_cast<std::uint32_t>(_mm256_movemask_epi8(reinterpret_cast<const __m256i&>(flags)));
#else
  using Words [[gnu::vector_size(OFFLOAD_KNN_VECTOR), gnu::may_alias]] = std::uint64_t;
  const auto words = reinterpret_cast<const Words&>(flags);
  std::uint64_t any = 0, bits = 0;
  for (std::size_t w = 0; w < OFFLOAD_KNN_VECTOR / sizeof any; ++w) any |= words[w];
  if (any == 0) return 0;
  using Bytes [[gnu::vector_size(OFFLOAD_KNN_VECTOR), gnu::may_alias]] = std::uint8_t;
  const auto bytes = reinterpret_cast<const Bytes&>(flags);
  for (std::size_t b = 0; b < OFFLOAD_KNN_VECTOR; ++b) bits |= static_cast<std::uint64_t>(bytes[b] & 1U) << b;
  return bits;
#endif
}

template <typename Distance>
[[gnu::always_inline]] inline Block<Distance> sum_block(const void* const* rows, std::size_t count,
                                                        std::size_t at) {
  Block<Distance> sum = load<Distance>(static_cast<const char*>(rows[0]) + at);
  for (std::size_t r = 1; r < count; ++r) {
    const Block<Distance> row = load<Distance>(static_cast<const char*>(rows[r]) + at);
    for (std::size_t v = 0; v < kVectors; ++v) sum.part[v] += row.part[v];
  }
  return sum;
}

// Many rows a few at a time and a page of each: the processor foresees so many streams, and no more.
template <typename Distance>
void sum_rows(const void* const* rows, std::size_t count, std::size_t bytes, void* sum) {
  constexpr std::size_t kTogether = 8, kPage = 4096;
  for (std::size_t from = 0; from < bytes; from += kPage) {
    const std::size_t to = from + kPage < bytes ? from + kPage : bytes;
    for (std::size_t r = 0; r < count;) {
      const void* some[kTogether + 1];
      std::size_t n = 0;
      if (r > 0) some[n++] = sum;
      for (; n < kTogether && r < count; ++r) some[n++] = rows[r];
      for (std::size_t at = from; at < to; at += kKnnBlock) {
        store(sum_block<Distance>(some, n, at), static_cast<char*>(sum) + at);
      }
    }
  }
}

// A radius that holds at least kKnnPlaces points: the last place among 16 distances, each the least one of
// other points than the next. It is the largest that fewer than kKnnPlaces are below.
template <typename Distance>
[[gnu::always_inline]] inline Distance radius_of(const Block<Distance>& least) {
  constexpr std::size_t kLanes = 16, kFolds = kKnnBlock / sizeof(Distance) / kLanes;
  using Lanes
      [[gnu::vector_size(kLanes * sizeof(Distance)), gnu::may_alias, gnu::aligned(sizeof(Distance))]] =
          Distance;
  constexpr auto kFar = static_cast<Distance>(-1);
  alignas(kKnnBlock) Distance all[kKnnBlock / sizeof(Distance)], twice[2 * kLanes], ranked[kLanes];
  store(least, all);
  Lanes folded = reinterpret_cast<const Lanes&>(all);
  for (std::size_t f = 1; f < kFolds; ++f) {
    const auto& other = reinterpret_cast<const Lanes&>(all[f * kLanes]);
    folded = other < folded ? other : folded;
  }
  reinterpret_cast<Lanes&>(twice) = folded;
  reinterpret_cast<Lanes&>(twice[kLanes]) = folded;
  Lanes below{};
  for (std::size_t turned = 1; turned < kLanes; ++turned) {
    below -= reinterpret_cast<const Lanes&>(twice[turned]) < folded;
  }
  reinterpret_cast<Lanes&>(ranked) = below < kKnnPlaces ? folded : Lanes{};
  Distance radius = 0;
  for (const Distance distance : ranked) radius = distance > radius ? distance : radius;
  return radius == kFar ? static_cast<Distance>(kFar - 1) : radius;
}

template <typename Distance>
std::size_t nearest_points(const void* const* rows, std::size_t count, std::size_t bytes, std::uint16_t more,
                           void* sum, KnnNear* out) {
  const typename Wide<Distance>::Vector none{};
  Block<Distance> least;
  for (auto& part : least.part) part = ~none;
  for (std::size_t at = 0; at < bytes; at += kKnnBlock) {
    const Block<Distance> block = sum_block<Distance>(rows, count, at);
    store(block, static_cast<char*>(sum) + at);
    for (std::size_t v = 0; v < kVectors; ++v) {
      least.part[v] = block.part[v] < least.part[v] ? block.part[v] : least.part[v];
    }
  }
  constexpr auto kFar = static_cast<Distance>(-1);
  const unsigned widened = unsigned{radius_of(least)} + more;
  const auto radius = static_cast<Distance>(widened < kFar ? widened : kFar - 1U);
  const auto* distance = static_cast<const Distance*>(sum);
  std::size_t found = 0;
  constexpr std::uint64_t kLanes = sizeof(Distance) == 1 ? ~std::uint64_t{0} : 0x5555555555555555U;
  for (std::size_t at = 0; at < bytes; at += OFFLOAD_KNN_VECTOR) {
    const auto& vector =
        *reinterpret_cast<const typename Wide<Distance>::Vector*>(static_cast<const char*>(sum) + at);
    for (std::uint64_t left = bits_of(vector <= (none + radius)) & kLanes; left != 0; left &= left - 1) {
      const std::size_t point = (at + static_cast<std::size_t>(__builtin_ctzll(left))) / sizeof(Distance);
      out[found++] = {static_cast<std::uint32_t>(point), distance[point]};
    }
  }
  return found;
}

template <typename Distance>
constexpr KnnScanLoops kLoops = {sum_rows<Distance>, nearest_points<Distance>};

}  // namespace

const KnnKernels OFFLOAD_KNN_KERNELS = {OFFLOAD_KNN_NAME, OFFLOAD_KNN_INDEXED_FROM_BYTES,
                                        kLoops<std::uint8_t>, kLoops<std::uint16_t>};

}  // namespace offload

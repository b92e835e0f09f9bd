#include "core/induction/knn_places.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "core/instruction_set.hpp"
#include "core/multiversion.hpp"

namespace offload::places {
namespace {

[[gnu::always_inline]] inline bool any_at_least(const Bytes& bytes, std::uint8_t bound) {
  std::uint8_t found = 0;
  for (std::size_t lane = 0; lane < kLanes; ++lane)
    found = static_cast<std::uint8_t>(found | (bytes[lane] >= bound));
  return found != 0;
}

// Adds a number where the flags (0 or -1) are set.
[[gnu::always_inline]] inline void add_where(const std::int8_t* flags, double number, Doubles& sums) {
  const auto bits = std::bit_cast<std::int64_t>(number);
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    sums[lane] += std::bit_cast<double>(bits & std::int64_t{flags[lane]});
  }
}

OFFLOAD_MULTIVERSION
void sum_portably(const Candidate* candidates, std::size_t n, const std::uint8_t* newest, std::size_t stride,
                  Nearest& nearest) {
  std::memset(nearest.score.data(), 0, sizeof nearest.score);
  std::memset(nearest.tied.data(), 0, sizeof nearest.tied);
  alignas(kLanes) Bytes distance;
  alignas(kLanes) std::array<std::int8_t, kLanes> flags;
  for (std::size_t i = 0; i < n; ++i) {
    const Candidate& candidate = candidates[i];
    const std::uint8_t* row = newest + candidate.point * stride;
    std::uint8_t within = 0;
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      distance[lane] = static_cast<std::uint8_t>(row[lane] + candidate.distance);
      within = static_cast<std::uint8_t>(within | (distance[lane] <= nearest.place[kPlaces - 1][lane]));
    }
    if (within == 0) continue;
    for (std::size_t k = 0; k < kPlaces; ++k) {
      std::int8_t found = 0;
      for (std::size_t lane = 0; lane < kLanes; ++lane) {
        flags[lane] = distance[lane] == nearest.place[k][lane] ? std::int8_t{-1} : std::int8_t{0};
        found = static_cast<std::int8_t>(found | flags[lane]);
      }
      if (found == 0) continue;
      add_where(flags.data(), candidate.sum, nearest.score[k]);
      if (k + 1 == kPlaces) add_where(flags.data(), candidate.count, nearest.tied);
    }
  }
}

#if defined(__x86_64__)
// The same with masks in place of flags: sums stay in their lanes, and where nothing is found nothing is
// added.
[[gnu::target("avx512f,avx512bw,avx512dq,avx512vl")]] void sum_with_masks(const Candidate* candidates,
                                                                          std::size_t n,
                                                                          const std::uint8_t* newest,
                                                                          std::size_t stride,
                                                                          Nearest& nearest) {
  std::memset(nearest.score.data(), 0, sizeof nearest.score);
  std::memset(nearest.tied.data(), 0, sizeof nearest.tied);
  const auto add = [](__mmask64 lanes, double number, Doubles& sums)
      __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl"))) {
    const __m512d numbers = _mm512_set1_pd(number);
    for (std::size_t lane = 0; lane < kLanes; lane += 8) {
      const __m512d sum = _mm512_load_pd(sums.data() + lane);
      _mm512_store_pd(sums.data() + lane,
                      _mm512_mask_add_pd(sum, static_cast<__mmask8>(lanes >> lane), sum, numbers));
    }
  };
  for (std::size_t i = 0; i < n; ++i) {
    const Candidate& candidate = candidates[i];
    const __m512i distance = _mm512_add_epi8(_mm512_loadu_si512(newest + candidate.point * stride),
                                             _mm512_set1_epi8(static_cast<char>(candidate.distance)));
    if (_mm512_cmple_epu8_mask(distance, _mm512_load_si512(nearest.place[kPlaces - 1].data())) == 0) continue;
    for (std::size_t k = 0; k < kPlaces; ++k) {
      const __mmask64 found = _mm512_cmpeq_epi8_mask(distance, _mm512_load_si512(nearest.place[k].data()));
      if (found == 0) continue;
      add(found, candidate.sum, nearest.score[k]);
      if (k + 1 == kPlaces) add(found, candidate.count, nearest.tied);
    }
  }
}
#endif

// The weights of 64 distances. Distances are taken out of words by hand, since vectorised table lookups are
// slower than plain ones here.
[[gnu::always_inline]] inline void look_up(const double* weight, const Bytes& distance, Doubles& out) {
  for (std::size_t lane = 0; lane < kLanes; lane += 8) {
    std::uint64_t word;
    std::memcpy(&word, distance.data() + lane, sizeof word);
    for (std::size_t byte = 0; byte < 8; ++byte) out[lane + byte] = weight[word >> (8 * byte) & 0xff];
  }
}

}  // namespace

OFFLOAD_MULTIVERSION
std::size_t find_places(const Candidate* candidates, std::size_t n, const std::uint8_t* newest,
                        std::size_t stride, Nearest& nearest) {
  std::memset(nearest.place.data(), kNowhere, sizeof nearest.place);
  auto& [first, second, third, fourth, fifth] = nearest.place;
  constexpr std::size_t kCheckEvery = 8;
  for (std::size_t i = 0; i < n; ++i) {
    const Candidate& candidate = candidates[i];
    if (i % kCheckEvery == 0 && !any_at_least(fifth, candidate.distance)) return i;
    const std::uint8_t* row = newest + candidate.point * stride;
    for (int copy = 0; copy < candidate.copies; ++copy) {
      for (std::size_t lane = 0; lane < kLanes; ++lane) {
        // Each place keeps the nearer one and hands the farther one on.
        auto distance = static_cast<std::uint8_t>(row[lane] + candidate.distance);
        std::uint8_t farther = std::max(first[lane], distance);
        first[lane] = std::min(first[lane], distance);
        distance = std::max(second[lane], farther);
        second[lane] = std::min(second[lane], farther);
        farther = std::max(third[lane], distance);
        third[lane] = std::min(third[lane], distance);
        distance = std::max(fourth[lane], farther);
        fourth[lane] = std::min(fourth[lane], farther);
        fifth[lane] = std::min(fifth[lane], distance);
      }
    }
  }
  return n;
}

SumPlaces* sum_places_portably() { return sum_portably; }

SumPlaces* sum_places() {
#if defined(__x86_64__)
  if (instruction_set_in_use() == InstructionSet::avx512) return sum_with_masks;
#endif
  return sum_portably;
}

OFFLOAD_MULTIVERSION
void weigh_places(const Nearest& nearest, const double* weight, Doubles& out) {
  alignas(kLanes) Doubles weights, closer, of_place;
  alignas(kLanes) std::array<std::int8_t, kLanes> flags, left;
  const Bytes& last = nearest.place[kPlaces - 1];
  for (std::size_t k = 0; k < kPlaces; ++k) {
    const Bytes& place = nearest.place[k];
    const Bytes& before = nearest.place[k == 0 ? kPlaces - 1 : k - 1];
    look_up(weight, place, of_place);
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      // Places at one distance have one sum between them.
      const int is_closer = place[lane] != last[lane], is_new = place[lane] != before[lane];
      flags[lane] = static_cast<std::int8_t>(-(is_closer & is_new));
      left[lane] = static_cast<std::int8_t>((k == 0 ? 0 : left[lane]) + (place[lane] == last[lane]));
    }
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const auto bits = std::bit_cast<std::int64_t>(of_place[lane] * nearest.score[k][lane]);
      const auto added = std::bit_cast<double>(bits & std::int64_t{flags[lane]});
      weights[lane] = k == 0 ? of_place[lane] : weights[lane] + of_place[lane];
      closer[lane] = k == 0 ? added : closer[lane] + added;
    }
  }
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    const double share = static_cast<double>(left[lane]) / nearest.tied[lane] * of_place[lane];
    out[lane] = (closer[lane] + share * nearest.score[kPlaces - 1][lane]) / weights[lane];
  }
}

OFFLOAD_MULTIVERSION
void add_row(const std::uint16_t* row, std::size_t n, std::uint16_t* sum) {
  for (std::size_t p = 0; p < n; ++p) sum[p] = static_cast<std::uint16_t>(sum[p] + row[p]);
}

}  // namespace offload::places

// The inner loops of KnnFutures: the five nearest points of 64 answers at once, and the scores that they
// make.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/outcomes/response_model.hpp"

namespace offload::places {

inline constexpr std::size_t kLanes = 64;
inline constexpr std::size_t kPlaces = KnnModel::kNeighbours;
inline constexpr int kNowhere = 255;  // in a byte: farther than any candidate

// 64 answers side by side. All loops below run over them, in the compiler's vectors.
using Bytes = std::array<std::uint8_t, kLanes>;
using Doubles = std::array<double, kLanes>;

struct Candidate {
  std::uint32_t point;
  std::uint8_t distance;  // of the older frames, above the nearest point's
  std::uint8_t copies;
  double count, sum;  // of the merged points: how many, their scores
};

// The nearest points of 64 answers.
struct Nearest {
  alignas(kLanes) std::array<Bytes, kPlaces> place;    // the five smallest distances, ascending
  alignas(kLanes) std::array<Doubles, kPlaces> score;  // of all points at a place's distance, summed
  alignas(kLanes) Doubles tied;                        // how many points are as far as the last place
};

// Fills in the places; returns how many candidates can matter to any of them. `newest` points at the first
// answer in the first point's row.
std::size_t find_places(const Candidate* candidates, std::size_t n, const std::uint8_t* newest,
                        std::size_t stride, Nearest& nearest);

// Fills in scores and ties from the places.
using SumPlaces = void(const Candidate* candidates, std::size_t n, const std::uint8_t* newest,
                       std::size_t stride, Nearest& nearest);
// The fastest on this machine, and the one for every machine; both give the same bits.
SumPlaces* sum_places();
SumPlaces* sum_places_portably();

// The answers' scores: points closer than the last place count in full, those tied at it share the places
// left.
void weigh_places(const Nearest& nearest, const double* weight, Doubles& out);

// sum += row.
void add_row(const std::uint16_t* row, std::size_t n, std::uint16_t* sum);

}  // namespace offload::places

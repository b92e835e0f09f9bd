#include "core/oracle/knn_futures.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "core/multiversion.hpp"

namespace offload {
namespace {

constexpr std::size_t kLanes = 64;
constexpr std::size_t kPlaces = KnnModel::kNeighbours;
constexpr int kNowhere = 255;         // in a byte: farther than any candidate
constexpr int kFarthestNewest = 200;  // leaves bytes enough room for what older frames add
constexpr std::size_t kTableBytes = std::size_t{64} << 20;

using Bytes = std::uint8_t __attribute__((vector_size(kLanes)));

// Puts the nearer of two where it belongs and carries the farther one on.
[[gnu::always_inline]] inline void settle(Bytes& place, Bytes& distance) {
  const Bytes farther = place < distance ? distance : place;
  place = place < distance ? place : distance;
  distance = farther;
}

[[gnu::always_inline]] inline void load(Bytes& out, const std::uint8_t* from) {
  std::memcpy(&out, from, sizeof out);
}

[[gnu::always_inline]] inline bool any(const Bytes& flags) {
  using Half = std::uint64_t __attribute__((vector_size(kLanes / 2)));
  using Quarter = std::uint64_t __attribute__((vector_size(kLanes / 4)));
  std::array<Half, 2> halves;
  std::memcpy(halves.data(), &flags, sizeof flags);
  halves[0] |= halves[1];
  std::array<Quarter, 2> quarters;
  std::memcpy(quarters.data(), halves.data(), sizeof quarters);
  quarters[0] |= quarters[1];
  return (quarters[0][0] | quarters[0][1]) != 0;
}

struct Candidate {
  std::uint32_t point;
  std::uint8_t distance;  // of the older frames, above the nearest point's
  std::uint8_t copies;
  double count, sum;  // of the merged points: how many, their scores
};

// The five smallest distances of 64 answers, ascending; returns how many candidates can matter to any of
// them. `newest` points at the first answer in the first point's row.
OFFLOAD_MULTIVERSION
std::size_t nearest_places(const Candidate* candidates, std::size_t n, const std::uint8_t* newest,
                           std::size_t stride, std::uint8_t* places) {
  Bytes first = Bytes{} - 1, second = first, third = first, fourth = first, fifth = first;
  constexpr std::size_t kCheckEvery = 8;
  std::size_t used = 0;
  for (; used < n; ++used) {
    const Candidate& candidate = candidates[used];
    if (used % kCheckEvery == 0 && !any(fifth >= candidate.distance)) break;
    Bytes row;
    load(row, newest + candidate.point * stride);
    row += candidate.distance;
    for (int copy = 0; copy < candidate.copies; ++copy) {
      Bytes distance = row;
      settle(first, distance);
      settle(second, distance);
      settle(third, distance);
      settle(fourth, distance);
      fifth = fifth < distance ? fifth : distance;
    }
  }
  for (const Bytes* place : {&first, &second, &third, &fourth, &fifth}) {
    std::memcpy(places, place, sizeof *place);
    places += kLanes;
  }
  return used;
}

// Adds a number where the flags (bytes of ones) are set.
[[gnu::always_inline]] inline void add_where(const std::int8_t* flags, double number, double* sums) {
  const auto bits = std::bit_cast<std::int64_t>(number);
  for (std::size_t lane = 0; lane < kLanes; ++lane)
    sums[lane] += std::bit_cast<double>(bits & std::int64_t{flags[lane]});
}

// Per place the scores of all points at its distance, for 64 answers: sums [kPlaces][64]; and tied [64], how
// many points are as far as the last place.
OFFLOAD_MULTIVERSION
void sum_places(const Candidate* candidates, std::size_t n, const std::uint8_t* newest, std::size_t stride,
                const std::uint8_t* places, double* sums, double* tied) {
  std::array<Bytes, kPlaces> place;
  std::memcpy(place.data(), places, sizeof place);
  std::memset(sums, 0, kPlaces * kLanes * sizeof *sums);
  std::memset(tied, 0, kLanes * sizeof *tied);
  for (std::size_t i = 0; i < n; ++i) {
    const Candidate& candidate = candidates[i];
    Bytes distance;
    load(distance, newest + candidate.point * stride);
    distance += candidate.distance;
    if (!any(reinterpret_cast<Bytes>(distance <= place[kPlaces - 1]))) continue;
    for (std::size_t k = 0; k < kPlaces; ++k) {
      const Bytes at = reinterpret_cast<Bytes>(distance == place[k]);
      if (!any(at)) continue;
      std::array<std::int8_t, kLanes> flags;
      std::memcpy(flags.data(), &at, sizeof at);
      add_where(flags.data(), candidate.sum, sums + k * kLanes);
      if (k + 1 == kPlaces) add_where(flags.data(), candidate.count, tied);
    }
  }
}

// The weights of 64 distances. Distances are taken out of words by hand, since vectorised table lookups are
// slower than plain ones here.
[[gnu::always_inline]] inline void look_up(const double* weight, const std::uint8_t* distance, double* out) {
  for (std::size_t lane = 0; lane < kLanes; lane += 8) {
    std::uint64_t word;
    std::memcpy(&word, distance + lane, sizeof word);
    for (std::size_t byte = 0; byte < 8; ++byte) out[lane + byte] = weight[word >> (8 * byte) & 0xff];
  }
}

// The scores: points closer than the last place count in full, those tied at it share the places left.
OFFLOAD_MULTIVERSION
void weigh_places(const std::uint8_t* places, const double* weight, const double* sums, const double* tied,
                  double* score) {
  alignas(kLanes) std::array<double, kLanes> weights, closer, of_place;
  alignas(kLanes) std::array<std::int8_t, kLanes> flags, left;
  Bytes place, before = Bytes{} - 1, last, at_last = Bytes{};
  load(last, places + (kPlaces - 1) * kLanes);
  for (std::size_t k = 0; k < kPlaces; ++k) {
    look_up(weight, places + k * kLanes, of_place.data());
    load(place, places + k * kLanes);
    at_last -= reinterpret_cast<Bytes>(place == last);
    // Places at one distance have one sum between them.
    const Bytes closer_than_last = reinterpret_cast<Bytes>(place < last);
    const Bytes counts = closer_than_last & reinterpret_cast<Bytes>(place != before);
    std::memcpy(flags.data(), &counts, sizeof flags);
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const auto bits = std::bit_cast<std::int64_t>(of_place[lane] * sums[k * kLanes + lane]);
      const auto added = std::bit_cast<double>(bits & std::int64_t{flags[lane]});
      weights[lane] = k == 0 ? of_place[lane] : weights[lane] + of_place[lane];
      closer[lane] = k == 0 ? added : closer[lane] + added;
    }
    before = place;
  }
  std::memcpy(left.data(), &at_last, sizeof left);
  const double* last_sums = sums + (kPlaces - 1) * kLanes;
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    const double share = static_cast<double>(left[lane]) / tied[lane] * of_place[lane];
    score[lane] = (closer[lane] + share * last_sums[lane]) / weights[lane];
  }
}

OFFLOAD_MULTIVERSION
void add_row(const std::uint16_t* row, std::size_t n, std::uint16_t* sum) {
  for (std::size_t p = 0; p < n; ++p) sum[p] = static_cast<std::uint16_t>(sum[p] + row[p]);
}

int square(int value) { return value * value; }

}  // namespace

// The points that can be among the nearest, by ascending distance of their older frames.
struct KnnFutures::Candidates {
  std::vector<std::uint16_t> distance;
  std::vector<Candidate> list;
  int nearest = 0;  // the smallest distance, which the bytes are relative to
};

bool KnnFutures::fits(const KnnModel& model, const Scenario& scenario) {
  const auto actions = static_cast<std::size_t>(scenario.actions().size());
  const auto tasks = static_cast<std::size_t>(scenario.tasks());
  const auto window = static_cast<std::size_t>(scenario.layout().window());
  const int newest = square(scenario.tasks()) + 5 * (scenario.actions().modalities() + 1);
  return newest <= kFarthestNewest &&
         model.distinct_points() * (tasks * actions * (actions + 2 * window) + kLanes) <= kTableBytes;
}

KnnFutures::KnnFutures(const KnnModel& model, const Scenario& scenario)
    : model_(&model),
      exact_(model, scenario.actions().size()),
      actions_(static_cast<std::size_t>(scenario.actions().size())),
      tasks_(static_cast<std::size_t>(scenario.tasks())),
      window_(static_cast<std::size_t>(scenario.layout().window())),
      points_(model.distinct_points()),
      contents_(1 + (actions_ + 1) * tasks_),
      stride_((tasks_ * actions_ * actions_ + 2 * kLanes - 1) / kLanes * kLanes) {
  fill_tables(scenario);
  for (std::size_t p = 0; p < points_; ++p) copies_.push_back(static_cast<std::uint8_t>(model.capped_[p]));
}

// Row of a frame in a table: 0 missing, then the first turn's by task, then by action before and task.
std::size_t KnnFutures::content(int previous, int task) const {
  return task < 0 ? 0 : 1 + static_cast<std::size_t>(previous + 1) * tasks_ + static_cast<std::size_t>(task);
}

void KnnFutures::fill_tables(const Scenario& scenario) {
  const auto frame = static_cast<std::size_t>(scenario.layout().frame());
  const ActionSpace& actions = scenario.actions();
  std::vector<std::int8_t> values(contents_ * frame, -1);
  for (int previous = -1; previous < actions.size(); ++previous) {
    for (int task = 0; task < scenario.tasks(); ++task) {
      scenario.layout().write_frame(previous, task, values.data() + content(previous, task) * frame);
    }
  }
  const auto frame_distance = [&](std::size_t position, std::size_t row, std::size_t point) {
    int sum = 0;
    for (std::size_t i = 0; i < frame; ++i) {
      sum +=
          square(model_->column_[(position * frame + i) * model_->stride_ + point] - values[row * frame + i]);
    }
    return sum;
  };
  older_.resize((window_ - 1) * contents_ * points_);
  auto out = older_.begin();
  for (std::size_t position = 0; position + 1 < window_; ++position) {
    for (std::size_t row = 0; row < contents_; ++row) {
      for (std::size_t p = 0; p < points_; ++p) {
        *out++ = static_cast<std::uint16_t>(frame_distance(position, row, p));
      }
    }
  }
  newest_.assign(points_ * stride_, 0);
  farthest_ = 0;
  const std::vector<std::uint16_t> none(model_->stride_);
  std::vector<std::uint16_t> answer(actions_ * model_->stride_);
  for (std::size_t a = 0; a < actions_; ++a) {
    model_->add_action(static_cast<int>(a), none.data(), answer.data() + a * model_->stride_);
  }
  for (std::size_t p = 0; p < points_; ++p) {
    std::uint8_t* row = newest_.data() + p * stride_;
    for (int task = 0; task < scenario.tasks(); ++task) {
      for (int previous = 0; previous < actions.size(); ++previous) {
        const int newest = frame_distance(window_ - 1, content(previous, task), p);
        for (std::size_t a = 0; a < actions_; ++a) {
          const int sum = newest + answer[a * model_->stride_ + p];
          farthest_ = std::max(farthest_, sum);
          *row++ = static_cast<std::uint8_t>(sum);
        }
      }
    }
  }
}

// Distances of all points to the frames before the newest; returns the smallest.
int KnnFutures::older_distance(const History& history, std::vector<std::uint16_t>& distance) const {
  const auto turns = static_cast<int>(history.task.size());
  const int older = static_cast<int>(window_) - 1;
  distance.assign(points_, 0);
  for (int position = 0; position < older; ++position) {
    const int turn = turns - older + position;
    const int previous = turn <= 0 ? -1 : history.action[static_cast<std::size_t>(turn - 1)];
    const std::size_t row = content(previous, turn < 0 ? -1 : history.task[static_cast<std::size_t>(turn)]);
    add_row(older_.data() + (static_cast<std::size_t>(position) * contents_ + row) * points_, points_,
            distance.data());
  }
  return *std::min_element(distance.begin(), distance.end());
}

// Fills the candidates; returns the distance, relative to the nearest, from which points were left out.
int KnnFutures::order(const History& history, Candidates& candidates) const {
  candidates.nearest = older_distance(history, candidates.distance);
  const int cut = kNowhere - farthest_;
  std::array<std::uint32_t, kNowhere + 1> start{};
  for (const std::uint16_t distance : candidates.distance) {
    start[static_cast<std::size_t>(std::min(distance - candidates.nearest, cut) + 1)] += 1;
  }
  for (std::size_t d = 1; d <= static_cast<std::size_t>(cut); ++d) start[d] += start[d - 1];
  candidates.list.resize(start[static_cast<std::size_t>(cut)]);
  for (std::size_t p = 0; p < points_; ++p) {
    const int distance = candidates.distance[p] - candidates.nearest;
    if (distance >= cut) continue;
    candidates.list[start[static_cast<std::size_t>(distance)]++] = {
        static_cast<std::uint32_t>(p), static_cast<std::uint8_t>(distance), copies_[p],
        static_cast<double>(model_->count_[p]), model_->sum_[p]};
  }
  return cut;
}

void KnnFutures::scores(const History& history, int first_task, int tasks, double* out) const {
  if (history.task.empty()) return exact_.scores(history, first_task, tasks, out);
  thread_local Candidates candidates;
  const int cut = order(history, candidates);
  const std::size_t per_task = actions_ * actions_, begin = static_cast<std::size_t>(first_task) * per_task;
  const std::size_t answers = static_cast<std::size_t>(tasks) * per_task;
  for (std::size_t block = 0; block < answers; block += kLanes) {
    alignas(kLanes) std::array<std::uint8_t, kPlaces * kLanes> places;
    alignas(kLanes) std::array<double, kPlaces * kLanes> sums;
    alignas(kLanes) std::array<double, kLanes> tied, score;
    const std::uint8_t* newest = newest_.data() + begin + block;
    const std::size_t used =
        nearest_places(candidates.list.data(), candidates.list.size(), newest, stride_, places.data());
    const std::size_t lanes = std::min(kLanes, answers - block);
    const auto* last = places.data() + (kPlaces - 1) * kLanes;
    // A last place this far off may belong to a point that was left out.
    if (*std::max_element(last, last + lanes) >= cut) {
      return exact_.scores(history, first_task, tasks, out);
    }
    sum_places(candidates.list.data(), used, newest, stride_, places.data(), sums.data(), tied.data());
    weigh_places(places.data(), model_->weight_.data() + candidates.nearest, sums.data(), tied.data(),
                 score.data());
    std::copy_n(score.data(), lanes, out + block);
  }
}

}  // namespace offload

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
  std::array<std::uint64_t, kLanes / 8> words;
  std::memcpy(words.data(), &flags, sizeof words);
  std::uint64_t all = 0;
  for (const std::uint64_t word : words) all |= word;
  return all != 0;
}

struct Candidate {
  std::uint32_t point;
  std::uint8_t distance;  // of the older frames, above the nearest point's
  std::uint8_t copies;
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

// Flags (bytes of ones) where the candidate lies within the fifth place; returns whether anywhere.
OFFLOAD_MULTIVERSION
bool within_places(const Candidate& candidate, const std::uint8_t* row, const std::uint8_t* fifth,
                   std::uint8_t* distance, std::uint64_t* flags) {
  Bytes at, bound;
  load(at, row);
  load(bound, fifth);
  at += candidate.distance;
  const Bytes inside = reinterpret_cast<Bytes>(at <= bound);
  if (!any(inside)) return false;
  std::memcpy(distance, &at, sizeof at);
  std::memcpy(flags, &inside, sizeof inside);
  return true;
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
        static_cast<std::uint32_t>(p), static_cast<std::uint8_t>(distance), copies_[p]};
  }
  return cut;
}

void KnnFutures::scores(const History& history, int first_task, int tasks, double* out) const {
  if (history.task.empty()) return exact_.scores(history, first_task, tasks, out);
  thread_local Candidates candidates;
  const int cut = order(history, candidates);
  const double* weight = model_->weight_.data() + candidates.nearest;
  const std::size_t per_task = actions_ * actions_, begin = static_cast<std::size_t>(first_task) * per_task;
  const std::size_t answers = static_cast<std::size_t>(tasks) * per_task;
  bool exact = false;
  for (std::size_t block = 0; block < answers; block += kLanes) {
    alignas(kLanes) std::array<std::uint8_t, kPlaces * kLanes> places;
    alignas(kLanes) std::array<std::uint8_t, kLanes> distance;
    std::array<std::uint64_t, kLanes / 8> flags;
    // Of points closer than the fifth place: weighted scores; of those tied at it: scores and how many.
    std::array<double, kLanes> closer{}, tied_scores{}, tied{};
    const std::uint8_t* newest = newest_.data() + begin + block;
    const std::uint8_t* fifth = places.data() + (kPlaces - 1) * kLanes;
    const std::size_t used =
        nearest_places(candidates.list.data(), candidates.list.size(), newest, stride_, places.data());
    for (std::size_t i = 0; i < used; ++i) {
      const Candidate& candidate = candidates.list[i];
      if (!within_places(candidate, newest + candidate.point * stride_, fifth, distance.data(),
                         flags.data())) {
        continue;
      }
      const double count = model_->count_[candidate.point], sum = model_->sum_[candidate.point];
      for (std::size_t word = 0; word < flags.size(); ++word) {
        for (std::uint64_t left = flags[word]; left != 0;) {
          const auto byte = static_cast<std::size_t>(std::countr_zero(left)) / 8;
          left &= ~(std::uint64_t{0xff} << (8 * byte));
          const std::size_t lane = word * 8 + byte;
          if (distance[lane] == fifth[lane]) {
            tied_scores[lane] += sum;
            tied[lane] += count;
          } else {
            closer[lane] += sum * weight[distance[lane]];
          }
        }
      }
    }
    const std::size_t lanes = std::min(kLanes, answers - block);
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      if (fifth[lane] >= cut) {
        exact = true;
        break;
      }
      double weights = 0, at_fifth = 0;
      for (std::size_t place = 0; place < kPlaces; ++place) {
        const std::uint8_t d = places[place * kLanes + lane];
        weights += weight[d];
        at_fifth += d == fifth[lane];
      }
      out[block + lane] =
          (closer[lane] + at_fifth / tied[lane] * weight[fifth[lane]] * tied_scores[lane]) / weights;
    }
  }
  // A fifth place this far off may belong to a point that was left out.
  if (exact) exact_.scores(history, first_task, tasks, out);
}

}  // namespace offload

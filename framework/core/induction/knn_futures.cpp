#include "core/induction/knn_futures.hpp"

#include <algorithm>
#include <array>

#include "core/induction/knn_places.hpp"

namespace offload {

using namespace places;

namespace {

constexpr int kFarthestNewest = 200;  // leaves bytes enough room for what older frames add
constexpr std::size_t kTableBytes = std::size_t{128} << 20;

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

KnnFutures::KnnFutures(const KnnModel& model, const Scenario& scenario, SumPlaces* sum)
    : model_(&model),
      sum_(sum),
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
  // Whatever the newest frame adds, the first points to fill all places stay nearer than the ones past this.
  std::size_t past = static_cast<std::size_t>(cut);
  for (std::size_t d = 1; d <= past; ++d) {
    start[d] += start[d - 1];
    if (start[d] >= kPlaces) past = std::min(past, d + static_cast<std::size_t>(farthest_));
  }
  candidates.list.resize(start[past]);
  for (std::size_t p = 0; p < points_; ++p) {
    const auto distance = static_cast<std::size_t>(candidates.distance[p] - candidates.nearest);
    if (distance >= past) continue;
    candidates.list[start[distance]++] = {static_cast<std::uint32_t>(p), static_cast<std::uint8_t>(distance),
                                          copies_[p], static_cast<double>(model_->count_[p]),
                                          model_->sum_[p]};
  }
  return cut;
}

// Whether some row [task][action before] is of an action that is wanted.
bool KnnFutures::any_wanted(const std::uint8_t* wanted, std::size_t first, std::size_t last) const {
  for (std::size_t row = first; row <= last; ++row) {
    if (wanted[row % actions_] != 0) return true;
  }
  return false;
}

void KnnFutures::scores(const History& history, int first_task, int tasks, const std::uint8_t* wanted,
                        double* out) const {
  if (history.task.empty()) return exact_.scores(history, first_task, tasks, wanted, out);
  thread_local Candidates candidates;
  const int cut = order(history, candidates);
  const std::size_t per_task = actions_ * actions_, begin = static_cast<std::size_t>(first_task) * per_task;
  const std::size_t answers = static_cast<std::size_t>(tasks) * per_task;
  for (std::size_t block = 0; block < answers; block += kLanes) {
    const std::size_t to = std::min(block + kLanes, answers);
    if (wanted != nullptr && !any_wanted(wanted, block / actions_, (to - 1) / actions_)) continue;
    Nearest nearest;
    alignas(kLanes) Doubles score;
    const std::uint8_t* newest = newest_.data() + begin + block;
    const std::size_t used =
        find_places(candidates.list.data(), candidates.list.size(), newest, stride_, nearest);
    const std::size_t lanes = std::min(kLanes, answers - block);
    const std::uint8_t* last = nearest.place[kPlaces - 1].data();
    // A last place this far off may belong to a point that was left out.
    if (*std::max_element(last, last + lanes) >= cut) {
      return exact_.scores(history, first_task, tasks, wanted, out);
    }
    sum_(candidates.list.data(), used, newest, stride_, nearest);
    weigh_places(nearest, model_->weight_.data() + candidates.nearest, score);
    std::copy_n(score.data(), lanes, out + block);
  }
}

}  // namespace offload

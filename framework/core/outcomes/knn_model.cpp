#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

#include "core/error.hpp"
#include "core/multiversion.hpp"
#include "core/outcomes/response_model.hpp"

namespace offload {
namespace {

constexpr std::size_t kLanes = 32;
constexpr std::uint16_t kFar = 0xffff;
constexpr double kEpsilon = 1e-6;
constexpr std::size_t kWidestPoint = 65 * (kMaxModalities + 2);

OFFLOAD_MULTIVERSION
void add_column(const std::int8_t* column, std::int16_t value, std::size_t n, std::uint16_t* distance) {
  for (std::size_t p = 0; p < n; ++p) {
    const auto difference = static_cast<std::int16_t>(column[p] - value);
    distance[p] = static_cast<std::uint16_t>(distance[p] + difference * difference);
  }
}

// The smallest distance >= lower, kFar when there is none; and how many (capped) points lie there.
OFFLOAD_MULTIVERSION
std::uint16_t next_distance(const std::uint16_t* distance, std::uint16_t lower, std::size_t n) {
  // A minimum per lane: with a single one g++ 12 keeps this loop scalar.
  std::uint16_t best[kLanes];
  std::fill_n(best, kLanes, kFar);
  for (std::size_t block = 0; block < n; block += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const std::uint16_t d = distance[block + lane];
      const auto candidate = static_cast<std::uint16_t>(d | (d < lower ? kFar : 0));
      best[lane] = candidate < best[lane] ? candidate : best[lane];
    }
  }
  for (std::size_t half = kLanes / 2; half > 0; half /= 2) {
    for (std::size_t lane = 0; lane < half; ++lane) best[lane] = std::min(best[lane], best[lane + half]);
  }
  return best[0];
}

OFFLOAD_MULTIVERSION
std::uint32_t capped_count(const std::uint16_t* distance, const std::uint16_t* capped, std::uint16_t at,
                           std::size_t n) {
  std::uint32_t count = 0;
  for (std::size_t p = 0; p < n; ++p) count += distance[p] == at ? capped[p] : 0U;
  return count;
}

OFFLOAD_MULTIVERSION
bool any_within(const std::uint16_t* distance, std::uint16_t bound) {
  std::uint16_t found = 0;
  for (std::size_t p = 0; p < kLanes; ++p) found = static_cast<std::uint16_t>(found | (distance[p] <= bound));
  return found != 0;
}

// Scratch for one thread's query; queries run in several threads of the oracles at once.
std::vector<std::uint16_t>& scratch(std::size_t n) {
  thread_local std::vector<std::uint16_t> buffer;
  if (buffer.size() < n) buffer.resize(n);
  return buffer;
}

void action_bits(const ActionSpace& actions, int action, std::int8_t* out) {
  out[0] = actions.cloud(action);
  for (int m = 0; m < actions.modalities(); ++m) {
    out[1 + m] = static_cast<std::int8_t>(actions.images(action) >> m & 1U);
  }
}

// The weighted mean of the scores up to the distance of the fifth neighbour; points in ascending order.
class Blend {
 public:
  Blend(std::uint16_t fifth, const std::vector<double>& weight) : fifth_(fifth), weight_(weight.data()) {}

  void add(std::uint16_t distance, std::uint32_t count, double sum) {
    if (distance < fifth_) {
      weights_ += count * weight_[distance];
      weighted_ += sum * weight_[distance];
    } else if (distance == fifth_) {
      tied_ += count;
      tied_sum_ += sum;
    }
  }
  // The points tied for the last places share what the `closer` ones leave; with fewer points than places all
  // count in full.
  double value(std::uint32_t closer) const {
    const double places = std::min(static_cast<double>(KnnModel::kNeighbours - closer), tied_);
    const double share = places / tied_ * weight_[fifth_];
    return (weighted_ + share * tied_sum_) / (weights_ + share * tied_);
  }

 private:
  std::uint16_t fifth_;
  const double* weight_;
  double weights_ = 0, weighted_ = 0, tied_ = 0, tied_sum_ = 0;
};

struct Point {
  std::vector<std::int8_t> at;
  double score;
};

std::vector<Point> logged_points(const EpisodeTable& data, std::span<const std::uint32_t> episodes,
                                 const ActionSpace& actions, const ObservationLayout& layout) {
  std::vector<Point> points;
  for (const std::uint32_t e : episodes) {
    const std::size_t start = data.turn(e, 0);
    for (int t = 0; t < data.length(e); ++t) {
      const std::size_t turn = data.turn(e, t);
      const History history{data.task.subspan(start, static_cast<std::size_t>(t) + 1),
                            data.action.subspan(start, static_cast<std::size_t>(t))};
      Point point;
      point.at.resize(static_cast<std::size_t>(layout.frames() + 1 + actions.modalities()));
      layout.write_frames(history, point.at.data());
      action_bits(actions, data.action[turn], point.at.data() + layout.frames());
      point.score = data.score[turn];
      points.push_back(std::move(point));
    }
  }
  // Sorted by score as well, so that sums of merged points do not depend on the order of the rows.
  std::sort(points.begin(), points.end(),
            [](const Point& a, const Point& b) { return a.at != b.at ? a.at < b.at : a.score < b.score; });
  return points;
}

}  // namespace

void ResponseModel::scores(const History& history, std::span<double> out) const {
  for (std::size_t a = 0; a < out.size(); ++a) out[a] = score(history, static_cast<int>(a));
}

double ResponseModel::highest(int, int, int) const { return std::numeric_limits<double>::infinity(); }

void ResponseModel::forget(Past&) const {}

bool ResponseModel::forgets(int) const { return false; }

KnnModel::KnnModel(const EpisodeTable& data, std::span<const std::uint32_t> episodes,
                   const ActionSpace& actions, const ObservationLayout& layout, std::size_t indexed_from)
    : actions_(&actions), layout_(layout), dimensions_(layout.frames() + 1 + actions.modalities()) {
  const auto tasks = static_cast<std::int64_t>(data.tasks.size());
  const std::int64_t farthest =
      layout.window() * (tasks * tasks + 4 * (actions.modalities() + 1)) + actions.modalities() + 1;
  if (farthest >= kFar) {
    fail(ErrorKind::config,
         "[environment] window {} with {} tasks is too much for the knn model; the table "
         "model has no such limit",
         layout.window(), tasks);
  }
  const std::vector<Point> points = logged_points(data, episodes, actions, layout);
  if (points.empty()) fail(ErrorKind::config, "the knn model needs at least one training episode");
  std::vector<const Point*> distinct;
  for (const Point& point : points) {
    if (distinct.empty() || distinct.back()->at != point.at) {
      distinct.push_back(&point);
      count_.push_back(0);
      sum_.push_back(0);
    }
    count_.back() += 1;
    sum_.back() += point.score;
  }
  stride_ = (distinct.size() + kLanes - 1) / kLanes * kLanes;
  column_.assign(static_cast<std::size_t>(dimensions_) * stride_, 0);
  capped_.assign(stride_, 0);
  for (std::size_t p = 0; p < distinct.size(); ++p) {
    for (std::size_t d = 0; d < distinct[p]->at.size(); ++d) column_[d * stride_ + p] = distinct[p]->at[d];
    capped_[p] = static_cast<std::uint16_t>(std::min<std::uint32_t>(count_[p], kNeighbours));
  }
  for (std::int64_t d = 0; d <= farthest; ++d) {
    weight_.push_back(1 / (std::sqrt(static_cast<double>(d)) + kEpsilon));
  }
  if (distinct.size() < indexed_from) return;
  std::vector<std::int8_t> rows;
  for (const Point* point : distinct) rows.insert(rows.end(), point->at.begin(), point->at.end());
  std::vector<int> widths(static_cast<std::size_t>(layout.window()), layout.frame());
  widths.push_back(1 + actions.modalities());
  index_.emplace(rows, std::move(widths));
}

void KnnModel::add_distances(const std::int8_t* query, int first, int last, std::uint16_t* distance) const {
  for (int d = first; d < last; ++d) {
    add_column(column_.data() + static_cast<std::size_t>(d) * stride_, query[d - first], stride_, distance);
  }
}

void KnnModel::add_action(int action, const std::uint16_t* history_distance, std::uint16_t* distance) const {
  std::int8_t bits[kMaxModalities + 1];
  action_bits(*actions_, action, bits);
  std::copy_n(history_distance, stride_, distance);
  add_distances(bits, layout_.frames(), dimensions_, distance);
  std::fill(distance + count_.size(), distance + stride_, kFar);
}

double KnnModel::weigh(const std::uint16_t* distance) const {
  std::uint32_t found = 0, closer = 0;
  std::uint16_t fifth = 0;
  for (std::uint16_t lower = 0; found < kNeighbours; lower = static_cast<std::uint16_t>(fifth + 1)) {
    const std::uint16_t next = next_distance(distance, lower, stride_);
    if (next == kFar) break;
    closer = found;
    fifth = next;
    found += capped_count(distance, capped_.data(), fifth, stride_);
  }
  Blend blend(fifth, weight_);
  for (std::size_t block = 0; block < stride_; block += kLanes) {
    if (!any_within(distance + block, fifth)) continue;
    for (std::size_t p = block; p < std::min(block + kLanes, count_.size()); ++p) {
      blend.add(distance[p], count_[p], sum_[p]);
    }
  }
  return blend.value(closer);
}

double KnnModel::indexed_score(const std::int8_t* query) const {
  thread_local std::vector<KnnIndex::Near> near;
  index_->search(query, capped_, kNeighbours, near);
  std::array<std::uint32_t, kNeighbours> nearest;  // the distances of the nearest, ascending, with repetition
  nearest.fill(kFar);
  for (const KnnIndex::Near& point : near) {
    for (std::uint32_t i = 0; i < capped_[point.point] && point.distance < nearest.back(); ++i) {
      nearest.back() = point.distance;
      for (std::size_t j = nearest.size() - 1; j > 0 && nearest[j] < nearest[j - 1]; --j) {
        std::swap(nearest[j], nearest[j - 1]);
      }
    }
  }
  std::size_t places = nearest.size();
  while (nearest[places - 1] == kFar) --places;
  Blend blend(static_cast<std::uint16_t>(nearest[places - 1]), weight_);
  for (const KnnIndex::Near& point : near) blend.add(point.distance, count_[point.point], sum_[point.point]);
  const auto closer = std::lower_bound(nearest.begin(), nearest.end(), nearest[places - 1]) - nearest.begin();
  return blend.value(static_cast<std::uint32_t>(closer));
}

// Distances of the history alone, in the first half of the thread's scratch; the second half is free.
std::uint16_t* KnnModel::history_distances(const History& history) const {
  std::vector<std::uint16_t>& buffer = scratch(2 * stride_);
  std::int8_t frames[kWidestPoint];
  layout_.write_frames(history, frames);
  std::fill_n(buffer.begin(), stride_, std::uint16_t{0});
  add_distances(frames, 0, layout_.frames(), buffer.data());
  return buffer.data();
}

double KnnModel::score(const History& history, int action) const {
  if (index_) {
    std::int8_t query[kWidestPoint];
    layout_.write_frames(history, query);
    action_bits(*actions_, action, query + layout_.frames());
    return indexed_score(query);
  }
  std::uint16_t* distance = history_distances(history);
  add_action(action, distance, distance + stride_);
  return weigh(distance + stride_);
}

void KnnModel::forget(Past& past) const {
  const auto window = static_cast<std::size_t>(layout_.window());
  if (past.task.size() < window) return;
  const auto older = static_cast<std::ptrdiff_t>(past.task.size() - window);
  past.task.erase(past.task.begin(), past.task.begin() + older);
  past.action.erase(past.action.begin(), past.action.begin() + older);
  // The oldest frame in sight is the one after this turn's, and shows this turn's action.
  past.task[0] = 0;
}

double KnnModel::highest(int, int, int) const {
  double highest = 0;
  for (std::size_t p = 0; p < count_.size(); ++p) highest = std::max(highest, sum_[p] / count_[p]);
  return highest;
}

void KnnModel::scores(const History& history, std::span<double> out) const {
  if (index_) return ResponseModel::scores(history, out);
  std::uint16_t* distance = history_distances(history);
  for (std::size_t a = 0; a < out.size(); ++a) {
    add_action(static_cast<int>(a), distance, distance + stride_);
    out[a] = weigh(distance + stride_);
  }
}

}  // namespace offload

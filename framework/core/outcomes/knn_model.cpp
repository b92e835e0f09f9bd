#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

#include "core/counted.hpp"
#include "core/error.hpp"
#include "core/outcomes/response_model.hpp"

namespace offload {
namespace {

constexpr std::uint16_t kFar = 0xffff;
constexpr double kEpsilon = 1e-6;
constexpr std::size_t kWidestPoint = 65 * (kMaxModalities + 2);
static_assert(KnnModel::kNeighbours == kKnnPlaces);

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

std::vector<KnnModel::Point> logged_points(const EpisodeTable& data, std::span<const std::uint32_t> episodes,
                                           const ActionSpace& actions, const ObservationLayout& layout) {
  std::vector<KnnModel::Point> points;
  for (const std::uint32_t e : episodes) {
    const std::size_t start = data.turn(e, 0);
    for (int t = 0; t < data.length(e); ++t) {
      const std::size_t turn = data.turn(e, t);
      const History history{data.task.subspan(start, static_cast<std::size_t>(t) + 1),
                            data.action.subspan(start, static_cast<std::size_t>(t))};
      KnnModel::Point point;
      point.at.resize(static_cast<std::size_t>(layout.frames() + 1 + actions.modalities()));
      layout.write_frames(history, point.at.data());
      action_bits(actions, data.action[turn], point.at.data() + layout.frames());
      point.score = data.score[turn];
      points.push_back(std::move(point));
    }
  }
  // Sorted by score as well, so that sums of merged points do not depend on the order of the rows.
  std::sort(points.begin(), points.end(),
            [](const auto& a, const auto& b) { return a.at != b.at ? a.at < b.at : a.score < b.score; });
  return points;
}

}  // namespace

void ResponseModel::scores(const History& history, std::span<double> out) const {
  for (std::size_t a = 0; a < out.size(); ++a) out[a] = score(history, static_cast<int>(a));
}

void ResponseModel::constants(std::span<const std::span<const std::uint8_t>> episodes,
                              std::span<double> out) const {
  std::vector<std::uint16_t> taken;
  for (std::size_t at = 0, action = 0; at < out.size(); ++action) {
    for (const std::span<const std::uint8_t> task : episodes) {
      taken.assign(task.size(), static_cast<std::uint16_t>(action));
      for (std::size_t t = 0; t < task.size(); ++t)
        out[at++] = score({task.first(t + 1), std::span(taken).first(t)}, static_cast<int>(action));
    }
  }
}

double ResponseModel::highest(int, int, int) const { return std::numeric_limits<double>::infinity(); }

void ResponseModel::forget(Past&) const {}

bool ResponseModel::forgets(int) const { return false; }

// Fills in counts and sums; returns the distinct coordinates.
std::vector<std::int8_t> KnnModel::merge(const std::vector<Point>& points) {
  if (points.empty()) fail(ErrorKind::config, "the knn model needs at least one training episode");
  std::vector<std::int8_t> distinct;
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (i == 0 || points[i - 1].at != points[i].at) {
      distinct.insert(distinct.end(), points[i].at.begin(), points[i].at.end());
      count_.push_back(0);
      sum_.push_back(0);
    }
    count_.back() += 1;
    sum_.back() += points[i].score;
  }
  return distinct;
}

KnnModel::KnnModel(const EpisodeTable& data, std::span<const std::uint32_t> episodes,
                   const ActionSpace& actions, const ObservationLayout& layout, const KnnSearch& search)
    : actions_(&actions), layout_(layout), dimensions_(layout.frames() + 1 + actions.modalities()) {
  const auto tasks = static_cast<std::int64_t>(data.tasks.size());
  const std::int64_t farthest =
      layout.window() * (tasks * tasks + 4 * (actions.modalities() + 1)) + actions.modalities() + 1;
  if (farthest >= kFar) {
    fail(ErrorKind::config,
         "[environment] window {} with {} is too much for the knn model; the table "
         "model has no such limit",
         layout.window(), counted(tasks, "task"));
  }
  const std::vector<std::int8_t> points = merge(logged_points(data, episodes, actions, layout));
  stride_ = count_.size();
  column_.resize(points.size());
  const auto dimensions = static_cast<std::size_t>(dimensions_);
  for (std::size_t p = 0; p < stride_; ++p) {
    for (std::size_t d = 0; d < dimensions; ++d) column_[d * stride_ + p] = points[p * dimensions + d];
    capped_.push_back(static_cast<std::uint16_t>(std::min<std::uint32_t>(count_[p], kNeighbours)));
    highest_ = std::max(highest_, sum_[p] / count_[p]);
  }
  for (std::int64_t d = 0; d <= farthest; ++d) {
    weight_.push_back(1 / (std::sqrt(static_cast<double>(d)) + kEpsilon));
  }
  const KnnKernels& kernels = search.kernels ? *search.kernels : *knn_kernels().back();
  const std::size_t indexed_from = kernels.indexed_from_bytes / KnnScan::distance_bytes(farthest);
  if (stride_ < search.indexed_from.value_or(indexed_from)) {
    scan_.emplace(column_, stride_, static_cast<int>(tasks), actions, layout, farthest, kernels);
    return;
  }
  std::vector<int> widths(static_cast<std::size_t>(layout.window()), layout.frame());
  widths.push_back(1 + actions.modalities());
  index_.emplace(points, std::move(widths));
}

void KnnModel::add_action(int action, const std::uint16_t* history_distance, std::uint16_t* distance) const {
  std::int8_t bits[kMaxModalities + 1];
  action_bits(*actions_, action, bits);
  std::copy_n(history_distance, stride_, distance);
  for (int d = layout_.frames(); d < dimensions_; ++d) {
    const std::int8_t* column = column_.data() + static_cast<std::size_t>(d) * stride_;
    for (std::size_t p = 0; p < stride_; ++p) {
      const int difference = column[p] - bits[d - layout_.frames()];
      distance[p] = static_cast<std::uint16_t>(distance[p] + difference * difference);
    }
  }
}

std::int64_t KnnModel::query_bytes(int actions) const {
  constexpr std::size_t indexed = 40'000;  // bytes of a row from which on every machine searches an index
  const auto farthest = static_cast<std::int64_t>(weight_.size()) - 1;
  const std::size_t row = std::min(stride_ * KnnScan::distance_bytes(farthest), indexed);
  const std::int64_t each = KnnScan::query_rows(0, actions_->modalities());
  const std::int64_t once = KnnScan::query_rows(layout_.window(), actions_->modalities()) - each;
  // Only a scan adds up what actions after one history share.
  const std::int64_t rows = row < indexed ? once + actions * each : actions * (once + each);
  return rows * static_cast<std::int64_t>(row);
}

// `near` ascending, with all points up to the distance of the fifth neighbour.
double KnnModel::blend(std::span<const KnnNear> near) const {
  std::array<std::uint32_t, kNeighbours> nearest;  // the distances of the nearest, ascending, with repetition
  nearest.fill(kFar);
  for (const KnnNear& point : near) {
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
  for (const KnnNear& point : near) blend.add(point.distance, count_[point.point], sum_[point.point]);
  const auto closer = std::lower_bound(nearest.begin(), nearest.end(), nearest[places - 1]) - nearest.begin();
  return blend.value(static_cast<std::uint32_t>(closer));
}

double KnnModel::score(const History& history, int action) const {
  if (scan_) return blend(scan_->near(history, action));
  std::int8_t query[kWidestPoint];
  layout_.write_frames(history, query);
  action_bits(*actions_, action, query + layout_.frames());
  thread_local std::vector<KnnNear> near;
  index_->search(query, capped_, kNeighbours, near);
  return blend(near);
}

void KnnModel::scores(const History& history, std::span<double> out) const {
  if (index_) return ResponseModel::scores(history, out);
  const KnnScan::Shared& shared = scan_->share(history, static_cast<int>(out.size()));
  for (std::size_t a = 0; a < out.size(); ++a) out[a] = blend(scan_->near(shared, static_cast<int>(a)));
}

void KnnModel::constants(std::span<const std::span<const std::uint8_t>> episodes,
                         std::span<double> out) const {
  if (index_) return ResponseModel::constants(episodes, out);
  std::size_t turns = 0;
  for (const std::span<const std::uint8_t> task : episodes) turns += task.size();
  const auto actions = turns > 0 ? static_cast<int>(out.size() / turns) : 0;
  scan_->constants(episodes, actions, [&](int action, std::size_t turn, std::span<const KnnNear> near) {
    out[static_cast<std::size_t>(action) * turns + turn] = blend(near);
  });
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

double KnnModel::highest(int, int, int) const { return highest_; }

}  // namespace offload

#include "core/outcomes/knn_index.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

namespace offload {
namespace {

using Numbers = std::span<const std::int8_t>;

bool before(Numbers a, Numbers b) {
  return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end());
}

// The distinct values, ascending, one after the other.
std::vector<std::int8_t> distinct(std::vector<Numbers> values) {
  std::sort(values.begin(), values.end(), before);
  const auto end = std::unique(values.begin(), values.end(),
                               [](Numbers a, Numbers b) { return std::ranges::equal(a, b); });
  std::vector<std::int8_t> out;
  for (auto value = values.begin(); value != end; ++value)
    out.insert(out.end(), value->begin(), value->end());
  return out;
}

std::uint16_t position(const std::vector<std::int8_t>& values, Numbers wanted) {
  const std::size_t width = wanted.size();
  std::size_t low = 0, high = values.size() / width;
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    if (before(Numbers(values).subspan(middle * width, width), wanted)) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return static_cast<std::uint16_t>(low);
}

}  // namespace

KnnIndex::KnnIndex(std::span<const std::int8_t> points, std::vector<int> widths) {
  const auto dimensions = static_cast<std::size_t>(std::accumulate(widths.begin(), widths.end(), 0));
  // NOLINTNEXTLINE(clang-analyzer-core.DivideZero): widths are positive.
  const std::size_t n = points.size() / dimensions;
  const auto part = [&](std::size_t point, std::size_t from, int width) {
    return points.subspan(point * dimensions + from, static_cast<std::size_t>(width));
  };
  // Where a point's prefix differs from that of the point before, a node begins.
  std::vector<bool> begins(n, false);
  begins[0] = true;
  std::size_t from = 0;
  for (const int width : widths) {
    Level level{width, {}, {}, {}};
    std::vector<Numbers> values;
    for (std::size_t p = 0; p < n; ++p) {
      if (!levels_.empty() && begins[p])
        levels_.back().children.push_back(static_cast<std::uint32_t>(values.size()));
      begins[p] = begins[p] || !std::ranges::equal(part(p, from, width), part(p - 1, from, width));
      if (begins[p]) values.push_back(part(p, from, width));
    }
    if (!levels_.empty()) levels_.back().children.push_back(static_cast<std::uint32_t>(values.size()));
    level.values = distinct(values);
    for (const Numbers value : values) level.value.push_back(position(level.values, value));
    levels_.push_back(std::move(level));
    from += static_cast<std::size_t>(width);
  }
}

class KnnIndex::Search {
 public:
  Search(const KnnIndex& index, const std::int8_t* query, std::span<const std::uint16_t> weight,
         std::vector<KnnNear>& out)
      : levels_(index.levels_), weight_(weight), out_(out) {
    for (const Level& level : levels_) {
      first_.push_back(distance_.size());
      const auto width = static_cast<std::size_t>(level.width);
      for (std::size_t at = 0; at < level.values.size(); at += width) {
        std::uint32_t distance = 0;
        for (std::size_t i = 0; i < width; ++i) {
          const int difference = level.values[at + i] - query[i];
          distance += static_cast<std::uint32_t>(difference * difference);
        }
        distance_.push_back(distance);
      }
      query += width;
    }
  }

  // The summed weight of the points within the radius, which are then in `out`.
  std::uint32_t within(std::uint32_t radius) {
    out_.clear();
    radius_ = radius;
    beyond_ = std::numeric_limits<std::uint32_t>::max();
    found_ = 0;
    visit(0, 0, static_cast<std::uint32_t>(levels_.front().value.size()), 0);
    return found_;
  }
  // The least distance at which within() turned back.
  std::uint32_t beyond() const { return beyond_; }

 private:
  void visit(std::size_t depth, std::uint32_t begin, std::uint32_t end, std::uint32_t so_far) {
    const Level& level = levels_[depth];
    const std::uint32_t* distances = distance_.data() + first_[depth];
    const bool last = depth + 1 == levels_.size();
    for (std::uint32_t node = begin; node < end; ++node) {
      const std::uint32_t distance = so_far + distances[level.value[node]];
      if (distance > radius_) {
        beyond_ = std::min(beyond_, distance);
      } else if (last) {
        out_.push_back({node, static_cast<std::uint16_t>(distance)});
        found_ += weight_[node];
      } else {
        visit(depth + 1, level.children[node], level.children[node + 1], distance);
      }
    }
  }

  const std::vector<Level>& levels_;
  std::span<const std::uint16_t> weight_;
  std::vector<KnnNear>& out_;
  std::vector<std::uint32_t> distance_;  // of every level's values from the query
  std::vector<std::size_t> first_;       // [levels] into distance_
  std::uint32_t radius_ = 0, beyond_ = 0, found_ = 0;
};

void KnnIndex::search(const std::int8_t* query, std::span<const std::uint16_t> weight, std::uint32_t enough,
                      std::vector<KnnNear>& out) const {
  Search search(*this, query, weight, out);
  // Radii grow by half, or to where something new begins.
  for (std::uint32_t radius = 1; search.within(radius) < enough;) {
    if (search.beyond() == std::numeric_limits<std::uint32_t>::max()) return;
    radius = std::max(search.beyond(), radius + radius / 2);
  }
}

}  // namespace offload

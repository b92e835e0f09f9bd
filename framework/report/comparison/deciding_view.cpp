#include "report/comparison/deciding_view.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.hpp"
#include "report/text/text.hpp"

namespace offload {
namespace {

bool has(const ComparisonSide& side, const std::string& view) {
  return std::ranges::count(side.views, view) > 0;
}

}  // namespace

std::string deciding_view(const ComparisonSide& a, const ComparisonSide& b, const std::string& asked) {
  if (!asked.empty()) {
    for (const ComparisonSide* side : {&a, &b}) {
      if (has(*side, asked)) continue;
      fail(ErrorKind::config, "--view: {} has no '{}'; it has {}", printable(side->name), printable(asked),
           printable(fmt::format("{}", fmt::join(side->views, ", "))));
    }
    return asked;
  }
  if (has(b, a.headline)) return a.headline;
  const auto first = std::ranges::find_if(a.views, [&b](const std::string& view) { return has(b, view); });
  return first == a.views.end() ? std::string() : *first;
}

std::string why_it_decides(const ComparisonSide& a, const ComparisonSide& b, const std::string& view) {
  if (view.empty() || (a.views.size() == 1 && b.views.size() == 1)) return {};
  const std::string of_a = text::shown(a.headline, 60), of_b = text::shown(b.headline, 60);
  if (view == a.headline && view == b.headline) return "as both headlines";
  if (view == a.headline) return fmt::format("as the headline of A; that of B is under {}", of_b);
  if (view == b.headline) return fmt::format("as the headline of B; that of A is under {}", of_a);
  if (of_a == of_b) return fmt::format("where both headlines are under {}", of_a);
  return fmt::format("where the headlines are under {} and {}", of_a, of_b);
}

}  // namespace offload

#include "report/comparison/deciding_view.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "core/error.hpp"
#include "report/text/text.hpp"

namespace offload {
namespace {

bool has(const ComparisonSide& side, const std::string& view) {
  return std::ranges::count(side.views, view) > 0;
}

// Whether every test's rewards under it are there, where any are.
bool has_evidence(const ComparisonSide& side, const std::string& view) {
  return side.evident_views.empty() || std::ranges::count(side.evident_views, view) > 0;
}

[[noreturn]] void fail_without_evidence(const ComparisonSide& a, const ComparisonSide& b) {
  const auto views = [](const ComparisonSide& side) {
    return printable(fmt::format("{}", fmt::join(side.evident_views, ", ")));
  };
  fail(ErrorKind::config,
       "{} keeps every test's rewards under {}, {} under {}, as large reports do under their headline's view "
       "alone: there is no view to compare by; make reports of fewer rows, or of both under one headline",
       printable(a.name), views(a), printable(b.name), views(b));
}

}  // namespace

std::string deciding_view(const ComparisonSide& a, const ComparisonSide& b, const std::string& asked) {
  const auto evident = [&](const std::string& view) {
    return has_evidence(a, view) && has_evidence(b, view);
  };
  if (!asked.empty()) {
    for (const ComparisonSide* side : {&a, &b}) {
      if (has(*side, asked)) continue;
      fail(ErrorKind::config, "--view: {} has no '{}'; it has {}", printable(side->name), printable(asked),
           printable(fmt::format("{}", fmt::join(side->views, ", "))));
    }
    if (!evident(asked)) fail_without_evidence(a, b);
    return asked;
  }
  std::vector<std::string> views = a.views;
  views.insert(views.begin(), a.headline);
  std::erase_if(views, [&b](const std::string& view) { return !has(b, view); });
  if (views.empty()) return {};
  const auto first = std::ranges::find_if(views, evident);
  if (first == views.end()) fail_without_evidence(a, b);
  return *first;
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

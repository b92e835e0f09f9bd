// Under which view the rewards of two results are compared.
#pragma once

#include <string>

#include "report/comparison/comparison_side.hpp"

namespace offload {

// The view that was asked for; else A's headline's where B has it, else the first of A that B has, of those
// that both have evidence of; empty where the two have none in common. Throws Error(config) where one of them
// lacks what was asked for, or there is no evidence under any view of both.
std::string deciding_view(const ComparisonSide& a, const ComparisonSide& b, const std::string& asked);

// Whose headline is under it, in words that follow the view's name; empty where there is no choice of views.
std::string why_it_decides(const ComparisonSide& a, const ComparisonSide& b, const std::string& view);

}  // namespace offload

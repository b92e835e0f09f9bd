// The tests that two results have in common.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "report/comparison/comparison_side.hpp"

namespace offload {

// Tests of the two in one design, by the name of the run and the episode's id.
struct JointTests {
  TestDesign design;
  std::vector<std::pair<std::size_t, std::size_t>> at;  // [tests] index in a and in b
};
// None where the two have other data, or not all of the smaller's tests in common.
JointTests joint_tests(const ComparisonSide& a, const ComparisonSide& b);

}  // namespace offload

#include "report/comparison/joint_tests.hpp"

#include <algorithm>
#include <map>
#include <tuple>

namespace offload {

JointTests joint_tests(const ComparisonSide& a, const ComparisonSide& b) {
  // There may be many tests: those of b as one list by run and episode, of equal ones the last.
  std::map<std::string, std::uint32_t> run_in_b;
  for (const std::string& name : b.run_name)
    run_in_b.emplace(name, static_cast<std::uint32_t>(run_in_b.size()));
  std::vector<std::tuple<std::uint32_t, std::int64_t, std::uint32_t>> in_b;
  for (std::uint32_t i = 0; i < b.episode.size(); ++i)
    in_b.emplace_back(run_in_b.at(b.run_name[b.design.run[i]]), b.episode[i], i);
  std::ranges::sort(in_b);
  JointTests joint;
  joint.design.runs = a.design.runs;
  joint.design.episodes = a.design.episodes;
  for (std::size_t i = 0; i < a.episode.size(); ++i) {
    const auto run = run_in_b.find(a.run_name[a.design.run[i]]);
    if (run == run_in_b.end()) continue;
    const auto behind =
        std::ranges::upper_bound(in_b, std::tuple(run->second, a.episode[i], ~std::uint32_t{0}));
    if (behind == in_b.begin()) continue;
    const auto& [its_run, its_episode, its_index] = *std::prev(behind);
    if (its_run != run->second || its_episode != a.episode[i]) continue;
    joint.at.emplace_back(i, its_index);
    joint.design.run.push_back(a.design.run[i]);
    joint.design.episode.push_back(a.design.episode[i]);
  }
  // Splits that only share a name have episodes in common by chance.
  const std::size_t least = std::min(a.episode.size(), b.episode.size());
  if (a.data_sha256 != b.data_sha256 || joint.at.size() < least) return {};
  return joint;
}

}  // namespace offload

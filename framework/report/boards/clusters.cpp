#include "report/boards/clusters.hpp"

#include <map>

namespace offload {

std::vector<std::vector<std::uint32_t>> clusters_of(const MatchedTrials& trials,
                                                    const MatchedReferences& references) {
  std::map<std::int64_t, std::uint32_t> cluster;  // by episode id, or by group
  std::vector<std::vector<std::uint32_t>> clusters;
  for (std::size_t s = 0; s < trials.episode_ids.size(); ++s) {
    const std::vector<std::int64_t>& ids = trials.episode_ids[s];
    const std::vector<std::uint32_t>& group = references.split[s]->world->group;
    std::vector<std::uint32_t>& of_split = clusters.emplace_back();
    for (std::size_t i = 0; i < ids.size(); ++i) {
      // The whole data set has groups, or none of its splits.
      const std::int64_t label = group.size() == ids.size() ? std::int64_t{group[i]} : ids[i];
      of_split.push_back(cluster.emplace(label, static_cast<std::uint32_t>(cluster.size())).first->second);
    }
  }
  return clusters;
}

}  // namespace offload

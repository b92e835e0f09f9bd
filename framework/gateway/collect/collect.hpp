// `offload-bench collect`: dialogues and models become a data set, once, however often it is killed.
#pragma once

#include <functional>
#include <string>

#include "gateway/collect/plan.hpp"
#include "plugin/search.hpp"

namespace offload {

// Says the most calls and the most they may cost, and asks nobody.
void bound_collection(const CollectPlan& plan, const std::function<void(const std::string&)>& say);

// Collects, going on where a journal OUT/collect.jsonl stands, and writes what there is. `retry_open`: calls
// that a kill left open, or that failed and may have been charged for, are made again. Returns whether all
// episodes are whole. Throws Error: config, data, plugin, io.
bool collect(const CollectPlan& plan, const PluginSearch& search, bool retry_open,
             const std::function<void(const std::string&)>& say);

}  // namespace offload

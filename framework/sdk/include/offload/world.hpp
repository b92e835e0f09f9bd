// What an agent can ask the host beside its environment: its actions by name, and what is known of each query
// before it is answered. Make them in the constructor, from its ParameterReader, and keep them.
#pragma once

#include <offload/abi.h>
#include <offload/agent.hpp>
#include <offload/parameters.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

namespace offload {

enum class ActionPlacement : std::int32_t {
  unstated = OFFLOAD_PLACEMENT_UNSTATED,
  device = OFFLOAD_PLACEMENT_DEVICE,
  cloud = OFFLOAD_PLACEMENT_CLOUD
};

// Who answers, by action. A host of an older version names none: size() is 0.
class ActionNames {
 public:
  explicit ActionNames(const ParameterReader& parameters)
      : table_(static_cast<const offload_actions*>(parameters.extension(OFFLOAD_HOST_EXTENSION_ACTIONS))) {}

  int size() const { return table_ ? table_->count : 0; }
  int arms() const { return table_ ? table_->arms : 0; }
  const char* name(int action) const { return table_->names[action]; }
  const char* provider(int action) const { return table_->providers[action]; }  // empty: not stated
  ActionPlacement placement(int action) const {
    return static_cast<ActionPlacement>(table_->placements[action]);
  }
  int arm(int action) const { return table_->arm[action]; }

 private:
  const offload_actions* table_;
};

// Features of the rows' queries; size() is 0 where the data have none.
class QueryFeatures {
 public:
  explicit QueryFeatures(const ParameterReader& parameters)
      : table_(static_cast<const offload_query*>(parameters.extension(OFFLOAD_HOST_EXTENSION_QUERY))) {}

  int size() const { return table_ ? table_->features : 0; }
  const char* name(int feature) const { return table_->names[feature]; }
  // [size()] of row i of a view that the call in progress was given; empty where there are none.
  std::span<const float> of(const View& view, int i) const {
    const float* all = size() > 0 ? table_->read(table_->context, &view.raw()) : nullptr;
    const auto width = static_cast<std::size_t>(size());
    return all ? std::span<const float>(all + static_cast<std::size_t>(i) * width, width)
               : std::span<const float>();
  }

 private:
  const offload_query* table_;
};

}  // namespace offload

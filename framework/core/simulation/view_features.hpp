// What is known of the queries of a view's rows before they are answered.
#pragma once

#include <offload/abi.h>

namespace offload {

class ViewFeatures {
 public:
  virtual ~ViewFeatures() = default;
  // [n][features] of a view that it is asked about; nullptr for a view that it does not know, and without
  // features.
  virtual const float* features(const offload_view& view) const = 0;
};

}  // namespace offload

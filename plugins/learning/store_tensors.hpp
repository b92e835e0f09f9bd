// The tensors behind a Store. Apart from store.hpp because it costs LibTorch's headers.
#pragma once

// clang parses LibTorch 1.13 in C++20 only with this first.
#include <ATen/core/ivalue.h>

#include <ATen/core/Tensor.h>
#include <ATen/ops/zeros.h>

#include "learning/store.hpp"

namespace offload::learning {

struct Store::Tensors {
  at::Tensor values;
  at::Tensor gradient;
  at::Tensor mean;
  at::Tensor square;
};

}  // namespace offload::learning

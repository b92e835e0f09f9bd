// The fused kernels as kernels.h defines their bits, in plain loops over single numbers: what every set of
// kernels has to give to the bit.
#pragma once

#include "learning/kernels/kernels.h"

namespace offload::learning {

extern const offload_kernels kReferenceKernels;

// The functions of kernels/functions.h.
float reference_exponential(float y);
float reference_tangent(float x);
float reference_logarithm(float x);

}  // namespace offload::learning

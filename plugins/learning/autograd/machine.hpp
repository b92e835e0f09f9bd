// What of LibTorch decides the bits and the speed of autograd: its threads, its BLAS, its own kernels.
#pragma once

#include <offload/agent.hpp>

#include <string>
#include <vector>

namespace offload::learning {

// One thread for LibTorch and its BLAS in this process: trials run in parallel, threads within one would only
// compete, and sums would depend on their number.
void use_one_thread();

// What bits depend on beside the parameters: LibTorch and its capability, the BLAS that its matrix products
// come from, and `kernels`, the ones at work.
std::vector<Fact> autograd_facts(const std::string& kernels);

bool blas_is_openblas();

}  // namespace offload::learning

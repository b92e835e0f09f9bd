// What of the machine decides the bits and the speed of learning: LibTorch's threads, its BLAS, the kernels.
#pragma once

#include <offload/agent.hpp>

#include <string>
#include <vector>

namespace offload::learning {

// One thread for LibTorch and its BLAS in this process: trials run in parallel, threads within one would only
// compete, and sums would depend on their number. Called by every learning agent's constructor.
void use_one_thread();

// What bits depend on beside the parameters: LibTorch and its capability, the BLAS that its matrix products
// come from, and `kernels`, the ones at work.
std::vector<Fact> machine_facts(const std::string& kernels);

bool blas_is_openblas();

}  // namespace offload::learning

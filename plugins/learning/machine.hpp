// What of the machine decides the bits and the speed of learning: LibTorch's threads, its BLAS, the kernels.
#pragma once

#include <string>

namespace offload::learning {

// One thread for LibTorch and its BLAS in this process: trials run in parallel, threads within one would only
// compete, and sums would depend on their number. Called by every learning agent's constructor.
void use_one_thread();

// Such as "libtorch 1.13.1 AVX512; OpenBLAS 0.3.21 ... SkylakeX; kernels avx512". When LibTorch's matrix
// product does not come from OpenBLAS the line names the library that it comes from.
std::string machine_facts();

bool blas_is_openblas();

}  // namespace offload::learning

// The same line for a host that has loaded a learning plugin; static memory.
extern "C" const char* offload_learning_facts();

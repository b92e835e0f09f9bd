// What one core does at most: the yardstick for the share of it that a decision uses.
#pragma once

namespace offload::micro {

// FLOP per second of CPU time of multiply-adds in registers of this many bits (128: apart, as the kernels
// without FMA do them; 256 and 512: fused). Measured at the first call, in a few milliseconds.
double fma_peak(int bits);

// CPU seconds of this process.
double cpu_seconds();

}  // namespace offload::micro

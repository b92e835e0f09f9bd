// The boundary between a learning plugin and the library that holds LibTorch, liboffload-autograd.so: loading
// LibTorch costs a process more than a whole training does, so only `compute = "autograd"` pays for it. The
// library lies in the folder above the plugin's, or where the environment variable OFFLOAD_AUTOGRAD says. C++
// crosses here, so both sides carry OFFLOAD_AUTOGRAD_STAMP, a hash of the sources that define it and of how
// they are compiled; as part of the plugin's file it is also part of every trial's key.
#pragma once

#include "learning/compute.hpp"

namespace offload::learning {

using AutogradFactory = Compute* (*)();  // the caller owns what it returns

}  // namespace offload::learning

// Null where the stamp is another one.
extern "C" offload::learning::AutogradFactory offload_autograd_factory(const char* stamp);

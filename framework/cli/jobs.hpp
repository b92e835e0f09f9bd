// How many jobs run at once where the user does not say.
#pragma once

#include <algorithm>
#include <thread>

namespace offload::cli {

inline int default_jobs() { return static_cast<int>(std::max(1U, std::thread::hardware_concurrency())); }

}  // namespace offload::cli

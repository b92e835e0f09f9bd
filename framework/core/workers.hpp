// Threads for work that splits into numbered items whose results do not depend on who does them.
#pragma once

#include <cstddef>
#include <functional>

namespace offload {

// Calls work(item, worker) for every item in 0 .. items - 1 from `workers` threads (the calling one among
// them), item by item in ascending order; worker is in 0 .. workers - 1. Rethrows the exception of the lowest
// failing item; items not yet begun are then left out.
void parallel_for(std::size_t items, std::size_t workers,
                  const std::function<void(std::size_t item, std::size_t worker)>& work);

}  // namespace offload

#include "core/workers.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace offload {

void parallel_for(std::size_t items, std::size_t workers,
                  const std::function<void(std::size_t item, std::size_t worker)>& work) {
  std::atomic<std::size_t> next{0};
  std::mutex mutex;
  std::exception_ptr error;
  std::size_t failed = items;
  const auto run = [&](std::size_t worker) {
    for (std::size_t item = next++; item < items; item = next++) {
      try {
        work(item, worker);
      } catch (...) {
        const std::lock_guard lock(mutex);
        if (item < failed) {
          failed = item;
          error = std::current_exception();
        }
        next = items;
      }
    }
  };
  std::vector<std::jthread> threads;
  for (std::size_t worker = 1; worker < std::min(workers, items); ++worker) threads.emplace_back(run, worker);
  run(0);
  threads.clear();
  if (error) std::rethrow_exception(error);
}

}  // namespace offload

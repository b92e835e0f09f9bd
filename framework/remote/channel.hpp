// The memory that a host and an agent's process share (layout.hpp), and how one waits for the other.
#pragma once

#include <chrono>
#include <cstdint>

#include "remote/layout.hpp"

namespace offload {

// Both ends map it; who maps it does not own the other end's use of it.
class Channel {
 public:
  // The host's end: a memfd of its own, whose size nobody can change. Throws Error(io).
  explicit Channel(const TransportHeader& header);
  // The child's end: maps what is open as `descriptor`. Throws Error(io) for what is no transport of this
  // version.
  static Channel attached(int descriptor);
  ~Channel();
  Channel(Channel&& other) noexcept;
  Channel& operator=(Channel&& other) noexcept;

  int descriptor() const { return descriptor_; }
  TransportHeader& header() const { return *header_; }
  // As it was at the beginning: the other end cannot change it any more.
  const TransportHeader& layout() const { return layout_; }
  template <typename Value>
  Value* at(std::uint64_t offset) const {
    return reinterpret_cast<Value*>(reinterpret_cast<char*>(header_) + offset);
  }

 private:
  Channel(int descriptor, TransportHeader* header);

  int descriptor_;
  TransportHeader* header_;
  TransportHeader layout_;
};

// Puts `value` into a futex word and wakes who sleeps for it, by `waited` (layout.hpp).
void ring(std::uint32_t& word, std::uint32_t value, const std::uint32_t& waited);

// How one end waits for the other: it looks at the word for some microseconds, which is less work than to
// sleep and be woken, and sleeps when that was not long enough; then it does not look again for a while,
// since the other end may have no processor of its own. Where both share one on purpose, who waits gives it
// away instead of looking.
class Patience {
 public:
  // What is in the word once it is another value than `old`, or, where it stays so long, `old`. A signal or a
  // spurious wake-up ends no wait.
  std::uint32_t wait_while(std::uint32_t& word, std::uint32_t old, std::uint32_t& waited,
                           std::chrono::milliseconds longest, bool one_processor);

 private:
  bool looks(std::uint32_t& word, std::uint32_t old, bool one_processor);

  int in_vain_ = 0;  // times in a row that looking was
  int sleeps_ = 0;   // waits to come that do not look
};

}  // namespace offload

// Two processes that take turns, kept on one processor. Handing over is then a switch of tasks, about a
// microsecond, where two processors would either both be busy while one of them waits, or one would have to
// be woken at every turn, which costs several times as much.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>

namespace offload {

class OneProcessor {
 public:
  // The calling thread, which makes all further calls, and the process `other`, a child of this one. Where
  // either may not be moved, or the other has threads, they stay where they are.
  explicit OneProcessor(pid_t other);
  ~OneProcessor();  // the calling thread may run again wherever it might
  OneProcessor(const OneProcessor&) = delete;
  OneProcessor& operator=(const OneProcessor&) = delete;

  // To be called before every turn of the other's; whether the two share a processor in it. Looks now and
  // then whether others take much of the processor, and then tries the next one; and ends the sharing where
  // the other has come to have threads.
  bool turn();

  // A child that was begun while the calling thread is kept somewhere may run wherever that might before, so
  // that it sees the machine as every other does.
  static void let_go(pid_t child);

 private:
  using Clock = std::chrono::steady_clock;
  struct Spent {
    Clock::time_point at;
    std::chrono::nanoseconds processor{0};  // that both took so far
  };

  Spent spent() const;
  void follow(int processor);
  void look();
  void consider(double share);
  void leave();

  pid_t other_;
  bool sharing_ = false;
  int processor_ = -1;      // of the other
  int turns_ = 0;           // until the next look at the clock
  Spent since_;             // of the period at hand
  int crowded_ = 0;         // periods in a row
  int came_from_ = -1;      // where the last move was from, while it is on trial
  double share_there_ = 0;  // of that processor, that the two had
  int patience_ = 2;        // crowded periods that lead to a move
};

}  // namespace offload

// Copies of this process that run one thing and are gone with all that they remember: what foreign code keeps
// in its memory while it runs there reaches nothing that comes later. A copy answers with bytes, through
// memory that both share, so that no open descriptor is needed. For contained processes (warden.hpp), which
// end copies with them; the time and memory of copies count as theirs.
#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace offload {

// Whether this process has one thread, which fork asks for; false where the system does not say.
bool single_threaded();
// Whether a child that this process started by fork lives or waits to be asked for its end; spares do not
// count.
bool has_children();
// Asks libraries that keep threads ready (BLAS, OpenMP) for none, where the user asked for no number. Before
// they are loaded.
void ask_for_one_thread();

// Ends this process in the way that wait says another one ended: by the signal, or with the exit status.
[[noreturn]] void end_like(int status);

// Runs `body` in a copy made now, by fork. What it throws is thrown here: an Error as one, std::bad_alloc as
// one, with what memory_limit.hpp knows of it; anything else as std::runtime_error. Where the copy ends in
// another way, by a signal or an exit, this process ends in the same way. Throws Error(plugin) for answers
// beyond 1 GiB, Error(io) where the system has no room for a copy. The caller must be single-threaded.
std::string run_in_copy(const std::function<std::string()>& body);

// A copy made early, before foreign code was loaded, from which clean copies can be had later, even where
// this process has come to have threads. Ends with this object.
class SpareProcess {
 public:
  using Body = std::function<std::string(std::string_view request)>;

  // The caller must be single-threaded. A spare that cannot be made is gone from the beginning. Asks for one
  // thread, here and in the spare.
  explicit SpareProcess(const Body& body);
  ~SpareProcess();
  SpareProcess(const SpareProcess&) = delete;
  SpareProcess& operator=(const SpareProcess&) = delete;

  // Runs the body in a copy of the spare made now; otherwise as run_in_copy. Empty where the spare is gone or
  // the request longer than 1 GiB.
  std::optional<std::string> run(std::string_view request);
  // The spare is gone; the time that its copies took counts as that of a child.
  void end();

 private:
  struct Line;
  bool gone();

  std::unique_ptr<Line> line_;
  pid_t pid_ = -1;
};

}  // namespace offload

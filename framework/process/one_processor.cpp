#include "process/one_processor.hpp"

#include <dirent.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>

namespace offload {
namespace {

constexpr int kTurnsAtOnce = 64;
// Of its own length in each process, so that two pairs do not move to and fro together.
std::chrono::milliseconds period() { return std::chrono::milliseconds(20 + getpid() % 16); }
constexpr double kCrowded = 0.75;
constexpr int kPatienceMost = 64;

// Where the calling thread is kept, by all that take turns with it.
struct Place {
  cpu_set_t allowed{};  // before
  int processor = -1;
  int users = 0;
};

Place& place() {
  thread_local Place here;
  return here;
}

bool keep_on(pid_t thread, int processor) {
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(processor, &one);
  return sched_setaffinity(thread, sizeof one, &one) == 0;
}

// The one after `processor`, in turn.
int next_of(const cpu_set_t& allowed, int processor) {
  int next = processor;
  do {
    next = (next + 1) % CPU_SETSIZE;
  } while (!CPU_ISSET(next, &allowed) && next != processor);
  return next;
}

bool has_threads(pid_t process) {
  struct stat tasks {};
  constexpr nlink_t kFolders = 2;  // "." and "..", to which the kernel adds one a thread
  return stat(fmt::format("/proc/{}/task", process).c_str(), &tasks) != 0 || tasks.st_nlink > kFolders + 1;
}

std::chrono::nanoseconds taken(clockid_t clock) {
  timespec time{};
  if (clock_gettime(clock, &time) != 0) return {};
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

// Which threads inherited as well.
void release(pid_t process, const cpu_set_t& allowed) {
  sched_setaffinity(process, sizeof allowed, &allowed);
  DIR* const tasks = opendir(fmt::format("/proc/{}/task", process).c_str());
  if (tasks == nullptr) return;
  while (const dirent* task = readdir(tasks)) {
    const pid_t thread = std::atoi(task->d_name);
    if (thread > 0) sched_setaffinity(thread, sizeof allowed, &allowed);
  }
  closedir(tasks);
}

}  // namespace

OneProcessor::OneProcessor(pid_t other) : other_(other) {
  Place& here = place();
  if (here.users++ == 0 && sched_getaffinity(0, sizeof here.allowed, &here.allowed) != 0)
    CPU_ZERO(&here.allowed);
  const int now = here.processor >= 0 ? here.processor : sched_getcpu();
  if (now < 0 || now >= CPU_SETSIZE || !CPU_ISSET(now, &here.allowed) || has_threads(other)) return;
  sharing_ = keep_on(0, now);
  if (!sharing_) return;
  here.processor = now;
  follow(now);
  since_ = spent();
}

OneProcessor::~OneProcessor() {
  Place& here = place();
  if (--here.users > 0) return;
  if (here.processor >= 0) sched_setaffinity(0, sizeof here.allowed, &here.allowed);
  here.processor = -1;
}

void OneProcessor::let_go(pid_t child) {
  if (place().processor >= 0) release(child, place().allowed);
}

bool OneProcessor::turn() {
  if (!sharing_) return false;
  if (const int here = place().processor; here != processor_) follow(here);
  if (sharing_ && ++turns_ >= kTurnsAtOnce) {
    turns_ = 0;
    if (const auto now = Clock::now(); now - since_.at >= period()) look();
  }
  return sharing_;
}

void OneProcessor::follow(int processor) {
  processor_ = processor;
  sharing_ = processor >= 0 && keep_on(other_, processor);
  if (!sharing_) leave();
}

OneProcessor::Spent OneProcessor::spent() const {
  Spent spent{Clock::now(), taken(CLOCK_THREAD_CPUTIME_ID)};
  if (clockid_t clock{}; clock_getcpuclockid(other_, &clock) == 0) spent.processor += taken(clock);
  return spent;
}

void OneProcessor::look() {
  if (has_threads(other_)) return leave();
  const Spent now = spent();
  const std::chrono::duration<double> took = now.processor - since_.processor, passed = now.at - since_.at;
  since_ = now;
  if (CPU_COUNT(&place().allowed) > 1) consider(took / passed);
}

// A move is on trial for as many periods as led to it: where it made things worse it is taken back, and the
// next one takes longer to come.
void OneProcessor::consider(double share) {
  crowded_ = share < kCrowded ? crowded_ + 1 : 0;
  if (crowded_ == 0) patience_ = 2;
  if (crowded_ < patience_) return;
  crowded_ = 0;
  Place& here = place();
  int to = next_of(here.allowed, here.processor);
  const bool back = came_from_ >= 0 && share < share_there_ && CPU_ISSET(came_from_, &here.allowed);
  if (back) to = came_from_;
  patience_ = std::min(2 * patience_, kPatienceMost);
  came_from_ = back ? -1 : here.processor;
  share_there_ = share;
  if (!keep_on(0, to)) return;
  here.processor = to;
  follow(to);
}

void OneProcessor::leave() {
  sharing_ = false;
  Place& here = place();
  release(other_, here.allowed);
  sched_setaffinity(0, sizeof here.allowed, &here.allowed);
  here.processor = -1;
}

}  // namespace offload

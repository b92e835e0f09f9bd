#include "cli/progress.hpp"

#include <fmt/core.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "cli/terminal.hpp"
#include "core/counted.hpp"
#include "core/error.hpp"
#include "report/text/text.hpp"

namespace offload::cli {
namespace {

using Clock = std::chrono::steady_clock;
constexpr int kBarWidth = 24;

std::string bar(double done) {
  const int full = static_cast<int>(std::lround(done * kBarWidth));
  std::string out = "[";
  for (int i = 0; i < kBarWidth; ++i) out += i < full ? '#' : '.';
  return out + "]";
}

std::string duration(double seconds) {
  const auto whole = static_cast<long>(std::ceil(seconds));
  if (whole < 100) return fmt::format("{} s", whole);
  if (whole < 6000) return fmt::format("{}:{:02} min", whole / 60, whole % 60);
  return fmt::format("{}:{:02} h", whole / 3600, whole / 60 % 60);
}

// What an earlier run did is among the jobs that are done, and not in what their time is foretold from.
std::string before(const CampaignProgress& progress) {
  return progress.kept > 0 ? fmt::format(", {} of them before", progress.kept) : "";
}

std::size_t terminal_width() {
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20) return size.ws_col;
  return 80;
}

}  // namespace

ProgressLine::ProgressLine() : start_(Clock::now()), last_(start_) {
  const char* term = std::getenv("TERM");
  terminal_ = isatty(STDERR_FILENO) != 0 && term != nullptr && std::string_view(term) != "dumb";
}

ProgressLine::~ProgressLine() { clear(); }

void ProgressLine::clear() {
  if (drawn_) tell_as_is("\r\x1b[2K");
  drawn_ = false;
}

void ProgressLine::progress(const CampaignProgress& progress) { terminal_ ? draw(progress) : log(progress); }

void ProgressLine::log(const CampaignProgress& progress) {
  const std::size_t done = progress.finished + progress.failed, to_do = progress.total - progress.kept;
  if (to_do == 0 || 10 * done / to_do <= tenths_) return;
  tenths_ = 10 * done / to_do;
  const double elapsed_s = std::chrono::duration<double>(Clock::now() - start_).count();
  std::string line = fmt::format("{} of {} done", done + progress.kept, counted(progress.total, "job"));
  line += before(progress);
  if (progress.failed > 0) line += fmt::format(", {} failed", progress.failed);
  line += fmt::format(", {} passed", duration(elapsed_s));
  if (done < to_do) {
    line += fmt::format(", about {} left",
                        duration(elapsed_s * static_cast<double>(to_do - done) / static_cast<double>(done)));
  }
  tell("{}\n", line);
}

void ProgressLine::draw(const CampaignProgress& progress) {
  const auto now = Clock::now();
  if (drawn_ && now - last_ < std::chrono::milliseconds(100)) return;
  last_ = now;
  const double elapsed_s = std::chrono::duration<double>(now - start_).count();
  double done = static_cast<double>(progress.finished + progress.failed);
  const double to_do = static_cast<double>(progress.total - progress.kept);
  for (const auto& running : progress.running) done += std::clamp(running.done, 0.0, 1.0);
  const double share = to_do > 0 ? done / to_do : 1;
  std::string line = fmt::format("{} {}/{}", bar(share), progress.finished + progress.failed + progress.kept,
                                 counted(progress.total, "job"));
  line += before(progress);
  if (progress.failed > 0) line += fmt::format(", {} failed", progress.failed);
  if (done > 0 && share < 1) {
    line += fmt::format(", {:.3g}/s, {} left", done / elapsed_s, duration(elapsed_s * (1 - share) / share));
  }
  for (const auto& running : progress.running) {
    line += fmt::format("  {} {} {:.0f}%", printable(running.row, 30), running.split, running.done * 100);
  }
  tell_as_is("\r\x1b[2K" + text::shown(line, static_cast<int>(terminal_width()) - 1));
  drawn_ = true;
}

void ProgressLine::failed(const TrialResult& result) {
  clear();
  tell("failed: {} on {}: {}\n", printable(result.row, 60), printable(result.split, 60),
       printable(result.failure.reason, 500));
}

void ProgressLine::stopping(const CampaignProgress& progress) {
  clear();
  std::vector<std::string> jobs;
  for (const auto& running : progress.running) {
    jobs.push_back(fmt::format("{} on {} ({:.0f} % done)", printable(running.row, 60),
                               printable(running.split, 60), running.done * 100));
  }
  tell_stopping(jobs);
}

void tell_stopping(const std::vector<std::string>& jobs) {
  constexpr std::size_t kNamed = 8;
  const std::size_t named = std::min(jobs.size(), kNamed);
  tell("stopping after {}{}; a second signal ends at once\n",
       jobs.empty() ? "nothing"
                    : fmt::format("{}", fmt::join(jobs.begin(),
                                                  jobs.begin() + static_cast<std::ptrdiff_t>(named), ", ")),
       jobs.size() > named ? fmt::format(" and {} more", jobs.size() - named) : "");
}

}  // namespace offload::cli

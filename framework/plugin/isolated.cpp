#include "plugin/isolated.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <optional>
#include <vector>

#include "core/error.hpp"
#include "process/contained_process.hpp"
#include "process/warden.hpp"

namespace offload {
namespace {

// First byte of a result: what the rest is.
constexpr char kValue = 'v';
constexpr char kError = 'e';  // followed by the kind's digit

void write_all(int fd, const std::string& bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t count = ::write(fd, bytes.data() + done, bytes.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return;
    done += static_cast<std::size_t>(count);
  }
}

std::string error_frame(ErrorKind kind, const char* text) {
  return std::string{kError, static_cast<char>('0' + static_cast<int>(kind))} + text;
}

int answer(const std::function<std::string()>& body, int result) {
  std::string frame;
  try {
    frame = kValue + body();
  } catch (const Error& error) {
    frame = error_frame(error.kind(), error.what());
  } catch (const std::exception& error) {
    frame = error_frame(ErrorKind::plugin, error.what());
  } catch (...) {
    frame = error_frame(ErrorKind::plugin, "unknown exception");
  }
  end_copy();
  write_all(result, frame);
  return 0;
}

struct Collected {
  std::string result, output;
  ProcessEnd end;
  bool timed_out = false, too_long = false;
};

Collected collect(ContainedProcess& process, const IsolationLimits& limits) {
  using Clock = std::chrono::steady_clock;
  const auto deadline = Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                           std::chrono::duration<double>(limits.timeout_s));
  Collected all;
  std::optional<ProcessEnd> end;
  while (!end) {
    std::vector<pollfd> waits;
    process.add_to(waits);
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left > 0)
      ::poll(waits.data(), waits.size(), static_cast<int>(std::min<std::int64_t>(left, 1 << 20)) + 1);
    process.read();
    all.timed_out = left <= 0;
    all.too_long = process.messages().size() > limits.result_bytes;
    if (all.timed_out || all.too_long) process.kill();
    end = process.ended();
  }
  all.end = *end;
  all.result = std::move(process.messages());
  all.output = process.output();
  return all;
}

std::string what_happened(const Collected& all, const IsolationLimits& limits) {
  std::string text;
  if (all.timed_out) {
    text = fmt::format("did not finish within {} s and was killed", limits.timeout_s);
  } else if (all.too_long) {
    text = fmt::format("returned more than {} bytes", limits.result_bytes);
  } else if (all.end.signal) {
    const char* name = ::sigabbrev_np(*all.end.signal);
    text = fmt::format("died of signal {} (SIG{})", *all.end.signal, name != nullptr ? name : "?");
  } else {
    text = fmt::format("ended the process with exit status {}", all.end.exit_code.value_or(-1));
  }
  if (!all.output.empty()) text += "; its last output: " + printable(all.output, limits.output_bytes);
  return text;
}

}  // namespace

std::string run_isolated(const std::string& subject, const std::function<std::string()>& body,
                         const IsolationLimits& limits) {
  ContainedProcess process([&body](int result) { return answer(body, result); }, limits.output_bytes);
  const Collected all = collect(process, limits);
  const std::string& frame = all.result;
  const bool finished = !all.timed_out && !all.too_long && all.end.exit_code == 0;
  if (finished && !frame.empty() && frame[0] == kValue) return frame.substr(1);
  if (finished && frame.size() >= 2 && frame[0] == kError) {
    throw Error(static_cast<ErrorKind>(frame[1] - '0'), frame.substr(2));
  }
  fail(ErrorKind::plugin, "{}: {}", subject, what_happened(all, limits));
}

}  // namespace offload

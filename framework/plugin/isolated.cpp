#include "plugin/isolated.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <new>

#include "core/counted.hpp"
#include "process/memory_limit.hpp"
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

std::string error_frame(ErrorKind kind, const std::string& text) {
  return std::string{kError, static_cast<char>('0' + static_cast<int>(kind))} + text;
}

int answer(const std::string& subject, const std::function<std::string()>& body,
           const IsolationLimits& limits, int result) {
  if (limits.memory_mb > 0) limit_memory(limits.memory_mb);
  const auto of_memory = [&](const std::string& what) {
    return error_frame(ErrorKind::plugin, fmt::format("{}: {}", what, out_of_memory(limits.memory_fix)));
  };
  std::string frame;
  try {
    frame = kValue + body();
  } catch (const std::bad_alloc&) {
    frame = of_memory(subject);
  } catch (const Error& error) {
    frame = memory_was_refused() ? of_memory(error.what()) : error_frame(error.kind(), error.what());
  } catch (const std::exception& error) {
    frame = memory_was_refused() ? of_memory(error.what()) : error_frame(ErrorKind::plugin, error.what());
  } catch (...) {
    frame = error_frame(ErrorKind::plugin, "unknown exception");
  }
  end_copy();
  write_all(result, frame);
  return 0;
}

}  // namespace

IsolatedCall::IsolatedCall(std::string subject, const std::function<std::string()>& body,
                           const IsolationLimits& limits)
    : subject_(std::move(subject)),
      limits_(limits),
      process_([&](int result) { return answer(subject_, body, limits_, result); }, limits.output_bytes) {}

double IsolatedCall::left_s() const {
  return limits_.timeout_s - std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
}

double IsolatedCall::add_to(std::vector<pollfd>& waits) const {
  process_.add_to(waits);
  return std::max(left_s(), 0.0);
}

bool IsolatedCall::finished() {
  process_.read();
  timed_out_ = left_s() <= 0;
  too_long_ = process_.messages().size() > limits_.result_bytes;
  if (timed_out_ || too_long_) process_.kill();
  end_ = process_.ended();
  if (!end_) return false;
  frame_ = std::move(process_.messages());
  return true;
}

std::string IsolatedCall::what_happened() const {
  std::string text;
  if (timed_out_) {
    text = fmt::format("did not finish within {} s and was killed", limits_.timeout_s);
  } else if (too_long_) {
    text = fmt::format("returned more than {}", counted(limits_.result_bytes, "byte"));
  } else if (end_->signal) {
    const char* name = ::sigabbrev_np(*end_->signal);
    text = fmt::format("died of signal {} (SIG{})", *end_->signal, name != nullptr ? name : "?") +
           memory_hint(*end_, limits_.memory_mb, limits_.memory_fix);
  } else {
    text = fmt::format("ended the process with exit status {}", end_->exit_code.value_or(-1));
  }
  if (const std::string output = process_.output(); !output.empty()) {
    text += "; its last output: " + printable(output, limits_.output_bytes);
  }
  return text;
}

std::string IsolatedCall::result() const {
  if (ended_well() && !frame_.empty() && frame_[0] == kValue) return frame_.substr(1);
  if (ended_well() && frame_.size() >= 2 && frame_[0] == kError) {
    throw Error(static_cast<ErrorKind>(frame_[1] - '0'), frame_.substr(2));
  }
  fail(ErrorKind::plugin, "{}: {}", subject_, what_happened());
}

std::string IsolatedCall::sentence_of(const Error& error) const {
  const std::string text = error.what();
  return text.starts_with(subject_) ? text : fmt::format("{}: {}", subject_, text);
}

void wait_for(IsolatedCall& call) {
  while (!call.finished()) {
    std::vector<pollfd> waits;
    const double left_s = call.add_to(waits);
    ::poll(waits.data(), waits.size(), static_cast<int>(std::min(left_s, 1000.0) * 1000) + 1);
  }
}

std::string run_isolated(const std::string& subject, const std::function<std::string()>& body,
                         const IsolationLimits& limits) {
  IsolatedCall call(subject, body, limits);
  wait_for(call);
  if (limits.printed != nullptr) *limits.printed += call.output();
  return call.result();
}

}  // namespace offload

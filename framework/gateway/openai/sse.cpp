#include "gateway/openai/sse.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.hpp"
#include "gateway/openai/json_scan.hpp"

namespace offload::openai {
namespace {

constexpr std::size_t kFirstMost = 16384;  // bytes of the first event that are kept

std::size_t bounded(std::int64_t choices) {
  return static_cast<std::size_t>(std::clamp<std::int64_t>(choices, 0, kChoicesMost));
}

// The only data line, where there is but one; its bytes are the event's.
std::optional<std::string_view> single_line(std::string_view event) {
  if (!event.starts_with("data:")) return std::nullopt;
  const std::size_t end = event.find('\n');
  std::string_view rest = event.substr(std::min(end, event.size() - 1) + 1);
  if (rest != "\n" && rest != "\r\n") return std::nullopt;
  std::string_view line = event.substr(5, end - 5);
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (line.starts_with(' ')) line.remove_prefix(1);
  return line;
}

}  // namespace

std::string event_data(std::string_view event) {
  std::string data;
  bool any = false;
  while (!event.empty()) {
    const std::size_t end = std::min(event.find('\n'), event.size() - 1);
    std::string_view line = event.substr(0, end + 1);
    event.remove_prefix(end + 1);
    while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
    if (!line.starts_with("data:") && line != "data") continue;
    line.remove_prefix(std::min<std::size_t>(line.size(), 5));
    if (line.starts_with(' ')) line.remove_prefix(1);
    if (any) data += '\n';
    data += line;
    any = true;
  }
  return data;
}

void StreamRelay::feed(std::string_view bytes, std::string& out) {
  splitter_.feed(bytes, [&](std::string_view event, bool whole) {
    if (done_) {
      end_ += event;
    } else if (whole) {
      take(event, out);
    } else {
      out += event;
    }
  });
}

void StreamRelay::take(std::string_view event, std::string& out) {
  const auto line = single_line(event);
  const std::string joined = line ? std::string() : event_data(event);
  const std::string_view data = line ? *line : std::string_view(joined);
  if (data == "[DONE]") {
    done_ = true;
    end_ = event;
    return;
  }
  if (data.empty()) {
    out += event;
    return;
  }
  const AnswerFacts facts = facts_of(data);
  ended_ |= facts.ended;
  error_ = error_ || facts.error;
  if (facts.has_choices && chunks_++ == 0 && data.size() <= kFirstMost) first_ = data;
  if (facts.has_choices && text_.size() < text_most_) {
    if (const auto more = delta_text(data)) text_ += more->substr(0, text_most_ - text_.size());
  }
  if (facts.usage) usage_ = facts.usage;
  if (facts.usage && facts.empty_choices) {
    usage_event_ = event;
  } else if (facts.error && (facts.bare_error || !line) && data.find('\n') == std::string_view::npos) {
    // Clients know an error by this member alone, and one with an event's name they take for a good end.
    out += facts.bare_error ? fmt::format("data: {{\"error\":{}}}\n\n", data)
                            : fmt::format("data: {}\n\n", data);
  } else {
    out += event;
  }
}

bool StreamRelay::all_ended(std::int64_t choices) const {
  const Choices asked = Choices().set() >> (kChoicesMost - bounded(choices));
  return (ended_ & asked) == asked;
}

std::string StreamRelay::own_event(std::string_view members) const {
  std::string facts = R"("object":"chat.completion.chunk")";
  try {
    JsonScan scan(first_);
    scan.object([&](std::string_view key) {
      const std::string_view value = scan.value().in(first_);
      const bool kept = key == "id" || key == "created" || key == "model";
      if (kept && value.find('\n') == std::string_view::npos) facts += fmt::format(R"(,"{}":{})", key, value);
    });
  } catch (const Error&) {  // there was none
  }
  return fmt::format("data: {{{},{}}}\n\n", facts, members);
}

std::string StreamRelay::length_event(std::int64_t choices) const {
  std::string list;
  for (std::size_t i = 0; i < bounded(choices); ++i)
    list += fmt::format(R"({}{{"index":{},"delta":{{}},"finish_reason":"length"}})", i == 0 ? "" : ",", i);
  return own_event(fmt::format(R"("choices":[{}])", list));
}

}  // namespace offload::openai

#include "gateway/openai/usage.hpp"

#include <algorithm>
#include <utility>

#include "core/error.hpp"
#include "gateway/openai/json_scan.hpp"

namespace offload::openai {
namespace {

constexpr std::int64_t kUsageMost = 1'000'000'000;

class FactsReader {
 public:
  explicit FactsReader(std::string_view json) : json_(json), scan_(json) {}

  AnswerFacts read() {
    scan_.object([this](std::string_view key) {
      if (key == "usage" && scan_.peek() == '{') {
        usage();
      } else if (key == "choices" && scan_.peek() == '[') {
        choices();
      } else if (key == "error") {
        facts_.error = facts_.error || scan_.value().in(json_) != "null";
      } else if (key == "object") {
        facts_.bare_error = scan_.value().in(json_) == "\"error\"";
        facts_.error = facts_.error || facts_.bare_error;
      } else {
        scan_.value();
      }
    });
    scan_.finish();
    return facts_;
  }

 private:
  // -1 for what is no number of tokens.
  std::int64_t count() {
    const std::int64_t tokens = whole_number(scan_.value().in(json_)).value_or(-1);
    return tokens > kUsageMost ? -1 : tokens;
  }

  void usage() {
    std::int64_t prompt = -1, completion = -1, cached = 0, total = 0;
    scan_.object([&](std::string_view key) {
      if (key == "prompt_tokens") {
        prompt = count();
      } else if (key == "completion_tokens") {
        completion = count();
      } else if (key == "total_tokens") {
        total = count();
      } else if (key == "prompt_tokens_details" && scan_.peek() == '{') {
        scan_.object([&](std::string_view detail) {
          if (detail == "cached_tokens" && scan_.peek() != 'n') {
            cached = count();
          } else {
            scan_.value();
          }
        });
      } else {
        scan_.value();
      }
    });
    facts_.usage.reset();
    const bool whole = prompt >= 0 && completion >= 0 && cached >= 0 && cached <= prompt;
    // Some servers count what a model thought in the total alone (xAI's and Gemini's): it is paid as answer.
    if (whole) facts_.usage = Usage{prompt, cached, std::max(completion, total - prompt)};
  }

  void choices() {
    facts_.empty_choices = true;
    scan_.array([this] {
      facts_.empty_choices = false;
      facts_.has_choices = true;
      if (scan_.peek() != '{') {
        scan_.value();
        return;
      }
      choice();
    });
  }

  void choice() {
    std::size_t index = 0;
    bool ended = false;
    scan_.object([&](std::string_view key) {
      const std::string_view value = scan_.value().in(json_);
      if (key == "index") index = static_cast<std::size_t>(whole_number(value).value_or(0));
      if (key == "finish_reason") ended = value != "null" && value != "\"\"";
    });
    if (ended && index < kChoicesMost) facts_.ended.set(index);
  }

  std::string_view json_;
  JsonScan scan_;
  AnswerFacts facts_;
};

}  // namespace

std::optional<Usage> known_usage(const std::optional<Usage>& usage) {
  return usage && usage->prompt > 0 ? usage : std::nullopt;
}

AnswerFacts facts_of(std::string_view json) {
  try {
    return FactsReader(json).read();
  } catch (const Error&) {
    return {};
  }
}

namespace {

std::optional<std::string> first_text(std::string_view json, std::string_view within) {
  std::optional<std::string> text;
  bool first = true;
  JsonScan scan(json);
  const auto member = [&scan](std::string_view wanted, char kind, const auto& take) {
    scan.object([&](std::string_view key) {
      if (key == wanted && scan.peek() == kind) return take();
      scan.value();
    });
  };
  try {
    member("choices", '[', [&] {
      scan.array([&] {
        if (!std::exchange(first, false) || scan.peek() != '{') {
          scan.value();
          return;
        }
        member(within, '{', [&] { member("content", '"', [&] { text = unquoted(scan.value().in(json)); }); });
      });
    });
    scan.finish();
  } catch (const Error&) {
    return std::nullopt;
  }
  return text;
}

}  // namespace

std::optional<std::string> answer_text(std::string_view json) { return first_text(json, "message"); }
std::optional<std::string> delta_text(std::string_view json) { return first_text(json, "delta"); }

}  // namespace offload::openai

// What an answer says it took, and what else the gateway wants to know of an answer or of an event of one.
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace offload::openai {

// Tokens. Cached ones are among those of the prompt, and what a model thought among those of the completion.
struct Usage {
  std::int64_t prompt = 0, cached = 0, completion = 0;

  bool operator==(const Usage&) const = default;
};

// Choices of an answer, by index; those beyond are not looked at.
inline constexpr std::size_t kChoicesMost = 128;
using Choices = std::bitset<kChoicesMost>;

// An answer, or an event of a stream.
struct AnswerFacts {
  std::optional<Usage> usage;  // negative, fractional or missing numbers: none
  bool has_choices = false;    // "choices" that are not empty
  bool empty_choices = false;  // "choices": []
  Choices ended;               // those with a finish_reason; one without an index is the first
  bool error = false;          // "error" that is not null, or all of it is one
  bool bare_error = false;     // "object": "error", as some servers say instead
};

// Never throws: what is no JSON object has no facts.
AnswerFacts facts_of(std::string_view json);

// What may be charged by: none where no token of the prompt is counted. Every question has some, so that such
// a usage is of a server that does not know: litellm 1.110.2 makes zeros of none at all.
std::optional<Usage> known_usage(const std::optional<Usage>& usage);

// What the first choice's message says, or, of an event of a stream, what its delta adds; none where there is
// no text. Never throws.
std::optional<std::string> answer_text(std::string_view json);
std::optional<std::string> delta_text(std::string_view json);

}  // namespace offload::openai

// Errors in OpenAI's shape, which all of its clients understand.
#pragma once

#include <string>
#include <string_view>

namespace offload::openai {

// A text as JSON, quotes included; bytes that are not UTF-8 are left as they are.
std::string quoted(std::string_view text);

// {"error":{"message","type","param":null,"code"}}.
std::string error_body(std::string_view message, std::string_view type, std::string_view code);
// The same as an event of a stream that has begun; no [DONE] comes after it.
std::string error_event(std::string_view message, std::string_view type, std::string_view code);

}  // namespace offload::openai

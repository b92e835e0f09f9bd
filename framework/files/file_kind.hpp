// What a file that is not what it should be looks like instead, for messages.
#pragma once

#include <string_view>

namespace offload {

// By the first of its bytes that is no blank: an object or a list.
bool looks_like_json(std::string_view text);
// By its first line: no JSON, and fields apart by commas, semicolons or tabs.
bool looks_like_csv(std::string_view text);

}  // namespace offload

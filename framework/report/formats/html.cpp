#include "report/formats/html.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.hpp"

namespace offload {

extern const char* const kEmbeddedPage;

namespace {

constexpr std::string_view kPlace = "<!--offload-report-json-->";

// A part of a string of JSON without a character that HTML or an old script parser could take for more than
// text: an escape says the same.
void inline_text(std::string_view text, std::string& out) {
  for (std::size_t begin = 0;;) {
    const std::size_t at = std::min(text.find_first_of("<>&\xe2", begin), text.size());
    out += text.substr(begin, at - begin);
    if (at == text.size()) return;
    const std::string_view rest = text.substr(at, 3);
    begin = at + 1;
    if (text[at] != '\xe2') {
      out += fmt::format("\\u{:04x}", static_cast<unsigned char>(text[at]));
    } else if (rest == "\xe2\x80\xa8" || rest == "\xe2\x80\xa9") {
      out += rest.back() == '\xa8' ? "\\u2028" : "\\u2029";
      begin = at + rest.size();
    } else {
      out += text[at];
    }
  }
}

// Behind the string that begins at `at`, or the end of the text.
std::size_t end_of_string(std::string_view json, std::size_t at) {
  for (++at; at < json.size() && json[at] != '"'; ++at) {
    if (json[at] == '\\') ++at;
  }
  return std::min(at + 1, json.size());
}

// At the comma or bracket behind the value of the member whose colon is next.
std::size_t end_of_member(std::string_view json, std::size_t at) {
  for (int depth = 0; at < json.size();) {
    const char c = json[at];
    if (depth == 0 && (c == ',' || c == '}')) return at;
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') --depth;
    at = c == '"' ? end_of_string(json, at) : at + 1;
  }
  return at;
}

// What the page needs of the report: no blanks, and no /evidence, which is for `compare` and --pairs.
void inline_json(std::string_view json, std::string& out) {
  int depth = 0;
  for (std::size_t at = 0; at < json.size();) {
    const char c = json[at];
    if (c == '"') {
      const std::size_t end = end_of_string(json, at);
      const std::string_view text = json.substr(at, end - at);
      if (depth == 1 && text == "\"evidence\"" && (out.back() == '{' || out.back() == ',')) {
        at = end_of_member(json, end);
        if (at < json.size() && json[at] == ',') {
          ++at;
        } else if (out.back() == ',') {
          out.pop_back();
        }
        continue;
      }
      inline_text(text, out);
      at = end;
      continue;
    }
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') --depth;
    if (std::string_view(" \n\r\t").find(c) == std::string_view::npos) out += c;
    ++at;
  }
}

}  // namespace

std::string_view page_template() { return kEmbeddedPage; }

std::string report_html(std::string_view page, std::string_view json) {
  const std::size_t place = page.find(kPlace);
  if (place == std::string_view::npos) {
    fail(ErrorKind::data,
         "reports/page.html: has no place for the report's JSON; make it again with ./dev page");
  }
  // The JSON of a large report is most of the command's memory: no copy beside the one in the page.
  std::string out;
  out.reserve(page.size() + json.size() + json.size() / 64);
  out += page.substr(0, place);
  inline_json(json, out);
  out += page.substr(place + kPlace.size());
  return out;
}

bool holds_report(std::string_view page, std::string_view json) {
  std::string text = ">";
  inline_json(json, text);
  return page.find(text + "</script>") != std::string_view::npos;
}

}  // namespace offload

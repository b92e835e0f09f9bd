#include "report/formats/html.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <istream>

#include "core/error.hpp"

namespace offload {

extern const char* const kEmbeddedPage;

namespace {

constexpr std::string_view kPlace = "<!--offload-report-json-->";

// A string of JSON, or a part of one, without a character that HTML or an old script parser could take for
// more than text: an escape says the same.
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

// What the page needs of the report: no blanks, and no /evidence, which is for `compare` and --pairs. Takes
// the text line by line; a string of JSON has no line break.
class InlineJson {
 public:
  void add(std::string_view line, std::string& out) {
    for (std::size_t at = 0; at < line.size();) {
      const char c = line[at];
      if (c == '"') {
        const std::size_t end = end_of_string(line, at);
        const std::string_view text = line.substr(at, end - at);
        if (depth_ == 1 && at_name_) skipping_ = text == "\"evidence\"";
        if (!skipping_) {
          put_comma(out);
          inline_text(text, out);
        }
        at_name_ = false;
        at = end;
      } else {
        add(c, out);
        ++at;
      }
    }
  }

 private:
  // A comma is put before what follows it, so that none is left where the last member is skipped.
  void put_comma(std::string& out) {
    if (comma_) out += ',';
    comma_ = false;
  }

  void add(char c, std::string& out) {
    if (std::string_view(" \n\r\t").find(c) != std::string_view::npos) return;
    if (c == '}' || c == ']') --depth_;
    if (c == '}' && depth_ == 0) skipping_ = false;
    if (c == '{' || c == '[') ++depth_;
    at_name_ = depth_ == 1 && (c == '{' || c == ',');
    if (depth_ == 1 && c == ',') {
      if (!skipping_) comma_ = true;
      skipping_ = false;
    } else if (!skipping_) {
      if (depth_ > 0) put_comma(out);
      comma_ = false;
      out += c;
    }
  }

  int depth_ = 0;
  bool at_name_ = false, skipping_ = false;  // at a member of the root, in the one that is left out
  bool comma_ = false;
};

void add_lines(std::string_view json, InlineJson& inlined, std::string& out) {
  while (!json.empty()) {
    const std::size_t end = std::min(json.find('\n'), json.size() - 1) + 1;
    inlined.add(json.substr(0, end), out);
    json.remove_prefix(end);
  }
}

std::size_t place_in(std::string_view page) {
  const std::size_t place = page.find(kPlace);
  if (place == std::string_view::npos) {
    fail(ErrorKind::data,
         "reports/page.html: has no place for the report's JSON; make it again with ./dev page");
  }
  return place;
}

}  // namespace

std::string_view page_template() { return kEmbeddedPage; }

void write_report_html(std::string_view page, std::istream& json, const TextSink& sink) {
  const std::size_t place = place_in(page);
  sink(page.substr(0, place));
  InlineJson inlined;
  for (std::string line, out; std::getline(json, line); out.clear()) {
    inlined.add(line, out);
    sink(out);
  }
  sink(page.substr(place + kPlace.size()));
}

std::string report_html(std::string_view page, std::string_view json) {
  const std::size_t place = place_in(page);
  std::string out(page.substr(0, place));
  InlineJson inlined;
  add_lines(json, inlined, out);
  out += page.substr(place + kPlace.size());
  return out;
}

bool holds_report(std::string_view page, std::string_view json) {
  std::string text = ">";
  InlineJson inlined;
  add_lines(json, inlined, text);
  return page.find(text + "</script>") != std::string_view::npos;
}

}  // namespace offload

#include "report/formats/html.hpp"

#include <algorithm>

#include "core/error.hpp"

namespace offload {

extern const char* const kEmbeddedPage;

namespace {

constexpr std::string_view kPlace = "<!--offload-report-json-->";

// The same JSON without a character that HTML or an old script parser could take for more than text: they
// occur within strings alone, where an escape says the same.
void inline_json(std::string_view json, std::string& out) {
  for (std::size_t begin = 0;;) {
    const std::size_t at = std::min(json.find_first_of("<>&\xe2", begin), json.size());
    out += json.substr(begin, at - begin);
    if (at == json.size()) return;
    const std::string_view rest = json.substr(at, 3);
    begin = at + 1;
    if (json[at] == '<') {
      out += "\\u003c";
    } else if (json[at] == '>') {
      out += "\\u003e";
    } else if (json[at] == '&') {
      out += "\\u0026";
    } else if (rest == "\xe2\x80\xa8" || rest == "\xe2\x80\xa9") {
      out += rest.back() == '\xa8' ? "\\u2028" : "\\u2029";
      begin = at + rest.size();
    } else {
      out += json[at];
    }
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

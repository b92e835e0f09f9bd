#include "export/table_writer.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

#include "report/text/text.hpp"

namespace offload {
namespace {

std::string csv_field(const TableValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return text::csv(*text);
  if (const auto* number = std::get_if<double>(&value)) return text::exact(*number);
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return std::to_string(*whole);
  return {};
}

nlohmann::ordered_json json_value(const TableValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* number = std::get_if<double>(&value))
    return std::isfinite(*number) ? nlohmann::ordered_json(*number) : nullptr;
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return *whole;
  return nullptr;
}

// Without meaning to LaTeX.
std::string latex_text(std::string_view text) {
  std::string out;
  for (const char c : text::shown(text)) {
    if (std::string_view("&%$#_{}").find(c) != std::string_view::npos)
      out += std::string("\\") + c;
    else if (c == '\\')
      out += "\\textbackslash{}";
    else if (c == '|')
      out += "\\textbar{}";
    else if (c == '<' || c == '>')
      out += c == '<' ? "\\textless{}" : "\\textgreater{}";
    else if (c == '~' || c == '^')
      out += std::string("\\") + c + "{}";
    else
      out += c;
  }
  return out;
}

std::string latex_field(const TableValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return latex_text(*text);
  if (const auto* number = std::get_if<double>(&value))
    return std::isnan(*number) ? "--" : text::exact(*number);
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return std::to_string(*whole);
  return "--";
}

}  // namespace

TableWriter::TableWriter(TableFormat format, std::vector<std::string> columns, const Sink& sink,
                         const std::string& alignment)
    : format_(format), columns_(std::move(columns)), sink_(sink) {
  if (format_ == TableFormat::jsonl) return;
  std::string head;
  for (const std::string& column : columns_) {
    if (format_ == TableFormat::csv) head += (head.empty() ? "" : ",") + text::csv(column);
    if (format_ == TableFormat::latex) head += (head.empty() ? "" : " & ") + latex_text(column);
  }
  if (format_ == TableFormat::latex) {
    // As it is, a column of text of an article holds it.
    sink_(
        "% needs "
        "\\usepackage{booktabs}\n{\\footnotesize\\setlength{\\tabcolsep}{4pt}%\n\\begin{tabular}{@{}" +
        alignment + "@{}}\n\\toprule\n" + head + " \\\\\n\\midrule\n");
  } else {
    sink_(head + "\n");
  }
}

void TableWriter::line(const std::vector<TableValue>& values) {
  if (format_ == TableFormat::jsonl) {
    nlohmann::ordered_json object = nlohmann::ordered_json::object();
    for (std::size_t i = 0; i < columns_.size(); ++i) object[columns_[i]] = json_value(values[i]);
    return sink_(object.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n");
  }
  std::string text;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (format_ == TableFormat::csv)
      text += (i == 0 ? "" : ",") + csv_field(values[i]);
    else
      text += (i == 0 ? "" : " & ") + latex_field(values[i]);
  }
  sink_(text + (format_ == TableFormat::csv ? "\n" : " \\\\\n"));
}

void TableWriter::end() {
  if (format_ == TableFormat::latex) sink_("\\bottomrule\n\\end{tabular}}\n");
}

}  // namespace offload

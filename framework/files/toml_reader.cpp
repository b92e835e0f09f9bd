#include "files/toml_reader.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>

#include "core/error.hpp"
#include "files/file_kind.hpp"
#include "files/suggestion.hpp"
#include "files/toml_edit.hpp"
#include "files/whole_number.hpp"

namespace offload {
namespace {

const toml::table kEmptyTable;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::string at(const std::string& file, const toml::source_region& region) {
  return region.begin.line == 0 ? file : fmt::format("{}:{}", file, region.begin.line);
}

std::string joined(const std::vector<std::string>& names) {
  return fmt::format("{}", fmt::join(names, ", "));
}

// The text behind the `=` of a line, where it is what somebody meant as one: no value of TOML begins so.
std::string_view unquoted(std::string_view line) {
  const std::size_t sign = line.find('=');
  if (sign == std::string_view::npos) return {};
  const std::size_t begin = line.find_first_not_of(" \t{[", sign + 1);
  if (begin == std::string_view::npos) return {};
  std::string_view word = line.substr(begin, line.find_first_of(",]}#\r", begin) - begin);
  word = word.substr(0, word.find_last_not_of(" \t") + 1);
  const bool letter = !word.empty() && (std::isalpha(static_cast<unsigned char>(word[0])) != 0 ||
                                        std::string_view("/.~").find(word[0]) != std::string_view::npos);
  const bool value = word == "true" || word == "false" || word == "inf" || word == "nan";
  return letter && !value && word.find_first_of("\"'=") == std::string_view::npos ? word : std::string_view();
}

// What the parser does not say: that a form is of TOML 1.1, and it of 1.0, that a number is too large, that a
// text lacks its quotes, or that the file is of another kind.
std::string advice(std::string_view description, std::string_view text, std::size_t at) {
  if (description.find("inline table") != std::string_view::npos) {
    const std::size_t last = text.find_last_not_of(" \t\r\n", at == 0 ? 0 : at - 1);
    const bool comma = last != std::string_view::npos && text[last] == ',';
    const bool line = at < text.size() && (text[at] == '\n' || text[at] == '\r' || text[at] == '#');
    if (comma || line) {
      return "; a line break or a last comma in {...} is TOML 1.1, and this reader's is 1.0: write it on one "
             "line, or as a table [...]";
    }
  }
  if (description.find("escape") != std::string_view::npos) {
    const std::string_view before = text.substr(at < 2 ? 0 : at - 2, 4);
    if (before.find("\\e") != std::string_view::npos || before.find("\\x") != std::string_view::npos)
      return "; \\e and \\x are TOML 1.1, and this reader's is 1.0: write \\u001b, \\u00XX";
  }
  if (description.find("parsing time") != std::string_view::npos ||
      description.find("parsing date-time") != std::string_view::npos) {
    return "; a time without seconds is TOML 1.1, and this reader's is 1.0: write 07:32:00";
  }
  if (description.find("floating-point") != std::string_view::npos &&
      description.find("could not be interpreted") != std::string_view::npos) {
    return "; is it too large for a number (at most 1.79e308)?";
  }
  if (looks_like_json(text) && text.find('=') == std::string_view::npos)
    return "; it looks like JSON, where TOML is expected";
  const std::size_t line = at == 0 ? 0 : text.rfind('\n', at - 1) + 1;
  const std::string_view word = unquoted(text.substr(line, text.find('\n', line) - line));
  if (!word.empty()) return fmt::format("; a text stands in quotes: \"{}\"", printable(word, 60));
  return {};
}

}  // namespace

std::size_t offset_of(std::string_view text, const toml::source_position& position) {
  std::size_t at = 0;
  for (toml::source_index line = 1; line < position.line; ++line) at = text.find('\n', at) + 1;
  const auto continues = [&] {
    return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U;
  };
  for (toml::source_index column = 1; column < position.column; ++column) {
    do ++at;
    while (continues());
  }
  return at;
}

toml::table parse_toml(const std::string& text, const std::string& file) {
  try {
    return toml::parse(text, file);
  } catch (const toml::parse_error& error) {
    const toml::source_position begin = error.source().begin;
    fail(ErrorKind::config, "{}:{}: not valid TOML: {}{}", file, begin.line, printable(error.description()),
         advice(error.description(), text, offset_of(text, begin)));
  }
}

TomlTable::TomlTable(const toml::table& table, const std::string& file, std::string path,
                     std::string_view text, const EditedToml* edited)
    : table_(&table), file_(&file), path_(std::move(path)), text_(text), edited_(edited) {}

std::string_view TomlTable::source_of(const toml::node& node) const {
  const toml::source_region& region = node.source();
  if (region.begin.line == 0) return {};
  const std::size_t begin = offset_of(text_, region.begin), end = offset_of(text_, region.end);
  return begin < end && end <= text_.size() ? text_.substr(begin, end - begin) : std::string_view{};
}

std::string TomlTable::shown(const toml::node& node) const {
  if (node.is_table()) return "a table";
  if (node.is_array()) return "a list";
  return printable(source_of(node), 80);
}

std::string TomlTable::place(std::string_view key) const {
  const auto found = table_->find(key);
  const bool present = found != table_->end();
  const toml::source_region& region = present ? found->first.source() : table_->source();
  if (edited_ == nullptr || region.begin.line == 0) return at(*file_, region);
  // A key of the file may have another value by now.
  const bool value = present && !found->second.is_table() && found->second.source().begin.line != 0;
  return edited_->place(offset_of(text_, value ? found->second.source().begin : region.begin));
}

std::pair<std::size_t, std::size_t> TomlTable::span(std::string_view key) const {
  const toml::node* node = table_->get(key);
  if (node == nullptr) return {0, 0};
  return {offset_of(text_, node->source().begin), offset_of(text_, node->source().end)};
}

void TomlTable::refuse(std::string_view key, const std::string& message) const {
  fail(ErrorKind::config, "{}: {}", place(key), message);
}

const toml::node* TomlTable::find(std::string_view key) {
  asked_.emplace_back(key);
  return table_->get(key);
}

double TomlTable::as_number(std::string_view key, const toml::node& node, double minimum,
                            double maximum) const {
  const auto value = node.is_integer() || node.is_floating_point() ? node.value<double>() : std::nullopt;
  const std::string_view source = value == 0.0 ? source_of(node) : std::string_view{};
  if (is_nonzero_text(source.data(), source.data() + source.size())) {
    refuse(key, fmt::format("{}: {} is too small for a number (at least 4.94e-324); write 0 if it is meant",
                            key, shown(node)));
  }
  if (!value || !(*value >= minimum && *value <= maximum)) {
    refuse(key,
           fmt::format("{}: expected a number from {} to {}, found {}", key, minimum, maximum, shown(node)));
  }
  return *value;
}

std::optional<std::int64_t> TomlTable::as_integer(const toml::node& node) const {
  if (node.is_integer()) return node.value<std::int64_t>();
  if (!node.is_floating_point()) return std::nullopt;
  const double value = node.value<double>().value();
  const std::string_view source = value == 0.0 ? source_of(node) : std::string_view{};
  // 1e-400 is read as 0, and none.
  if (is_nonzero_text(source.data(), source.data() + source.size())) return std::nullopt;
  return whole_number(value);
}

double TomlTable::number(std::string_view key, double fallback, double minimum, double maximum) {
  const toml::node* node = find(key);
  return node == nullptr ? fallback : as_number(key, *node, minimum, maximum);
}

std::int64_t TomlTable::integer(std::string_view key, std::int64_t fallback, std::int64_t minimum,
                                std::int64_t maximum) {
  const toml::node* node = find(key);
  if (node == nullptr) return fallback;
  const auto value = as_integer(*node);
  if (!value || *value < minimum || *value > maximum) {
    refuse(key, fmt::format("{}: expected a whole number from {} to {}, found {}", key, minimum, maximum,
                            shown(*node)));
  }
  return *value;
}

bool TomlTable::boolean(std::string_view key, bool fallback) {
  const toml::node* node = find(key);
  if (node == nullptr) return fallback;
  if (!node->is_boolean())
    refuse(key, fmt::format("{}: expected true or false, found {}", key, shown(*node)));
  return node->value<bool>().value();
}

std::string TomlTable::text(std::string_view key, const std::string& fallback) {
  const toml::node* node = find(key);
  if (node == nullptr) return fallback;
  if (!node->is_string()) refuse(key, fmt::format("{}: expected a text, found {}", key, shown(*node)));
  return node->value<std::string>().value();
}

std::string TomlTable::required_text(std::string_view key) {
  const std::string value = text(key, "");
  if (value.empty()) {
    std::string misspelt;
    for (const std::string& other : keys()) {
      const std::string meant = suggestion(other, {std::string(key)});
      if (std::ranges::count(asked_, other) == 0 && !meant.empty())
        misspelt = fmt::format("; unknown key '{}'{}", printable(other), meant);
    }
    refuse(key, fmt::format("{} needs {} = \"...\"{}", path_, key, misspelt));
  }
  return value;
}

std::string TomlTable::choice(std::string_view key, const std::string& fallback,
                              const std::vector<std::string>& known) {
  const std::string value = text(key, fallback);
  if (std::find(known.begin(), known.end(), value) == known.end()) {
    refuse(key, fmt::format("unknown {} '{}'; known: {}{}", key, printable(value), joined(known),
                            suggestion(value, known)));
  }
  return value;
}

std::vector<double> TomlTable::numbers(std::string_view key, double minimum, double maximum) {
  std::vector<double> values;
  const toml::node* node = find(key);
  if (node == nullptr) return values;
  if (!node->is_array())
    refuse(key, fmt::format("{}: expected a list of numbers, found {}", key, shown(*node)));
  for (const toml::node& item : *node->as_array()) values.push_back(as_number(key, item, minimum, maximum));
  return values;
}

std::vector<std::int64_t> TomlTable::integers(std::string_view key) {
  std::vector<std::int64_t> values;
  const toml::node* node = find(key);
  if (node == nullptr) return values;
  if (!node->is_array())
    refuse(key, fmt::format("{}: expected a list of whole numbers, found {}", key, shown(*node)));
  for (const toml::node& item : *node->as_array()) {
    const auto value = as_integer(item);
    if (!value) refuse(key, fmt::format("{}: expected whole numbers, found {}", key, shown(item)));
    values.push_back(*value);
  }
  return values;
}

std::vector<std::string> TomlTable::texts(std::string_view key, std::vector<std::string> fallback) {
  const toml::node* node = find(key);
  if (node == nullptr) return fallback;
  std::vector<std::string> values;
  if (!node->is_array())
    refuse(key, fmt::format("{}: expected a list of texts, found {}", key, shown(*node)));
  for (const toml::node& item : *node->as_array()) {
    if (!item.is_string()) refuse(key, fmt::format("{}: expected texts, found {}", key, shown(item)));
    values.push_back(item.value<std::string>().value());
  }
  return values;
}

TomlTable TomlTable::table(std::string_view key) {
  const toml::node* node = find(key);
  if (node != nullptr && !node->is_table()) {
    refuse(key, fmt::format("{}: expected a table, found {}", key, shown(*node)));
  }
  const std::string path = path_.empty() ? fmt::format("[{}]", key) : fmt::format("{} {}", path_, key);
  return {node == nullptr ? kEmptyTable : *node->as_table(), *file_, path, text_, edited_};
}

std::vector<TomlTable> TomlTable::tables(std::string_view key) {
  std::vector<TomlTable> out;
  const toml::node* node = find(key);
  if (node == nullptr) return out;
  const std::string path = path_.empty() ? fmt::format("[[{}]]", key) : fmt::format("{} {}", path_, key);
  const std::string list = path_.empty() ? path : fmt::format("{} = [{{...}}]", key);
  if (!node->is_array())
    refuse(key, fmt::format("{}: expected a list of tables, found {}; write {}", path, shown(*node), list));
  for (const toml::node& item : *node->as_array()) {
    if (!item.is_table()) refuse(key, fmt::format("{}: expected tables, found {}", path, shown(item)));
    out.emplace_back(*item.as_table(), *file_, path, text_, edited_);
  }
  return out;
}

std::vector<std::string> TomlTable::keys() const {
  std::vector<std::string> names;
  for (const auto& [key, value] : *table_) names.emplace_back(key.str());
  return names;
}

Parameter TomlTable::as_parameter(std::string_view key, const toml::node& node) const {
  ParameterValue value;
  if (node.is_boolean()) {
    value = node.value<bool>().value();
  } else if (node.is_integer()) {
    value = node.value<std::int64_t>().value();
  } else if (node.is_floating_point()) {
    value = as_number(key, node, -kInfinity, kInfinity);
  } else if (node.is_string()) {
    value = node.value<std::string>().value();
  } else if (const toml::array* list = node.as_array()) {
    constexpr double kMost = std::numeric_limits<double>::max();
    std::vector<double> numbers;
    for (const toml::node& item : *list) numbers.push_back(as_number(key, item, -kMost, kMost));
    value = std::move(numbers);
  } else {
    refuse(key, fmt::format("{}: expected a number, text, true or false, or a list of numbers, found {}", key,
                            shown(node)));
  }
  return {std::move(value), place(key), node.is_number() ? shown(node) : std::string{}};
}

Parameters TomlTable::parameters() {
  Parameters out;
  for (const auto& [name, node] : *table_) {
    const std::string key(name.str());
    asked_.push_back(key);
    out.emplace(key, as_parameter(key, node));
  }
  return out;
}

std::vector<Parameter> TomlTable::alternatives(std::string_view key) {
  const toml::node* node = find(key);
  const toml::array* list = node == nullptr ? nullptr : node->as_array();
  if (list == nullptr || list->empty())
    refuse(key, fmt::format("{}: expected a list of values, found {}", key,
                            list != nullptr   ? "an empty one"
                            : node == nullptr ? "nothing"
                                              : shown(*node)));
  std::vector<Parameter> values;
  for (const toml::node& item : *list) values.push_back(as_parameter(key, item));
  return values;
}

void TomlTable::finish() const {
  for (const std::string& key : keys()) {
    if (std::find(asked_.begin(), asked_.end(), key) != asked_.end()) continue;
    std::vector<std::string> known;
    for (const auto* list : {&asked_, &others_}) {
      for (const std::string& other : *list) {
        if (other != key && std::ranges::count(known, other) == 0) known.push_back(other);
      }
    }
    refuse(key, fmt::format("unknown key '{}'{}; known: {}{}", printable(key),
                            path_.empty() ? "" : " in " + path_, joined(known), suggestion(key, known)));
  }
}

}  // namespace offload

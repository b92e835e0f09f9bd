#include "files/toml_reader.hpp"

#include <algorithm>
#include <cmath>
#include <sstream>

#include "core/error.hpp"
#include "files/suggestion.hpp"

namespace offload {
namespace {

const toml::table kEmptyTable;

std::string at(const std::string& file, const toml::source_region& region) {
  return region.begin.line == 0 ? file : fmt::format("{}:{}", file, region.begin.line);
}

std::string shown(const toml::node& node) {
  std::ostringstream out;
  if (const auto* text = node.as_string()) {
    out << '"' << text->get() << '"';
  } else if (node.is_table()) {
    return "a table";
  } else if (node.is_array()) {
    return "a list";
  } else {
    node.visit([&out](const auto& value) {
      if constexpr (toml::is_value<decltype(value)>) out << value.get();
    });
  }
  return printable(out.str(), 80);
}

std::string joined(const std::vector<std::string>& names) {
  return fmt::format("{}", fmt::join(names, ", "));
}

// Byte of `text` at a position; lines and columns count from 1, columns in characters.
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

}  // namespace

toml::table parse_toml(const std::string& text, const std::string& file) {
  try {
    return toml::parse(text, file);
  } catch (const toml::parse_error& error) {
    fail(ErrorKind::config, "{}:{}: not valid TOML: {}", file, error.source().begin.line,
         printable(error.description()));
  }
}

TomlTable::TomlTable(const toml::table& table, const std::string& file, std::string path)
    : table_(&table), file_(&file), path_(std::move(path)) {}

std::string TomlTable::place(std::string_view key) const {
  const auto found = table_->find(key);
  if (found == table_->end()) return at(*file_, table_->source());
  return at(*file_, found->first.source());
}

std::pair<std::size_t, std::size_t> TomlTable::span(std::string_view key, std::string_view text) const {
  const toml::node* node = table_->get(key);
  if (node == nullptr) return {0, 0};
  return {offset_of(text, node->source().begin), offset_of(text, node->source().end)};
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
  if (!value || !(*value >= minimum && *value <= maximum)) {
    refuse(key,
           fmt::format("{}: expected a number from {} to {}, found {}", key, minimum, maximum, shown(node)));
  }
  return *value;
}

double TomlTable::number(std::string_view key, double fallback, double minimum, double maximum) {
  const toml::node* node = find(key);
  return node == nullptr ? fallback : as_number(key, *node, minimum, maximum);
}

std::int64_t TomlTable::integer(std::string_view key, std::int64_t fallback, std::int64_t minimum,
                                std::int64_t maximum) {
  const toml::node* node = find(key);
  if (node == nullptr) return fallback;
  const auto value = node->is_integer() ? node->value<std::int64_t>() : std::nullopt;
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
  if (value.empty()) refuse(key, fmt::format("{} needs {} = \"...\"", path_, key));
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
    if (!item.is_integer())
      refuse(key, fmt::format("{}: expected whole numbers, found {}", key, shown(item)));
    values.push_back(item.value<std::int64_t>().value());
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
  return {node == nullptr ? kEmptyTable : *node->as_table(), *file_, path};
}

std::vector<TomlTable> TomlTable::tables(std::string_view key) {
  std::vector<TomlTable> out;
  const toml::node* node = find(key);
  if (node == nullptr) return out;
  const std::string path = path_.empty() ? fmt::format("[[{}]]", key) : fmt::format("{} {}", path_, key);
  if (!node->is_array())
    refuse(key, fmt::format("{}: expected a list of tables, found {}", path, shown(*node)));
  for (const toml::node& item : *node->as_array()) {
    if (!item.is_table()) refuse(key, fmt::format("{}: expected tables, found {}", path, shown(item)));
    out.emplace_back(*item.as_table(), *file_, path);
  }
  return out;
}

std::vector<std::string> TomlTable::keys() const {
  std::vector<std::string> names;
  for (const auto& [key, value] : *table_) names.emplace_back(key.str());
  return names;
}

Parameters TomlTable::parameters() {
  Parameters out;
  for (const auto& [name, node] : *table_) {
    const std::string key(name.str());
    asked_.push_back(key);
    ParameterValue value;
    if (node.is_boolean()) {
      value = node.value<bool>().value();
    } else if (node.is_integer()) {
      value = node.value<std::int64_t>().value();
    } else if (node.is_floating_point()) {
      value = node.value<double>().value();
    } else if (node.is_string()) {
      value = node.value<std::string>().value();
    } else if (node.is_array()) {
      value = numbers(key, -std::numeric_limits<double>::max(), std::numeric_limits<double>::max());
    } else {
      refuse(key, fmt::format("{}: expected a number, text, true or false, or a list of numbers, found {}",
                              key, shown(node)));
    }
    out.emplace(key, Parameter{std::move(value), place(key)});
  }
  return out;
}

void TomlTable::finish() const {
  for (const std::string& key : keys()) {
    if (std::find(asked_.begin(), asked_.end(), key) != asked_.end()) continue;
    refuse(key, fmt::format("unknown key '{}'{}; known: {}{}", printable(key),
                            path_.empty() ? "" : " in " + path_, joined(asked_), suggestion(key, asked_)));
  }
}

}  // namespace offload

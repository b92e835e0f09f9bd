// Reads a TOML table key by key with types and ranges checked, and refuses keys that nobody asked for. Every
// message is "file:line: fact; fix".
#pragma once

#include <toml++/toml.h>

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "files/parameter.hpp"

namespace offload {

class EditedToml;

// Byte of `text` at a position of what was parsed from it; lines and columns count from 1, columns in
// characters.
std::size_t offset_of(std::string_view text, const toml::source_position& position);

// Parses a TOML document; throws Error(config) with the parser's position.
toml::table parse_toml(const std::string& text, const std::string& file);

class TomlTable {
 public:
  // `path` is how the table is called in messages: "[training]"; `text` what the document was parsed from, so
  // that messages show values as they stand there; `edited`, where it is not a file's own, says where it
  // comes from. All must outlive it.
  TomlTable(const toml::table& table, const std::string& file, std::string path, std::string_view text,
            const EditedToml* edited = nullptr);

  bool has(std::string_view key) const { return table_->contains(key); }
  // "file:line" of a key, or of the table itself where the key is absent; what set the key where that was no
  // file.
  std::string place(std::string_view key = {}) const;
  const std::string& path() const { return path_; }

  // Where the value of a key stands in the text: first byte and the one after the last; empty where the key
  // is absent.
  std::pair<std::size_t, std::size_t> span(std::string_view key) const;

  // Throws Error(config) at the key's place.
  [[noreturn]] void refuse(std::string_view key, const std::string& message) const;

  double number(std::string_view key, double fallback, double minimum, double maximum);
  // Whole numbers may be written as 3e4 or 30000.0, up to 2^53 (whole_number.hpp).
  std::int64_t integer(std::string_view key, std::int64_t fallback, std::int64_t minimum,
                       std::int64_t maximum);
  bool boolean(std::string_view key, bool fallback);
  std::string text(std::string_view key, const std::string& fallback);
  std::string required_text(std::string_view key);
  // One of `known`.
  std::string choice(std::string_view key, const std::string& fallback,
                     const std::vector<std::string>& known);
  std::vector<double> numbers(std::string_view key, double minimum, double maximum);
  std::vector<std::int64_t> integers(std::string_view key);
  std::vector<std::string> texts(std::string_view key, std::vector<std::string> fallback);

  // A sub-table; absent: an empty one at this table's place.
  TomlTable table(std::string_view key);
  // An array of tables; absent: empty.
  std::vector<TomlTable> tables(std::string_view key);
  // Keys in the order of their bytes, which is how the parser keeps them.
  std::vector<std::string> keys() const;
  bool is_text(std::string_view key) const { return (*table_)[key].is_string(); }
  bool is_boolean(std::string_view key) const { return (*table_)[key].is_boolean(); }
  bool is_table(std::string_view key) const { return (*table_)[key].is_table(); }
  // Every key of the table as a plugin parameter: numbers, texts, booleans and lists of numbers.
  Parameters parameters();
  // The elements of a list, of which there is at least one, each as a parameter could have it.
  std::vector<Parameter> alternatives(std::string_view key);

  // Keys that are read in some cases alone, so that messages name them among the known ones in all.
  void may_have(std::initializer_list<const char*> keys) { others_.assign(keys.begin(), keys.end()); }
  // Refuses every key that none of the calls above asked for. Call last.
  void finish() const;

 private:
  const toml::node* find(std::string_view key);
  std::string_view source_of(const toml::node& node) const;
  std::string shown(const toml::node& node) const;
  double as_number(std::string_view key, const toml::node& node, double minimum, double maximum) const;
  std::optional<std::int64_t> as_integer(const toml::node& node) const;
  Parameter as_parameter(std::string_view key, const toml::node& node) const;

  const toml::table* table_;
  const std::string* file_;
  std::string path_;
  std::string_view text_;
  const EditedToml* edited_;
  std::vector<std::string> asked_, others_;
};

}  // namespace offload

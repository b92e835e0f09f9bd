#include "files/toml_edit.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "files/suggestion.hpp"
#include "files/toml_reader.hpp"

namespace offload {
namespace {

[[noreturn]] void refuse(const TomlAssignment& assignment, const std::string& message) {
  fail(ErrorKind::config, "{}: {}", printable(assignment.place), message);
}

bool is_bare(std::string_view key) {
  return !key.empty() && std::ranges::all_of(key, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

std::string key_text(const std::string& key) { return is_bare(key) ? key : quoted_toml(key); }

// The keys of a path; those in double quotes may have dots.
std::vector<std::string> keys_of(const TomlAssignment& assignment) {
  std::vector<std::string> keys(1);
  bool quoted = false;
  for (const char c : assignment.path) {
    if (c == '"')
      quoted = !quoted;
    else if (c == '.' && !quoted)
      keys.emplace_back();
    else
      keys.back() += c;
  }
  if (quoted || std::ranges::count(keys, "") > 0)
    refuse(assignment, "expected keys joined by dots, such as training.steps");
  return keys;
}

// As TOML has it, without anything around it.
std::string value_text(const TomlAssignment& assignment) {
  const std::string& value = assignment.value;
  const std::string line = "value = " + value;
  try {
    const toml::table table = toml::parse(line);
    const toml::source_region& region = table.get("value")->source();
    if (table.size() == 1 && value.find('\n') == std::string::npos)
      return line.substr(offset_of(line, region.begin),
                         offset_of(line, region.end) - offset_of(line, region.begin));
  } catch (const toml::parse_error& error) {
    if (std::string_view("[{\"'").find(value.front()) == std::string_view::npos) return quoted_toml(value);
    refuse(assignment, fmt::format("not valid TOML: {}", printable(error.description())));
  }
  refuse(assignment, "expected one value");
}

// A place in the text where a value can stand, and the keys that lead to it from there.
struct Spot {
  toml::table* table;
  std::vector<std::string> keys;
};

bool has_header(const toml::node& node) {
  if (const toml::table* table = node.as_table()) return !table->is_inline();
  const toml::array* array = node.as_array();
  return array != nullptr && !array->empty() && array->is_array_of_tables() &&
         !array->front().as_table()->is_inline();
}

// An element of a list of tables, by the text that names it.
toml::table& element_of(toml::array& array, const std::string& name, const TomlAssignment& assignment) {
  std::vector<std::string> known;
  for (toml::node& item : array) {
    toml::table* table = item.as_table();
    for (const char* key : {"name", "row"}) {
      const auto text = table == nullptr ? std::nullopt : (*table)[key].value<std::string>();
      if (!text) continue;
      if (*text == name) return *table;
      known.push_back(*text);
      break;
    }
  }
  refuse(assignment,
         fmt::format("nothing is named '{}' there; known: {}{}", printable(name),
                     printable(fmt::format("{}", fmt::join(known, ", ")), 400), suggestion(name, known)));
}

// The tables on the way to the value, the innermost last, and none from outside of a list's element.
std::vector<Spot> spots_of(toml::table& root, const std::vector<std::string>& keys,
                           const TomlAssignment& assignment) {
  std::vector<Spot> spots = {{&root, {}}};
  toml::table* at = &root;
  std::size_t done = 0;
  for (; done + 1 < keys.size(); ++done) {
    toml::node* node = at->get(keys[done]);
    if (node == nullptr) break;
    if (toml::array* array = node->as_array()) {
      if (++done + 1 >= keys.size())
        refuse(assignment, fmt::format("{} is a list of tables; set a key of one: {}.NAME.KEY",
                                       keys[done - 1], keys[done - 1]));
      at = &element_of(*array, keys[done], assignment);
      spots = {{at, {}}};
      continue;
    }
    at = node->as_table();
    if (at == nullptr)
      refuse(assignment,
             fmt::format("{} is no table, and has no {}", printable(keys[done]), printable(keys[done + 1])));
    for (Spot& spot : spots) spot.keys.push_back(keys[done]);
    spots.push_back({at, {}});
  }
  for (Spot& spot : spots)
    spot.keys.insert(spot.keys.end(), keys.begin() + static_cast<std::ptrdiff_t>(done), keys.end());
  return spots;
}

std::string dotted(const std::vector<std::string>& keys) {
  std::string text;
  for (const std::string& key : keys) text += (text.empty() ? "" : ".") + key_text(key);
  return text;
}

// What to put where so that a new key comes to stand in a table.
struct Insertion {
  std::size_t at;
  std::string text;
};

Insertion insertion_in(const Spot& spot, bool root, const std::string& text, const std::string& value) {
  const std::string line = dotted(spot.keys) + " = " + value;
  if (root) return {0, line + "\n"};
  const std::size_t begin = offset_of(text, spot.table->source().begin);
  if (begin < text.size() && text[begin] == '{') {
    return {begin + 1, line + (spot.table->empty() ? "" : ", ")};
  }
  return {std::min(text.find('\n', begin), text.size()), "\n" + line};
}

// Puts the value where the keys of the first spot lead to.
void put(toml::table& root, const std::vector<std::string>& keys, const std::string& value) {
  toml::table* at = &root;
  for (std::size_t i = 0; i + 1 < keys.size(); ++i) {
    if (!at->contains(keys[i])) at->insert(keys[i], toml::table{});
    at = at->get(keys[i])->as_table();
  }
  const toml::table parsed = toml::parse("value = " + value);
  at->insert_or_assign(keys.back(), *parsed.get("value"));
}

bool comes_to(const std::string& text, const toml::table& wanted) {
  try {
    return toml::parse(text) == wanted;
  } catch (const toml::parse_error&) {
    return false;
  }
}

}  // namespace

TomlAssignment toml_assignment(const std::string& text, const std::string& option) {
  bool quoted = false;
  std::size_t equals = 0;
  while (equals < text.size() && (quoted || text[equals] != '=')) quoted ^= text[equals++] == '"';
  const auto trimmed = [](std::string_view part) {
    const std::size_t begin = part.find_first_not_of(' '), end = part.find_last_not_of(' ');
    return begin == std::string_view::npos ? std::string() : std::string(part.substr(begin, end - begin + 1));
  };
  TomlAssignment assignment{trimmed(std::string_view(text).substr(0, equals)),
                            equals < text.size() ? trimmed(std::string_view(text).substr(equals + 1)) : "",
                            option + " " + text};
  if (assignment.path.empty() || assignment.value.empty())
    refuse(assignment, "expected KEY=VALUE, such as training.steps=1000; an empty text is '\"\"'");
  return assignment;
}

std::string quoted_toml(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\u{:04X}", byte);
    } else {
      out += c;
    }
  }
  return out + "\"";
}

EditedToml::EditedToml(std::string text, std::string file)
    : text_(std::move(text)), file_(std::move(file)), pieces_{{text_.size(), 1, {}}} {}

void EditedToml::set(const std::vector<TomlAssignment>& assignments) {
  for (const TomlAssignment& assignment : assignments) set(assignment);
}

// Every way to write it is tried, from the innermost table outwards, and taken where the text then says what
// was said before but for this value.
void EditedToml::set(const TomlAssignment& assignment) {
  const std::vector<std::string> keys = keys_of(assignment);
  const std::string value = value_text(assignment);
  toml::table document = parse_toml(text_, file_);
  std::vector<Spot> spots = spots_of(document, keys, assignment);
  const bool from_root = spots.front().table == &document;
  const toml::node* now = spots.back().keys.size() == 1 ? spots.back().table->get(keys.back()) : nullptr;
  if (now != nullptr && has_header(*now))
    refuse(assignment, fmt::format("{} is a table; set a key of it", printable(assignment.path)));
  if (now != nullptr) {
    return replace(offset_of(text_, now->source().begin), offset_of(text_, now->source().end), value,
                   assignment.place);
  }
  std::vector<Insertion> ways;
  for (std::size_t i = spots.size(); i-- > 0;)
    ways.push_back(insertion_in(spots[i], from_root && i == 0, text_, value));
  if (from_root && keys.size() > 1) {
    const std::vector<std::string> table(keys.begin(), keys.end() - 1);
    ways.push_back(
        {text_.size(), "\n[" + dotted(table) + "]\n" + key_text(keys.back()) + " = " + value + "\n"});
  }
  put(*spots.front().table, spots.front().keys, value);
  for (const Insertion& way : ways) {
    std::string text = text_;
    text.insert(way.at, way.text);
    if (comes_to(text, document)) return replace(way.at, way.at, way.text, assignment.place);
  }
  refuse(assignment, "cannot be set in this file; write it there");
}

void EditedToml::replace(std::size_t begin, std::size_t end, const std::string& by,
                         const std::string& place) {
  std::vector<Piece> pieces;
  const auto add = [&pieces](Piece piece) {
    if (piece.bytes > 0) pieces.push_back(std::move(piece));
  };
  bool placed = false;
  std::size_t from = 0;
  for (const Piece& piece : pieces_) {
    const std::size_t to = from + piece.bytes;
    const auto lines = [&](std::size_t until) {
      const auto* const text = text_.data();
      return piece.line + static_cast<std::size_t>(std::count(text + from, text + until, '\n'));
    };
    const std::size_t head = std::clamp(begin, from, to), tail = std::clamp(end, from, to);
    add({head - from, piece.line, piece.set});
    if (!placed && begin <= to) {
      add({by.size(), lines(head), place});
      placed = true;
    }
    add({to - tail, lines(tail), piece.set});
    from = to;
  }
  pieces_ = std::move(pieces);
  text_.replace(begin, end - begin, by);
}

std::string EditedToml::place(std::size_t byte) const {
  std::size_t from = 0;
  for (const Piece& piece : pieces_) {
    if (byte >= from + piece.bytes) {
      from += piece.bytes;
      continue;
    }
    if (!piece.set.empty()) return piece.set;
    const auto* const text = text_.data();
    return fmt::format("{}:{}", file_,
                       piece.line + static_cast<std::size_t>(std::count(text + from, text + byte, '\n')));
  }
  return file_;
}

}  // namespace offload

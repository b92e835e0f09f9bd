// Values of a TOML document set from outside, as by the option --set, in its text: what is read, stored and
// hashed afterwards is as if the file had been edited. Remembers where every byte of the text comes from, so
// that messages name the option, or the line of the file as the user sees it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace offload {

// `path`: keys joined by dots, "training.steps"; a key with a dot is quoted. Of a list of tables the key is
// the element's `name`, or its `row`: "row.rc-ppo.parameters.clip". `value`: a TOML value; what is none is
// taken for a text without its quotes. `place` is named where something is wrong: "--set
// training.steps=1000".
struct TomlAssignment {
  std::string path, value, place;
};

// Of "training.steps=1000"; `option` is what it was given by. Throws Error(config) where there is no path or
// no value.
TomlAssignment toml_assignment(const std::string& text, const std::string& option);

// A text as a TOML text in quotes.
std::string quoted_toml(const std::string& text);

class EditedToml {
 public:
  // `file` is how messages call the text.
  EditedToml(std::string text, std::string file);

  const std::string& text() const { return text_; }
  // Sets one value after another; a later one sees what the earlier ones set. Throws Error(config) at the
  // assignment's place, at the file's where its text is no TOML to begin with.
  void set(const std::vector<TomlAssignment>& assignments);
  // "file:line" of the byte as the file has it, or the place of the assignment that it comes from.
  std::string place(std::size_t byte) const;

 private:
  struct Piece {
    std::size_t bytes;
    std::size_t line;  // of its first byte in the file
    std::string set;   // by which assignment; empty: by the file
  };

  void set(const TomlAssignment& assignment);
  // The bytes [begin, end) become others.
  void replace(std::size_t begin, std::size_t end, const std::string& by, const std::string& place);

  std::string text_, file_;
  std::vector<Piece> pieces_;
};

}  // namespace offload

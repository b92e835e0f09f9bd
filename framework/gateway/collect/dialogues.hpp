// The dialogues that a collection is made of: what the user asks, turn by turn, and what his cameras see.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace offload {

struct DialogueTurn {
  std::string question, task;
};

struct Dialogue {
  std::string id;                  // as the file names it
  std::vector<std::string> views;  // [modalities] addresses: data: or https:
  std::vector<std::string> paths;  // [modalities] as the file has them, data: addresses shortened
  std::vector<DialogueTurn> turns;
};

struct Dialogues {
  std::vector<Dialogue> all;
  int modalities = 0;  // views of every dialogue
  std::string sha256;  // of the file and the images that it names
};

// JSON lines: {"id": text or whole number, "views": [M texts: the path of a PNG, JPEG, WebP or GIF file
// relative to this file's folder, or a data: or https: address], "turns": [{"question": text, "task":
// text}]}. Throws Error(data) with line, fact and fix; Error(io).
Dialogues read_dialogues(const std::filesystem::path& file);

}  // namespace offload

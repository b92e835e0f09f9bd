// What a process that a nursery of Python's begins is told before it is shut in: texts that end with NUL,
// from where messages are (layout.hpp) until the first one of any length.
#pragma once

#include <string>

#include "process/sandbox.hpp"

namespace offload {

struct Newborn {
  std::string plugin;  // "FILE.py:NAME"
  SandboxSettings bounds;
};

std::string to_texts(const Newborn& newborn);
// Of what to_texts made, with a NUL behind it.
Newborn newborn_from(const char* texts);

}  // namespace offload

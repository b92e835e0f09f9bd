// What runs an agent in Python: the interpreter with serve.py, what both may read, and the variables under
// which the same seed gives the same bits.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "plugin/python_source.hpp"

namespace offload {

struct PythonProgram {
  std::vector<std::string> program;  // path and arguments
  // The arguments with which it is a nursery of such processes; empty where none may be.
  std::vector<std::string> nursery;
  std::vector<std::filesystem::path> readable;
  std::vector<std::filesystem::path> listable;  // folders whose names alone are to be read
  std::vector<std::string> environment;         // NAME=VALUE, in place of what the host has
};

// `interpreter`: a path, or a name that is searched for in PATH, where scripts that stand for interpreters
// are passed over. A virtual environment is one by its own path. Nothing is started. Throws Error(config)
// where there is none.
PythonProgram python_program(const PythonAgent& agent, const std::string& interpreter);

}  // namespace offload

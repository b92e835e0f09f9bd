// Agents in Python: how a suite names one ("my_agent.py:MyAgent", a path as of any plugin's file, then a
// class or function in it), and which files it is made of. Looks at files only; no Python runs.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace offload {

struct PythonAgent {
  std::filesystem::path file;
  std::string name;  // of the class or function; empty where the reference leaves it out
};

// What a reference that names a file of Python means; nothing for any other reference.
std::optional<PythonAgent> python_agent(std::string_view reference);

// What lies below the file's folder, sorted, relative to it: what an agent may read, who may not read data
// sets and results that are there as well. Passed over are names that begin with '.', virtual environments
// and folders of results.
struct PythonFiles {
  std::vector<std::filesystem::path> sources;  // every .py
  std::vector<std::filesystem::path> models;   // .npy .npz .onnx .pt .pth .safetensors .zip
  std::vector<std::filesystem::path> folders;  // "." first
};

// Throws Error(plugin) where there are more than 1,000 sources, or of more than 10 MB together, or where the
// folder cannot be read.
PythonFiles python_files(const std::filesystem::path& file);

// The interpreter of who names none: OFFLOAD_BENCH_PYTHON, else python3.
std::string default_python();

// ../lib/offload-bench/python beside the command: what runs agents in Python.
std::filesystem::path python_folder();

// The facts of an agent in Python that name a file of its folder, and say its hash, begin with this.
inline constexpr std::string_view kFileFact = "file ";

// The identity of a plugin's file: the hash of its bytes; of an agent in Python, that of all its sources.
// What runs it, and what it imports and reads, are facts that it states.
std::string sha256_of_plugin(const std::filesystem::path& library);

}  // namespace offload

// Building a stranger's plugin: its CMake project may do whatever a program can, so all of it runs in a
// process like an isolated agent's, without network, data and results, which may besides start compilers and
// write in one folder.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace offload {

struct BuildSettings {
  std::filesystem::path sdk;      // where OffloadBench is installed, for find_package
  double limit_s = 600;           // then all of it is killed
  std::int64_t memory_mb = 2048;  // of every process of it
};

// Where the SDK is that belongs to this program: above the folder of the program; empty where there is none.
std::filesystem::path installed_sdk();

// Builds the project `source` below `folder`, which must not be there, and returns the library of the plugin
// `id`, checked to be one. Throws Error(plugin) with the last that was printed where it does not build,
// Error(run) where this machine lacks a guarantee, before anything of the project ran, Error(config) without
// an SDK.
std::filesystem::path build_source(const std::filesystem::path& source, const std::string& id,
                                   const std::filesystem::path& folder, const BuildSettings& settings);

// The verb of the command that shuts itself in and becomes the build (cli/build_child.cpp): `build-child
// --read PATH...
// --write FOLDER... -- PROGRAM ARGUMENT...`. What it holds of the bounds it writes, as 8 bytes, to
// FreshProcess's given descriptor, and goes on when it reads a byte there.
inline constexpr const char* kBuildChild = "build-child";

// Throws Error(run) with what is missing, unless all guarantees of sandbox.hpp are held.
void require_isolation(std::uint64_t held);

}  // namespace offload

#include "process/installation.hpp"

#include <utility>

namespace offload {
namespace {

std::filesystem::path& named() {
  static std::filesystem::path command;
  return command;
}

}  // namespace

std::filesystem::path command_or_self() {
  if (!named().empty()) return named();
  std::error_code error;
  std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? std::filesystem::path() : program;
}

void use_command(std::filesystem::path command) { named() = std::move(command); }

}  // namespace offload

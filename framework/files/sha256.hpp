// SHA-256, in lower-case hexadecimal where it is shown, for identities of files, plugins and trials.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace offload {

// 32 bytes, for lists of many.
struct Digest {
  std::array<unsigned char, 32> byte{};

  std::string hex() const;
  auto operator<=>(const Digest&) const = default;
};

class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;
  void update(std::string_view bytes);
  // Ends the hash; the object is used up.
  Digest digest();
  std::string hex() { return digest().hex(); }

 private:
  struct State;
  std::unique_ptr<State> state_;
};

Digest digest_of(std::string_view bytes);
// Of 64 lower-case hexadecimal digits; empty for any other text.
std::optional<Digest> digest_of_hex(std::string_view text);
std::string sha256_of(std::string_view bytes);
// Throws Error(io) when the file cannot be read.
std::string sha256_of_file(const std::filesystem::path& file);

}  // namespace offload

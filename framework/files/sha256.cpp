#include "files/sha256.hpp"

#include <fcntl.h>
#include <nettle/sha2.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>

#include "core/error.hpp"

namespace offload {

struct Sha256::State {
  sha256_ctx context;
};

Sha256::Sha256() : state_(std::make_unique<State>()) { nettle_sha256_init(&state_->context); }

Sha256::~Sha256() = default;

void Sha256::update(std::string_view bytes) {
  nettle_sha256_update(&state_->context, bytes.size(), reinterpret_cast<const std::uint8_t*>(bytes.data()));
}

Digest Sha256::digest() {
  Digest digest;
  nettle_sha256_digest(&state_->context, digest.byte.size(), digest.byte.data());
  return digest;
}

std::string Digest::hex() const {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(2 * byte.size());
  for (const unsigned char b : byte) text.append({kDigits[b >> 4], kDigits[b & 15]});
  return text;
}

Digest digest_of(std::string_view bytes) {
  Sha256 hash;
  hash.update(bytes);
  return hash.digest();
}

std::optional<Digest> digest_of_hex(std::string_view text) {
  const auto value = [](char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
  };
  Digest digest;
  if (text.size() != 2 * digest.byte.size()) return std::nullopt;
  for (std::size_t i = 0; i < digest.byte.size(); ++i) {
    const int high = value(text[2 * i]), low = value(text[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    digest.byte[i] = static_cast<unsigned char>(high << 4 | low);
  }
  return digest;
}

std::string sha256_of(std::string_view bytes) { return digest_of(bytes).hex(); }

std::string sha256_of_file(const std::filesystem::path& file) {
  // Without waiting for somebody at the other end of a pipe.
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> in(
      descriptor < 0 ? nullptr : ::fdopen(descriptor, "rb"), &std::fclose);
  if (!in) {
    fail(ErrorKind::io, "{}: cannot be opened: {}", printable(file.native()), std::strerror(errno));
  }
  struct stat status {};
  if (::fstat(::fileno(in.get()), &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)) {
    fail(ErrorKind::data, "{}: not a regular file", printable(file.native()));  // it might never end
  }
  Sha256 hash;
  // Not filled: a small file takes few of its pages.
  constexpr std::size_t kBuffer = std::size_t{1} << 18;
  const std::unique_ptr<char[]> buffer(new char[kBuffer]);
  while (const std::size_t count = std::fread(buffer.get(), 1, kBuffer, in.get())) {
    hash.update({buffer.get(), count});
  }
  if (std::ferror(in.get())) {
    fail(ErrorKind::io, "{}: cannot be read: {}", printable(file.native()), std::strerror(errno));
  }
  return hash.hex();
}

}  // namespace offload

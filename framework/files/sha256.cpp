#include "files/sha256.hpp"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>

#include "core/counted.hpp"
#include "core/error.hpp"

namespace offload {

struct Sha256::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  ~State() { EVP_MD_CTX_free(context); }
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
  if (!state_->context || EVP_DigestInit_ex(state_->context, EVP_sha256(), nullptr) != 1) {
    fail(ErrorKind::run, "SHA-256: the installed libcrypto does not offer it");
  }
}

Sha256::~Sha256() = default;

void Sha256::update(std::string_view bytes) {
  if (EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()) != 1) {
    fail(ErrorKind::run, "SHA-256: libcrypto failed to hash {}", counted(bytes.size(), "byte"));
  }
}

Digest Sha256::digest() {
  Digest digest;
  if (EVP_DigestFinal_ex(state_->context, digest.byte.data(), nullptr) != 1) {
    fail(ErrorKind::run, "SHA-256: libcrypto failed to end the hash");
  }
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
  std::string buffer(std::size_t{1} << 18, '\0');
  while (const std::size_t count = std::fread(buffer.data(), 1, buffer.size(), in.get())) {
    hash.update({buffer.data(), count});
  }
  if (std::ferror(in.get())) {
    fail(ErrorKind::io, "{}: cannot be read: {}", printable(file.native()), std::strerror(errno));
  }
  return hash.hex();
}

}  // namespace offload

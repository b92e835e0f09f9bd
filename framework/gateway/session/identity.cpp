#include "gateway/session/identity.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <nettle/hmac.h>
#include <nettle/memops.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "core/counted.hpp"
#include "core/error.hpp"
#include "files/plain_file.hpp"
#include "files/sha256.hpp"

namespace offload {
namespace {

constexpr std::size_t kKeyBytes = 32, kSecretsMost = 1 << 20;

void refuse_open_file(const std::filesystem::path& file, ErrorKind kind) {
  struct stat status {};
  if (stat(file.c_str(), &status) != 0) fail_io(file, "cannot be read");
  if ((status.st_mode & 077U) != 0)
    fail(kind, "{}: others may read it; chmod 600 it", printable(file.native()));
}

std::string raw_digest(std::string_view text) {
  const Digest digest = digest_of(text);
  return {reinterpret_cast<const char*>(digest.byte.data()), digest.byte.size()};
}

std::vector<std::string> lines_of(const std::filesystem::path& file) {
  const std::string text = read_bounded(file, kSecretsMost);
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    std::string line = text.substr(at, end - at);
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
    if (!line.empty()) lines.push_back(std::move(line));
    at = end + 1;
  }
  return lines;
}

// Whole or not at all: half a key would be refused for ever.
std::string new_hash_key(const std::filesystem::path& file) {
  std::string key(kKeyBytes, '\0');
  if (getrandom(key.data(), key.size(), 0) != static_cast<ssize_t>(key.size()))
    fail_io(file, "no random bytes");
  const std::filesystem::path temporary = std::filesystem::path(file) += ".tmp";
  const int descriptor = open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (descriptor < 0) fail_io(file, "cannot be written");
  const bool written = write(descriptor, key.data(), key.size()) == static_cast<ssize_t>(key.size());
  const bool synced = fsync(descriptor) == 0;
  if (close(descriptor) != 0 || !written || !synced || rename(temporary.c_str(), file.c_str()) != 0)
    fail_io(file, "cannot be written");
  return key;
}

}  // namespace

std::string hash_key(const std::filesystem::path& file) {
  if (!std::filesystem::exists(file)) return new_hash_key(file);
  refuse_open_file(file, ErrorKind::data);
  std::string key = read_bounded(file, kKeyBytes);
  if (key.size() != kKeyBytes)
    fail(ErrorKind::data, "{}: holds {}, not {}; remove it, and sessions begin anew",
         printable(file.native()), counted(key.size(), "byte"), kKeyBytes);
  return key;
}

std::string keyed_hash(const std::string& key, std::initializer_list<std::string_view> parts) {
  std::string text;
  for (const std::string_view part : parts) text += fmt::format("{}:", part.size()).append(part);
  hmac_sha256_ctx hash;
  nettle_hmac_sha256_set_key(&hash, key.size(), reinterpret_cast<const std::uint8_t*>(key.data()));
  nettle_hmac_sha256_update(&hash, text.size(), reinterpret_cast<const std::uint8_t*>(text.data()));
  Digest digest;
  nettle_hmac_sha256_digest(&hash, digest.byte.size(), digest.byte.data());
  return digest.hex();
}

ClientKeys::ClientKeys(const std::filesystem::path& file) {
  refuse_open_file(file, ErrorKind::config);
  for (const std::string& line : lines_of(file)) digests_.push_back(raw_digest(line));
  if (digests_.empty())
    fail(ErrorKind::config, "{}: holds no key; write one a line", printable(file.native()));
}

std::optional<std::string> ClientKeys::subject(std::string_view authorization) const {
  if (digests_.empty()) return std::string();
  constexpr std::string_view scheme = "Bearer ";
  const bool bearer = authorization.starts_with(scheme);
  const std::string digest = raw_digest(bearer ? authorization.substr(scheme.size()) : authorization);
  bool found = false;
  for (const std::string& known : digests_) {
    found = (nettle_memeql_sec(known.data(), digest.data(), digest.size()) != 0) || found;
  }
  if (!found || !bearer) return std::nullopt;
  return digest;
}

std::string secret(const std::string& variable, const std::filesystem::path& file, const std::string& place) {
  if (!file.empty()) {
    refuse_open_file(file, ErrorKind::config);
    const std::vector<std::string> lines = lines_of(file);
    if (lines.empty()) fail(ErrorKind::config, "{}: {} holds no key", place, printable(file.native()));
    return lines.front();
  }
  if (variable.empty()) return {};
  const char* value = std::getenv(variable.c_str());
  if (value == nullptr || *value == '\0')
    fail(ErrorKind::config, "{}: the environment variable {} is not set; export the endpoint's key in it",
         place, printable(variable));
  return value;
}

}  // namespace offload

// Who asks: clients by their keys, sessions by what names them, neither of which is written anywhere but as a
// keyed hash.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace offload {

// A key for hashes, 32 random bytes, kept beside the journal so that sessions are known again after a
// restart; made, readable by its owner alone, where it is not there. Throws Error(io), and Error(data) for a
// file that is no key or that others may read.
std::string hash_key(const std::filesystem::path& file);

// HMAC-SHA-256 over the parts, each behind its length, in hexadecimal.
std::string keyed_hash(const std::string& key, std::initializer_list<std::string_view> parts);

// The keys that clients may show, a line each, as a file that only its owner may read holds them.
class ClientKeys {
 public:
  ClientKeys() = default;  // none: everybody is let in, as the subject ""
  // Throws Error(io), and Error(config) for an empty file or one that others may read.
  explicit ClientKeys(const std::filesystem::path& file);

  bool empty() const { return digests_.empty(); }
  // The subject that an Authorization header stands for; nullopt where it is no key. Takes the same time
  // whatever the header holds.
  std::optional<std::string> subject(std::string_view authorization) const;

 private:
  std::vector<std::string> digests_;  // raw SHA-256
};

// The first line of a file that only its owner may read, or of an environment variable. Throws Error(config)
// with `place` where there is none.
std::string secret(const std::string& variable, const std::filesystem::path& file, const std::string& place);

}  // namespace offload

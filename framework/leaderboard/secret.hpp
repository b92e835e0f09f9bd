// Hidden episodes: a synthetic data set that nobody can draw who does not know its secret, and the commitment
// that is published before, so that nobody can change it afterwards. The secret is 256 random bits; episode i
// is drawn as the public generator draws it, under a seed of its own that follows from the secret and i.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace offload {

struct HiddenSecret {
  std::string secret;  // 64 hexadecimal digits
  std::int64_t episodes = 0;

  // SHA-256 over secret, number of episodes and the generator's settings.
  std::string commitment() const;
};

// From the system's random numbers. Throws Error(io) without any.
HiddenSecret new_secret(std::int64_t episodes);

// JSON round trip; reading throws Error(data), also where the commitment in it is another secret's.
std::string to_json(const HiddenSecret& secret);
HiddenSecret secret_from_json(const std::string& text, const std::string& file_name);

// The data set as a file of the data sets' schema, which appears whole or not at all. Throws Error(io).
void write_hidden_data(const HiddenSecret& secret, const std::filesystem::path& file);

}  // namespace offload

#include "leaderboard/secret.hpp"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "core/error.hpp"
#include "data/synthetic.hpp"
#include "files/checked_json.hpp"
#include "files/sha256.hpp"

namespace offload {
namespace {

constexpr const char* kSecretFormat = "offload-secret/1";
constexpr std::size_t kSecretBytes = 32;
constexpr std::int64_t kHiddenMost = 100'000;

// Every episode under a seed of its own, so that to know one of 64 bits is to know one episode.
class SecretGenerator final : public SyntheticGenerator {
 public:
  explicit SecretGenerator(const HiddenSecret& secret)
      : SyntheticGenerator(embedded_synthetic_settings().modalities), secret_(secret.secret) {
    const SyntheticSettings& settings = embedded_synthetic_settings();
    tasks_ = settings.tasks;
    question_ = settings.question;
    answer_ = settings.answer;
    refusal_ = settings.refusal;
    identity_ = "hidden/1 " + secret.commitment();
  }

  void draw(std::uint64_t index, SyntheticEpisode& episode) const override {
    const Digest digest = digest_of(fmt::format("offload-hidden-episode/1 {} {}", secret_, index));
    std::uint64_t seed = 0;
    for (int i = 0; i < 8; ++i) seed = seed << 8 | digest.byte[static_cast<std::size_t>(i)];
    make_synthetic(embedded_synthetic_settings(), seed)->draw(index, episode);
  }

 private:
  std::string secret_;
};

}  // namespace

std::string HiddenSecret::commitment() const {
  return sha256_of(
      fmt::format("offload-hidden/1\n{}\n{}\n{}", secret, episodes, embedded_synthetic_settings().text));
}

HiddenSecret new_secret(std::int64_t episodes) {
  if (episodes < 1 || episodes > kHiddenMost)
    fail(ErrorKind::config, "--episodes {}: expected 1 to {}", episodes, kHiddenMost);
  std::array<unsigned char, kSecretBytes> bytes{};
  if (getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
    fail(ErrorKind::io, "the system gives no random numbers; try again");
  HiddenSecret secret{"", episodes};
  for (const unsigned char byte : bytes) secret.secret += fmt::format("{:02x}", byte);
  return secret;
}

std::string to_json(const HiddenSecret& secret) {
  const nlohmann::ordered_json document = {{"format", kSecretFormat},
                                           {"secret", secret.secret},
                                           {"episodes", secret.episodes},
                                           {"commitment", secret.commitment()}};
  return document.dump(1) + "\n";
}

HiddenSecret secret_from_json(const std::string& text, const std::string& file_name) {
  const nlohmann::json document = parse_checked(text, file_name);
  const CheckedJson root(document, file_name);
  if (root.at("format").text(kTextMax) != kSecretFormat) root.at("format").refuse(kSecretFormat);
  HiddenSecret secret{root.at("secret").text(2 * kSecretBytes), root.at("episodes").integer(1, kHiddenMost)};
  const auto digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  if (secret.secret.size() != 2 * kSecretBytes || !std::ranges::all_of(secret.secret, digit))
    root.at("secret").refuse("64 hexadecimal digits");
  if (root.at("commitment").text(kTextMax) != secret.commitment())
    root.at("commitment").refuse("the commitment of this secret under this version's settings");
  return secret;
}

void write_hidden_data(const HiddenSecret& secret, const std::filesystem::path& file) {
  write_synthetic_json(
      {std::make_unique<SecretGenerator>(secret), static_cast<std::uint64_t>(secret.episodes)}, file);
}

}  // namespace offload

#include "trial/checkpoint.hpp"

#include <sstream>

#include "core/error.hpp"
#include "files/checked_json.hpp"
#include "files/plain_file.hpp"
#include "files/sha256.hpp"

namespace offload {
namespace {

constexpr std::string_view kFormat = "offload-checkpoint/2";
constexpr std::size_t kCheckpointMax = std::size_t{1} << 32;
constexpr std::size_t kHeadMax = 512;

std::string checkpoint_digest(const Checkpoint& checkpoint) {
  return sha256_of(fmt::format("{} {}\n", checkpoint.plugin, checkpoint.steps) + checkpoint.bytes);
}

}  // namespace

std::string sealed(const Checkpoint& checkpoint) {
  return fmt::format("{} {} {} {}\n", kFormat, checkpoint.plugin, checkpoint.steps,
                     checkpoint_digest(checkpoint)) +
         checkpoint.bytes;
}

Checkpoint read_checkpoint(const std::filesystem::path& file) {
  std::string text = read_bounded(file, kCheckpointMax);
  const std::size_t end = text.substr(0, kHeadMax).find('\n');
  std::istringstream head(text.substr(0, end == std::string::npos ? 0 : end));
  std::string format, digest;
  Checkpoint checkpoint;
  head >> format >> checkpoint.plugin >> checkpoint.steps >> digest;
  if (!head || format != kFormat || checkpoint.steps < 0 || checkpoint.steps > kCountMax) {
    fail(ErrorKind::data, "{}: not a checkpoint of this format ({})", printable(file.native()), kFormat);
  }
  checkpoint.bytes = text.substr(end + 1);
  checkpoint.file_sha256 = sha256_of(text);
  if (checkpoint_digest(checkpoint) != digest) {
    fail(ErrorKind::data, "{}: cut off or changed: its SHA-256 is not the one that it carries",
         printable(file.native()));
  }
  return checkpoint;
}

}  // namespace offload

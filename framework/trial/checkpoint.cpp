#include "trial/checkpoint.hpp"

#include <sstream>

#include "core/counted.hpp"
#include "core/error.hpp"
#include "files/checked_json.hpp"
#include "files/plain_file.hpp"
#include "files/sha256.hpp"

namespace offload {
namespace {

constexpr std::string_view kFormat = "offload-checkpoint/3", kWithoutLineage = "offload-checkpoint/2";
constexpr std::size_t kCheckpointMax = std::size_t{1} << 32;
constexpr std::size_t kHeadMax = 512;

// `rest`: all behind the first line.
std::string checkpoint_digest(const Checkpoint& checkpoint, std::string_view rest) {
  return sha256_of(fmt::format("{} {}\n", checkpoint.plugin, checkpoint.steps).append(rest));
}

void read_lineage(Checkpoint& checkpoint, const std::string& shown) {
  const std::size_t end = checkpoint.bytes.find('\n');
  if (end == std::string::npos) fail(ErrorKind::data, "{}: it does not say what it was trained on", shown);
  checkpoint.lineage = lineage_from_json(checkpoint.bytes.substr(0, end), shown);
  checkpoint.bytes.erase(0, end + 1);
  std::int64_t left = checkpoint.steps;
  for (const TrainingStage& stage : checkpoint.lineage.stages) left -= std::min(stage.steps, left + 1);
  if (left < 0 || (left > 0 && checkpoint.lineage.known))
    fail(ErrorKind::data, "{}: its trainings do not add up to its {}", shown,
         counted(checkpoint.steps, "step"));
}

}  // namespace

std::string sealed(const Checkpoint& checkpoint) {
  const std::string rest = to_json(checkpoint.lineage) + "\n" + checkpoint.bytes;
  return fmt::format("{} {} {} {}\n", kFormat, checkpoint.plugin, checkpoint.steps,
                     checkpoint_digest(checkpoint, rest)) +
         rest;
}

Checkpoint read_checkpoint(const std::filesystem::path& file) {
  const std::string shown = printable(file.native());
  const std::string text = read_bounded(file, kCheckpointMax);
  const std::size_t end = text.substr(0, kHeadMax).find('\n');
  std::istringstream head(text.substr(0, end == std::string::npos ? 0 : end));
  std::string format, digest;
  Checkpoint checkpoint;
  head >> format >> checkpoint.plugin >> checkpoint.steps >> digest;
  if (!head || (format != kFormat && format != kWithoutLineage) || checkpoint.steps < 0 ||
      checkpoint.steps > kCountMax) {
    fail(ErrorKind::data, "{}: not a checkpoint of this format ({})", shown, kFormat);
  }
  checkpoint.bytes = text.substr(end + 1);
  checkpoint.file_sha256 = sha256_of(text);
  if (checkpoint_digest(checkpoint, checkpoint.bytes) != digest)
    fail(ErrorKind::data, "{}: cut off or changed: its SHA-256 is not the one that it carries", shown);
  if (format == kFormat)
    read_lineage(checkpoint, shown);
  else
    checkpoint.lineage.known = false;
  return checkpoint;
}

void load_start(const RowSettings& row, const Checkpoint& start, AnyAgent& agent) {
  if (row.checkpoint.empty()) return;
  if (start.file_sha256 != row.checkpoint_sha256) {
    fail(ErrorKind::data, "{}: was replaced while the suite ran; run it again", printable(row.checkpoint));
  }
  if (start.plugin != agent.info().id) {
    fail(ErrorKind::config, "row '{}': {} is a checkpoint of agent '{}', not '{}'", printable(row.name),
         printable(row.checkpoint), printable(start.plugin), agent.info().id);
  }
  agent.load_checkpoint(start.bytes);
}

}  // namespace offload

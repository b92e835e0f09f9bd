#include "results/sealed_result.hpp"

#include "core/error.hpp"
#include "files/plain_file.hpp"
#include "files/sha256.hpp"

namespace offload {
namespace {

namespace fs = std::filesystem;

constexpr ResultKind kTrial = {"trial", "trials", R"({"format":"offload-trial/1","sha256":")",
                               "\",\"trial\":\n"};
constexpr ResultKind kReference = {"reference", "references", R"({"format":"offload-reference/1","sha256":")",
                                   "\",\"reference\":\n"};
constexpr std::string_view kTail = "\n}\n";
constexpr std::size_t kDigest = 64;
constexpr std::size_t kResultMax = std::size_t{512} << 20;

// The payload of a result file, or why it has none.
std::string unsealed(const ResultKind& kind, const std::string& text) {
  const std::string_view view = text;
  const std::size_t begin = kind.head.size() + kDigest + kind.middle.size();
  if (view.substr(0, kind.head.size()) != kind.head.substr(0, view.size())) {
    fail(ErrorKind::data, "foreign: not a {} result of this format", kind.name);
  }
  if (view.size() < begin + kTail.size() || view.substr(view.size() - kTail.size()) != kTail) {
    fail(ErrorKind::data, "half-written: it ends after {} bytes, before its end mark", view.size());
  }
  const std::string payload(view.substr(begin, view.size() - begin - kTail.size()));
  if (view.substr(kind.head.size() + kDigest, kind.middle.size()) != kind.middle ||
      sha256_of(payload) != view.substr(kind.head.size(), kDigest)) {
    fail(ErrorKind::data, "changed: its SHA-256 is not the one that it carries");
  }
  return payload;
}

}  // namespace

TrialResult parse_result(const std::string& payload, const std::string& shown, const TrialResult*) {
  return trial_result_from_json(payload, shown);
}

ReferenceResult parse_result(const std::string& payload, const std::string& shown, const ReferenceResult*) {
  return reference_result_from_json(payload, shown);
}

template <>
const ResultKind& kind_of<TrialResult>() {
  return kTrial;
}

template <>
const ResultKind& kind_of<ReferenceResult>() {
  return kReference;
}

std::string sealed(const ResultKind& kind, const std::string& payload) {
  std::string text;
  text.reserve(payload.size() + 128);
  text.append(kind.head).append(sha256_of(payload)).append(kind.middle).append(payload).append(kTail);
  return text;
}

bool holds(const fs::path& file, const std::string& content) {
  return read_bounded(file, kResultMax) == content;
}

template <typename Result>
Result read_sealed(const fs::path& file, const std::string& shown) {
  const std::string payload = unsealed(kind_of<Result>(), read_bounded(file, kResultMax));
  Result result = parse_result(payload, shown, static_cast<const Result*>(nullptr));
  if (result.key + ".json" != file.filename().native()) {
    fail(ErrorKind::data, "misnamed: it holds the result {}", printable(result.key));
  }
  return result;
}
template TrialResult read_sealed(const fs::path&, const std::string&);
template ReferenceResult read_sealed(const fs::path&, const std::string&);

}  // namespace offload

// One result's file: the result as JSON between a head that says what it is and carries the SHA-256 of it,
// and an end mark, so that what was cut off or changed is recognised.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "results/reference_result.hpp"
#include "results/trial_result.hpp"

namespace offload {

// TrialResult and ReferenceResult: the folder they lie in, and the first and second part of the head.
struct ResultKind {
  std::string_view name, folder, head, middle;
};
template <typename Result>
const ResultKind& kind_of();
template <>
const ResultKind& kind_of<TrialResult>();
template <>
const ResultKind& kind_of<ReferenceResult>();

template <typename Result>
std::filesystem::path file_of(const std::filesystem::path& folder, const std::string& key) {
  return folder / kind_of<Result>().folder / (key + ".json");
}

// The whole content of a file with this payload.
std::string sealed(const ResultKind& kind, const std::string& payload);
// Whether that is what the file has. Throws Error(io).
bool holds(const std::filesystem::path& file, const std::string& content);
// Whether the file says what `result` does, and nothing else: no field that readers pass over, no other text.
// Throws Error(io).
template <typename Result>
bool is_as_written(const std::filesystem::path& file, const Result& result) {
  return holds(file, sealed(kind_of<Result>(), to_json(result)));
}

// The result of a payload. Throws Error(data); `shown` names the file where a value is refused, the last
// argument says which kind of result.
TrialResult parse_result(const std::string& payload, const std::string& shown, const TrialResult*);
ReferenceResult parse_result(const std::string& payload, const std::string& shown, const ReferenceResult*);
// Throws Error(data), or Error(io) for what cannot be read; `shown` names the file where a value is refused.
template <typename Result>
Result read_sealed(const std::filesystem::path& file, const std::string& shown);
extern template TrialResult read_sealed<TrialResult>(const std::filesystem::path&, const std::string&);
extern template ReferenceResult read_sealed<ReferenceResult>(const std::filesystem::path&,
                                                             const std::string&);

}  // namespace offload

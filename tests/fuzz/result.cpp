// The results of trials and of the exact policies: what is read is written as what is read again.
#include "fuzz/input.hpp"
#include "results/reference_result.hpp"
#include "results/trial_result.hpp"

using namespace offload;

namespace {

template <typename Read>
void round_trip(const std::string& text, const Read& read) {
  std::string written;
  if (!fuzz::accepts([&] { written = to_json(read(text, "result.json")); })) return;
  fuzz::require(to_json(read(written, "written.json")) == written, "what is written is read as it was");
}

}  // namespace

void fuzz_one(std::string_view input) {
  const std::string text(input);
  round_trip(text, trial_result_from_json);
  round_trip(text, reference_result_from_json);
}

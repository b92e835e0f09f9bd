#include "report/boards/claims.hpp"
#include "report/formats/json.hpp"

namespace offload {

// A list of numbers per line: written as the rest of the report is, each would have a line of its own.
std::string evidence_text(const Report& report) {
  const Evidence& evidence = report.evidence;
  const auto view = [](const ScoreView& v) -> Json { return {{"lens", v.lens}, {"model", v.model}}; };
  const auto lines = [](std::string& out, const char* name, const Json& value) {
    out += std::string(out.size() == 1 ? "" : ",") + "\n  \"" + name + "\": " + compact(value);
  };
  std::string out = "{";
  lines(out, "runs", evidence.run_name);
  lines(out, "views", listed(evidence.views, view));
  lines(out, "run", evidence.design.run);
  lines(out, "episode",
        listed(evidence.design.episode, [&](std::uint32_t e) { return evidence.episode_id[e]; }));
  out += ",\n  \"rows\": [";
  for (const EvidenceRow& row : evidence.rows) {
    out += &row == &evidence.rows.front() ? "\n   " : ",\n   ";
    out += compact({{"row", row.row}, {"reward", row.reward}, {"violation", row.violation}});
  }
  out += "]\n }";
  return out;
}

Json claim_json(const ClaimRule& rule, bool known_outcomes) {
  return {{"claim", rule.claim == Claim::policies ? "P"
                    : rule.claim == Claim::method ? "D"
                                                  : "F"},
          {"runs_have_data", rule.runs_have_data},
          {"one_training_set", rule.one_training_set},
          {"sentence", claim_sentence(rule, known_outcomes)}};
}

}  // namespace offload

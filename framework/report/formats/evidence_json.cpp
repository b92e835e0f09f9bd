#include "report/boards/claims.hpp"
#include "report/boards/evidence.hpp"
#include "report/formats/json.hpp"

namespace offload {

// A list of numbers per line: written as the rest of the report is, each would have a line of its own.
void write_evidence(const Report& report, const TextSink& sink) {
  const Evidence& evidence = report.evidence;
  const auto view = [](const ScoreView& v) -> Json { return {{"lens", v.lens}, {"model", v.model}}; };
  const auto line = [&sink](const char* name, const Json& value) {
    sink(std::string("\n  \"") + name + "\": " + compact(value) + ",");
  };
  sink("{");
  line("runs", evidence.run_name);
  line("views", listed(evidence.views, view));
  line("run", evidence.design.run);
  line("episode", listed(evidence.design.episode, [&](std::uint32_t e) { return evidence.episode_id[e]; }));
  sink("\n  \"rows\": [");
  const TestSeries tests(report.plan, *report.matched);
  for (const std::size_t of : evidence.rows) {
    const EvidenceRow row = evidence_row(report, tests, of);
    sink(of == evidence.rows.front() ? "\n   " : ",\n   ");
    sink(compact({{"row", row.row}, {"reward", row.reward}, {"violation", row.violation}}));
  }
  sink("]\n }");
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

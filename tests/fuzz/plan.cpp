// Plans of collections, down to what they are known by.
#include "gateway/collect/plan.hpp"

#include "fuzz/input.hpp"

using namespace offload;

void fuzz_one(std::string_view input) {
  const fuzz::InputFile file(input);
  fuzz::accepts([&] {
    const CollectPlan plan = read_collect_plan(file.path());
    fuzz::require(plan.draws > 0 && plan.parallel > 0 && plan.judge_asks > 0 && plan.judge_tries > 0,
                  "counts are positive");
    fuzz::require(plan.max_cost_usd >= 0, "a bound of cost is one");
    for (const Role role : {kLocalRole, kCloudRole, kReferenceRole, kJudgeRole}) {
      fuzz::require(plan.roles[role].has_value(), "four roles are there");
      fuzz::require(plan.answer_bytes(role) > 0, "answers have room");
    }
    if (!plan.agent) {
      const double sum = plan.propensity[0] + plan.propensity[1] + plan.propensity[2];
      fuzz::require(sum > 1 - 1e-6 && sum < 1 + 1e-6, "propensities add up");
    }
    fuzz::require(plan.digest() == read_collect_plan(file.path()).digest(), "a plan is known again");
  });
}

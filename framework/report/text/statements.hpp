// What every report says of itself in the same words as the documents: a test compares them with README.md,
// SECURITY.md and reports/README.md.
#pragma once

namespace offload {

inline constexpr const char* kLimitsStatement =
    "What these figures cannot tell, such as what another answer would have scored, or how long a real call "
    "takes: "
    "reports/LIMITS.md of OffloadBench";

// Of worlds with known outcomes.
inline constexpr const char* kWorldLimitsStatement =
    "What these figures cannot tell, such as what other queries, another draw of an answer or another day's "
    "prices would have come to: reports/LIMITS.md of OffloadBench";

inline constexpr const char* kTrustStatement =
    "Enforced: a plugin that crashes, hangs or takes more than its limits becomes one failed row, and the "
    "others "
    "finish; budgets, masks, rewards and scores are the host's own and follow from the decisions, and verify "
    "computes them again. Believed, of rows that are not isolated: that a plugin decides from what it is "
    "shown. "
    "It is native code with the "
    "rights "
    "of whoever starts the run, so one that means to cheat can look at what it should not see, or forge its "
    "own "
    "result; and what a row learned is taken as stored unless verify --train learns it again.";

}  // namespace offload

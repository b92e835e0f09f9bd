// Honest results, and what verify says of them after a forger's changes.
#pragma once

#include <gmock/gmock.h>

#include "end_to_end/forgeries.hpp"

namespace offload::testing {

class ForgingTest : public CommandTest {
 protected:
  // Runs suite.toml into `honest`.
  void make_honest(const std::string& suite, int status = 0) {
    write("suite.toml", suite);
    const Outcome outcome = run("run suite.toml --out honest");
    ASSERT_EQ(outcome.status, status) << outcome.err;
  }

  Outcome verify_forged(const std::function<void(const Forger&)>& change, const std::string& options,
                        bool report = true) {
    std::filesystem::remove_all(folder_ / "results");
    std::filesystem::copy(folder_ / "honest", folder_ / "results", std::filesystem::copy_options::recursive);
    change(Forger(folder_ / "results"));
    if (report) run("report results");
    return run("verify results --json " + options);
  }

  void try_all(const std::vector<Forgery>& forgeries) {
    for (const Forgery& forgery : forgeries) {
      SCOPED_TRACE(forgery.name);
      const Outcome outcome = verify_forged(forgery.change, "", forgery.report);
      EXPECT_EQ(outcome.status, forgery.status) << outcome.out << outcome.err;
      EXPECT_THAT(outcome.out, ::testing::HasSubstr(forgery.says));
    }
  }

  // What has to be believed of learners is found by training again.
  void train_all(const std::vector<Forgery>& forgeries) {
    for (const Forgery& forgery : forgeries) {
      if (forgery.status != kBelieved) continue;
      SCOPED_TRACE(forgery.name);
      const Outcome outcome = verify_forged(forgery.change, "--train", forgery.report);
      EXPECT_EQ(outcome.status, kWrong) << outcome.out << outcome.err;
    }
  }
};

}  // namespace offload::testing

// Files of Google Benchmark as its versions really write them.
#include "report/comparison/micro_file.hpp"

#include <gmock/gmock.h>

#include <fstream>

#include "core/error.hpp"
#include "report/comparison/comparison.hpp"
#include "unit/report/example.hpp"

namespace offload {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class MicroFiles : public testing::Test {
 protected:
  std::filesystem::path write(const std::string& name, const std::string& benchmarks) {
    std::ofstream(folder_.path() / name) << R"({"context": {}, "benchmarks": [)" << benchmarks << "]}";
    return folder_.path() / name;
  }
  MicroFile read(const std::string& benchmarks) { return read_micro_file(write("a.json", benchmarks)); }
  Comparison compare(const std::string& a, const std::string& b) {
    return compare_benchmarks(write("a.json", a), write("b.json", b), .05);
  }

  const example::TemporaryFolder folder_;
};

const std::string kRun = R"({"name": "f", "run_name": "f", "run_type": "iteration", "real_time": 5,
                            "time_unit": "us"})";
const std::string kFailed = R"({"name": "f", "run_name": "f", "run_type": "iteration", "error_occurred": true,
                               "error_message": "no card", "real_time": 0, "time_unit": "us"})";
const std::string kSkipped = R"({"name": "f", "run_name": "f", "run_type": "iteration", "skipped": true,
                                "skip_message": "too small", "iterations": 0, "real_time": 0.0,
                                "time_unit": "us"})";

TEST_F(MicroFiles, CountersWithoutAValueAreBareWords) {
  const std::string run = R"({"name": "f \"NaN\"", "run_type": "iteration", "real_time": 5, "hits": NaN,
                             "rate": Infinity, "loss": -Infinity, "share": -nan})";
  const MicroFile file = read(run);
  ASSERT_EQ(file.benchmarks.size(), 1U);
  EXPECT_EQ(file.benchmarks[0].name, "f \"NaN\"");
  EXPECT_THAT(file.benchmarks[0].times_ns, ElementsAre(5));
}

TEST_F(MicroFiles, ATimeThatIsABareWordIsNoTime) {
  const MicroFile file = read(R"({"name": "f", "real_time": NaN}, {"name": "f", "real_time": 0})");
  EXPECT_THAT(file.benchmarks[0].times_ns, IsEmpty());
  EXPECT_EQ(file.benchmarks[0].timeless, 2U);
}

TEST_F(MicroFiles, UnitsAreBroughtToOne) {
  const std::string in_us = R"({"name": "f", "real_time": 2, "time_unit": "us"},)",
                    in_ms = R"({"name": "f", "real_time": 0.002, "time_unit": "ms"})";
  EXPECT_THAT(read(in_us + in_ms).benchmarks[0].times_ns, ElementsAre(2000, 2000));
  EXPECT_THROW(read(R"({"name": "f", "real_time": 2, "time_unit": "min"})"), Error);
}

TEST_F(MicroFiles, OldRepetitionsBeginAgainForTheNextOfThatName) {
  std::string list;
  for (const int repetition : {0, 1, 0, 1, 2}) {
    list +=
        (list.empty() ? "" : ",") +
        fmt::format(R"({{"name": "f", "run_type": "iteration", "repetition_index": {}, "real_time": {}}})",
                    repetition, list.size() + 1);
  }
  const MicroFile file = read(list);
  ASSERT_EQ(file.benchmarks.size(), 2U);
  EXPECT_EQ(file.benchmarks[0].repetitions, 2U);
  EXPECT_EQ(file.benchmarks[1].name, "f (2)");
  EXPECT_EQ(file.benchmarks[1].repetitions, 3U);
}

TEST_F(MicroFiles, AMeanIsABenchmarkUnlessOneIsSummarised) {
  EXPECT_EQ(read(R"({"name": "geometric_mean", "real_time": 1})").benchmarks.size(), 1U);
  const MicroFile alone = read(R"({"name": "f_mean", "real_time": 1}, {"name": "f_median", "real_time": 1},
                                  {"name": "f_stddev", "real_time": 0})");
  EXPECT_THAT(alone.benchmarks, IsEmpty());
  EXPECT_EQ(alone.summaries, 3U);
}

TEST_F(MicroFiles, AFailureOfBAloneIsNamedAndNotMissing) {
  const Comparison all = compare(kRun, kFailed);
  EXPECT_THAT(comparison_table(all, false, 100),
              AllOf(HasSubstr("'f' failed: no card, in"), testing::Not(HasSubstr("is not in"))));
  EXPECT_FALSE(all.clean());
  const Comparison some = compare(kRun + "," + kRun, kRun + "," + kFailed);
  EXPECT_EQ(some.lines.size(), 1U);
  EXPECT_THAT(comparison_table(some, false, 100), HasSubstr("failed in 1 of 2 repetitions"));
  EXPECT_FALSE(some.clean());
}

TEST_F(MicroFiles, AFailureOfAAloneIsOnlySaid) {
  const std::string other = R"({"name": "g", "real_time": 5})";
  const Comparison comparison = compare(kFailed + "," + other, kRun + "," + other);
  EXPECT_THAT(comparison.notes, testing::Contains(HasSubstr("failed: no card, in A")));
  EXPECT_TRUE(comparison.clean());
}

TEST_F(MicroFiles, SkippedInBothIsSaidAndInBIsALoss) {
  const std::string other = R"({"name": "g", "real_time": 5})";
  const Comparison both = compare(kSkipped + "," + other, kSkipped + "," + other);
  EXPECT_THAT(both.notes, testing::Contains(HasSubstr("was skipped: too small, in both")));
  EXPECT_TRUE(both.clean());
  EXPECT_FALSE(compare(kRun + "," + other, kSkipped + "," + other).clean());
}

TEST_F(MicroFiles, WhatIsNoneIsNamedForWhatItIs) {
  const auto why = [&](const std::string& text) {
    const auto file = folder_.path() / "x.json";
    std::ofstream(file) << text;
    return not_a_micro_file(file);
  };
  EXPECT_THAT(why(""), HasSubstr("empty"));
  EXPECT_THAT(why(R"({"benchmarks": [{"na)"), HasSubstr("cut off"));
  EXPECT_THAT(why(R"({"rows": []})"), HasSubstr("without a list"));
  EXPECT_THAT(why(R"({"benchmarks": []})"), IsEmpty());
  EXPECT_THAT(not_a_micro_file(folder_.path() / "none"), HasSubstr("does not exist"));
  EXPECT_THAT(not_a_micro_file(folder_.path()), HasSubstr("is no file"));
}

}  // namespace
}  // namespace offload

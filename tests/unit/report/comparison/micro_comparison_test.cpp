// Comparisons of two runs of the microbenchmarks.
#include <gmock/gmock.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "report/comparison/comparison.hpp"
#include "unit/report/example.hpp"

namespace offload {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

// Google Benchmark's JSON of one benchmark with these repetitions, and an aggregate that must not count.
void write_benchmark(const std::filesystem::path& file, const std::vector<double>& times,
                     const std::string& name = "update/64") {
  json list = json::array();
  for (const double time : times) {
    list.push_back({{"name", name},
                    {"run_name", name},
                    {"run_type", "iteration"},
                    {"real_time", time},
                    {"time_unit", "us"}});
  }
  list.push_back({{"name", name + "_mean"},
                  {"run_name", name},
                  {"run_type", "aggregate"},
                  {"real_time", 9999.0},
                  {"time_unit", "us"}});
  std::ofstream(file) << json{{"context", {{"num_cpus", 2}}}, {"benchmarks", list}};
}

TEST(CompareBenchmarks, FindsAConfirmedSlowdown) {
  const example::TemporaryFolder folder;
  const auto a = folder.path() / "a.json", b = folder.path() / "b.json";
  write_benchmark(a, {100, 101, 102, 103, 104});
  write_benchmark(b, {200, 202, 204, 206, 208});
  EXPECT_TRUE(is_benchmark_file(a));
  const Comparison comparison = compare_benchmarks(a, b, .05);
  ASSERT_EQ(comparison.lines.size(), 1U);
  const ComparisonLine& line = comparison.lines[0];
  EXPECT_DOUBLE_EQ(line.a, 102e3);
  EXPECT_DOUBLE_EQ(line.b, 204e3);
  EXPECT_NEAR(line.difference, 1, 1e-12);
  EXPECT_DOUBLE_EQ(line.p, 2.0 / 252);  // 2 over the ways to choose 5 of 10
  EXPECT_EQ(line.verdict, Verdict::regression);
  EXPECT_FALSE(comparison.clean());
  EXPECT_THAT(comparison_markdown(comparison),
              AllOf(HasSubstr("(5 and 5 repetitions"), HasSubstr("| Benchmark | A |")));
  EXPECT_TRUE(compare_benchmarks(b, a, .05).clean());
  EXPECT_TRUE(compare_benchmarks(a, b, 1.5).clean());
}

// The shares of pairs differ, the counts do not.
TEST(CompareBenchmarks, SaysHowManyRepetitionsAllLinesHave) {
  const example::TemporaryFolder folder;
  const auto a = folder.path() / "a.json", b = folder.path() / "b.json";
  const auto write = [](const std::filesystem::path& file, double slower, int more) {
    json list = json::array();
    for (const char* name : {"one", "two"}) {
      const bool second = std::string(name) == "two";
      for (int i = 0; i < 5 + (second ? more : 0); ++i)
        list.push_back({{"name", name}, {"real_time", 100 + i + (second ? slower : 0)}, {"time_unit", "us"}});
    }
    std::ofstream(file) << json{{"context", {{"num_cpus", 2}}}, {"benchmarks", list}};
  };
  write(a, 0, 0);
  write(b, 50, 0);
  EXPECT_THAT(comparison_table(compare_benchmarks(a, b, .05), false, 100),
              HasSubstr("real time (5 and 5 repetitions)\n"));
  write(b, 50, 2);
  EXPECT_THAT(comparison_table(compare_benchmarks(a, b, .05), false, 100), HasSubstr("real time\n"));
}

TEST(CompareBenchmarks, SaysWhenRepetitionsAreTooFew) {
  const example::TemporaryFolder folder;
  const auto a = folder.path() / "a.json", b = folder.path() / "b.json";
  write_benchmark(a, {100, 101, 102});
  write_benchmark(b, {200, 202, 204});
  const Comparison comparison = compare_benchmarks(a, b, .05);
  EXPECT_EQ(comparison.lines[0].verdict, Verdict::unclear);  // p = 2/20 at best
  EXPECT_TRUE(comparison.clean());
  EXPECT_THAT(comparison.notes, ElementsAre(HasSubstr("4 a side are needed")));
  EXPECT_THAT(comparison_table(comparison, false, 100), HasSubstr("too few repetitions"));
}

TEST(CompareBenchmarks, NamesWhatIsMissing) {
  const example::TemporaryFolder folder;
  const auto a = folder.path() / "a.json", b = folder.path() / "b.json";
  write_benchmark(a, {1, 2}, "old");
  write_benchmark(b, {1, 2}, "new");
  const Comparison comparison = compare_benchmarks(a, b, .05);
  EXPECT_THAT(comparison.missing, ElementsAre(MissingPart{"benchmark", "old", b.string()},
                                              MissingPart{"benchmark", "new", a.string()}));
  EXPECT_FALSE(comparison.clean());
}

}  // namespace
}  // namespace offload

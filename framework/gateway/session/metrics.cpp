#include "gateway/session/metrics.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace offload {
namespace {

std::string head(const std::string& name, const char* type) {
  return fmt::format("# TYPE {} {}\n", name, type);
}

template <typename Value>
std::string counters(const std::string& name, const std::map<std::string, Value>& values, double scale = 1) {
  std::string text = head(name, "counter");
  for (const auto& [labels, value] : values) {
    text += fmt::format("{}{{{}}} {}\n", name, labels, static_cast<double>(value) * scale);
  }
  return text;
}

std::string counter(const std::string& name, std::uint64_t value) {
  return head(name, "counter") + fmt::format("{} {}\n", name, value);
}

std::string histograms(const std::string& name, const std::map<std::string, TimeHistogram>& values) {
  std::string text = head(name, "histogram");
  for (const auto& [labels, value] : values) text += value.text(name, labels);
  return text;
}

}  // namespace

void TimeHistogram::add(double seconds) {
  const auto bound = std::lower_bound(kBounds.begin(), kBounds.end(), seconds);
  ++count_[static_cast<std::size_t>(bound - kBounds.begin())];
  sum_ += seconds;
}

std::string TimeHistogram::text(const std::string& name, const std::string& labels) const {
  const std::string comma = labels.empty() ? "" : labels + ",";
  const std::string braces = labels.empty() ? "" : "{" + labels + "}";
  std::string text;
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < count_.size(); ++i) {
    below += count_[i];
    const std::string bound = i < kBounds.size() ? fmt::format("{}", kBounds[i]) : "+Inf";
    text += fmt::format("{}_bucket{{{}le=\"{}\"}} {}\n", name, comma, bound, below);
  }
  return text + fmt::format("{}_sum{} {}\n{}_count{} {}\n", name, braces, sum_, name, braces, below);
}

std::string Metrics::text(const std::string& gauges) const {
  return counters("offload_turns_total", turns) + counters("offload_decisions_total", decisions) +
         counters("offload_refused_total", refused) + counters("offload_calls_total", calls) +
         counters("offload_classified_total", classified) +
         counters("gen_ai_client_token_usage_total", tokens) +
         counters("offload_cost_usd_total", cost_pusd, 1e-12) +
         histograms("gen_ai_client_operation_duration_seconds", duration) +
         histograms("gen_ai_client_operation_time_to_first_chunk_seconds", first_byte) +
         head("offload_decision_seconds", "histogram") + decision.text("offload_decision_seconds", "") +
         counter("offload_joined_total", joined) + counter("offload_over_runs_total", over_runs) +
         counter("offload_fallbacks_total", fallbacks) + counter("offload_estimated_total", estimated) +
         gauges;
}

}  // namespace offload

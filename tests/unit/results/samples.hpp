// A trial and a reference as they are stored, and what is said where one of their figures is another.
#pragma once

#include <cmath>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>

#include "core/error.hpp"
#include "files/plain_file.hpp"
#include "results/result_reading.hpp"
#include "unit/report/example.hpp"

namespace offload::samples {

inline TrialResult sample() { return example::trial(example::plan(), "bold", "s0"); }

inline std::string error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

// The message for the sample with one change.
inline std::string refusal(const std::function<void(nlohmann::json&)>& change) {
  auto document = nlohmann::json::parse(to_json(sample()));
  change(document);
  return error_of([&] { trial_result_from_json(document.dump(), "t.json"); });
}

inline std::string slurp(const std::filesystem::path& file) { return read_bounded(file, 1 << 20); }

inline void spill(const std::filesystem::path& file, const std::string& text) {
  std::ofstream(file, std::ios::binary) << text;
}

inline ReferenceResult sample_reference() {
  ReferenceResult result;
  result.key = "reference-s0";
  result.split = "s0";
  result.episode_ids = {3, 5};
  ReferenceCell cell;
  cell.cell = "open";
  cell.causal.exact = true;
  cell.causal.lower = cell.causal.upper = 1.0 / 3;
  cell.causal.masked_random = {.1 + .2, 0};
  cell.causal.nodes = kCountless;
  cell.constant.training_reward = {.5, .25};
  cell.scores.push_back(
      {"simulator", "knn", {1, .5}, true, {1.5, std::nan("")}, {1.5, std::nan("")}, {.5, .25}, 0, {.5, .5}});
  result.cells = {cell};
  result.unlimited = {{"simulator", "knn", true, {1.5, 2}}};
  result.calibration = {{"knn", {-.25, {.125, std::nan("")}, {7, 0}, 2, 3}}};
  return result;
}

inline std::string reference_refusal(const std::function<void(nlohmann::json&)>& change) {
  auto document = nlohmann::json::parse(to_json(sample_reference()));
  change(document);
  return error_of([&] { reference_result_from_json(document.dump(), "r.json"); });
}

}  // namespace offload::samples

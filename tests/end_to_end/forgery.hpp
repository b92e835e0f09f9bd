// One forgery of a results folder, and the changes that forgeries are made of.
#pragma once

#include <algorithm>
#include <functional>
#include <string>

#include "end_to_end/forger.hpp"

namespace offload::testing {

using Json = nlohmann::json;

inline constexpr int kWrong = 1, kBelieved = 6;

inline void as(const Json& from, Json& to) {
  for (const char* what : {"cells", "training"}) to[what] = from[what];
}

// Two rows' trials on a split, each with what the other did.
inline void swap_what_was_done(const Forger& forger, const std::string& a, const std::string& b) {
  const Json first = forger.copy_of(a, "f0"), second = forger.copy_of(b, "f0");
  forger.trial(a, "f0", [&](Json& trial) { trial["cells"] = second["cells"]; });
  forger.trial(b, "f0", [&](Json& trial) { trial["cells"] = first["cells"]; });
}

inline Json& row_of(Json& plan, const std::string& name) {
  return *std::ranges::find_if(plan["rows"], [&](const Json& row) { return row["name"] == name; });
}

inline Json& resolved_row_of(Json& plan, const std::string& name) {
  return *std::ranges::find_if(plan["resolved"]["rows"],
                               [&](const Json& row) { return row["name"] == name; });
}

inline void fail_trial(Json& trial) {
  trial["status"] = "failed";
  trial["cells"] = trial["episode_ids"] = Json::array();
  trial["host"] = Json::object();
  trial["failure"] = {{"reason", "was ended by signal 9 (SIGKILL)"},
                      {"limit", ""},
                      {"last_output", ""},
                      {"exit_code", nullptr},
                      {"signal", 9}};
}

// Of a plan and its trials alike, another key.
inline void rename_key(const Forger& forger, const std::string& row) {
  Json trial = forger.copy_of(row, "f0");
  const std::string old = trial["key"];
  std::string other = old;
  std::reverse(other.begin(), other.end());
  trial["key"] = other;
  forger.put("trial", trial);
  forger.take_away("trial", old);
  forger.plan([&](Json& plan) {
    for (Json& planned : plan["trials"]) {
      if (planned["key"] == old) planned["key"] = other;
    }
  });
}

struct Forgery {
  std::string name;
  std::function<void(const Forger&)> change;
  std::string says;  // part of what verify --json prints
  int status = kWrong;
  bool report = true;  // made anew after the change
};

// One field of the learner's trial on the first split.
inline std::function<void(const Forger&)> learned(const std::string& pointer, const Json& value) {
  return [=](const Forger& forger) {
    forger.trial("learner", "f0", [&](Json& trial) { trial[Json::json_pointer(pointer)] = value; });
  };
}
inline std::function<void(const Forger&)> of_random(const std::string& pointer, const Json& value) {
  return [=](const Forger& forger) {
    forger.trial("random", "f0", [&](Json& trial) { trial[Json::json_pointer(pointer)] = value; });
  };
}
inline std::function<void(const Forger&)> planned(const std::string& pointer, const Json& value) {
  return [=](const Forger& forger) {
    forger.plan([&](Json& plan) { plan[Json::json_pointer(pointer)] = value; });
  };
}
inline std::function<void(const Forger&)> text(const std::string& file, const std::string& from,
                                               const std::string& to) {
  return [=](const Forger& forger) { forger.replace(file, from, to); };
}

}  // namespace offload::testing

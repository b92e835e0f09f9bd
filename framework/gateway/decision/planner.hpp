// From a session and a request to a decision: which turn it is, what the agent is shown, what may be done,
// and what is reserved for it. Calls nobody.
#pragma once

#include <optional>
#include <string>

#include "gateway/decision/endpoint.hpp"
#include "gateway/decision/episode_actor.hpp"
#include "gateway/decision/policy.hpp"
#include "gateway/openai/request.hpp"

namespace offload {

// What a request says of itself in its head.
struct TurnHeaders {
  std::string task;                                   // x-offload-task
  std::optional<std::int64_t> latency_ns, cost_pusd;  // lower the session's limits
  int classified = -1;                                // a classifier's answer, if there was one
};

// Refused before anything was decided, with the status and the words for the client.
struct Refusal {
  int status = 400;
  std::string message, type = "invalid_request_error", code;
  bool retry = true;      // whether clients should try again as they are used to
  int retry_after_s = 0;  // 0: not told
};

struct TurnPlan {
  enum class Kind { fresh, again, tool };
  Kind kind = Kind::fresh;
  int turn = 0;
  std::int64_t time_ms = 0;  // of the wall clock: prices are those of then
  std::string task_from;
  ServedEpisode episode;  // its last turn is this one
  SeenTurn seen;
  bool exhausted = false;            // no action fits
  std::vector<std::uint8_t> room;    // [actions] whether it fits, reachable or not
  std::vector<Amounts> reserve;      // [kinds of actions]
  std::vector<std::int64_t> tokens;  // [kinds of actions] at most
};

class Planner {
 public:
  // The arguments outlive the object.
  Planner(const ServeSettings& settings, const ServedPolicy& policy, Endpoint& local, Endpoint& cloud);

  // Throws Refusal: no task, another number of views than named.
  TurnPlan plan(const Session& session, const openai::ChatRequest& request, std::string_view body,
                const TurnHeaders& headers, std::int64_t time_ms) const;

  // Whether nobody has told the task of a turn that needs one.
  bool task_is_open(const Session& session, const openai::ChatRequest& request, std::string_view body,
                    const TurnHeaders& headers) const;
  // The limits of the session once the headers have lowered them.
  Amounts limits(const Session& session, const TurnHeaders& headers) const;
  // The cheapest action that is shown as allowed: by cost, then latency, then number.
  int cheapest(const std::vector<std::uint8_t>& mask) const;
  // The cloud with all views that came.
  int all_views(int views) const;
  // Whether the other endpoint can take over: its cheapest allowed action, or -1.
  int other(const TurnPlan& plan, int action) const;

  Endpoint& endpoint(int action) const { return action == 0 ? local_ : cloud_; }

 private:
  int task_of(const openai::ChatRequest& request, std::string_view body, const TurnHeaders& headers,
              std::string& from) const;
  const TaskRule* rule_for(const openai::ChatRequest& request, std::string_view body) const;
  int views_of(const openai::ChatRequest& request) const;
  TurnPlan::Kind place(const Session& session, const openai::ChatRequest& request, int& turn) const;
  void restrict_mask(TurnPlan& plan) const;
  void reserve(TurnPlan& plan, const openai::ChatRequest& request, std::string_view body) const;

  const ServeSettings& settings_;
  const ServedPolicy& policy_;
  Endpoint &local_, &cloud_;
};

}  // namespace offload

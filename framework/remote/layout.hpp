// The transport between the host and an agent or a reward in another process: one memfd that both map, and
// two futex words in it. This header is the whole contract; a child in any language speaks it with mmap and
// one system call. Every number is little-endian and of fixed width; every offset is in bytes from the
// memfd's beginning and aligned to 64. `offsetof` of each field is asserted in layout.cpp.
//
// Start. The child finds the memfd open as descriptor 3, maps header.bytes of it shared (fstat says as much),
// and may close it. It refuses a `version` that it does not know. The first block of the header does not
// change any more. Size and seals are fixed: nobody can shrink it.
//
// One that a nursery of Python's begins finds at `message` what it may read (newborn.hpp), before any
// request.
//
// A round trip. The host fills in the request block, puts into `request` the number after that in `answer`
// (1, 2, 3 ..., modulo 2^32) and, where `request_waited` is not 0, calls futex(&request, FUTEX_WAKE, 1). The
// child waits until `request` differs from the number that it answered last (at first 0): it may look for a
// while (or, by `one_processor`, call sched_yield()), and then, while it is equal, sets `request_waited` to
// 1, calls futex(&request, FUTEX_WAIT, last number) and sets it to 0. It does what `operation` says, fills in
// the answer block, puts request's number into `answer` and, where `answer_waited` is not 0, calls
// futex(&answer, FUTEX_WAKE, 1). The futexes are shared ones (no FUTEX_PRIVATE_FLAG). The host never writes
// between a request and its answer, the child never between an answer and the next request, but for these two
// words. The host copies what it reads before it checks it.
//
// Messages. A request's bytes, and then its answer's, begin at `message`, with their number in request_bytes
// and answer_bytes, at most message_bytes. A longer request comes in pieces: Operation::part is to be
// appended to what is kept and answered with ok, until another operation comes with the last piece. A longer
// answer goes in pieces: Status::more with each but the last, and the host asks for each next one by
// Operation::more.
//
// Failures. Status failed, config, memory or refused, with one sentence of UTF-8 as the message; the host
// shows it as it is, so it names the agent ("agent 'x' failed in act: lost my mind"). A child that ends is
// named by how it ended, whatever it wrote last.
#pragma once

#include <cstddef>
#include <cstdint>

namespace offload {

inline constexpr std::uint32_t kTransportVersion = 2;
inline constexpr int kTransportDescriptor = 3;

// request.operation. What is sent, and what is answered.
enum class Operation : std::uint32_t {
  hello = 1,    // nothing; nothing. Before anything foreign is loaded
  create = 2,   // JSON: what to create (creation.hpp); JSON: what came of it
  step = 3,     // arrays, see StepFlag; arrays, gradient_steps, update_ns
  save = 4,     // nothing; the checkpoint's bytes
  load = 5,     // a checkpoint's bytes; nothing
  scalars = 6,  // nothing; their latest values as f64, NaN where there is none, in the order of `create`
  end = 7,      // nothing; nothing. The agent was destroyed; the child ends with exit status 0
  more = 8,     // nothing; the next piece of the answer before
  part = 9,     // a piece of the request to come; nothing
  score = 10,   // of a reward: `scoring` rows of outcomes; OutcomeOffsets::reward of each
  // Of the C++ child alone, with the JSON of create: the JSON of PluginInfo.
  identify = 11,  // without an instance
  describe = 12,  // with the parameters that one asks for, which does not stay
  // As save and load, of what it decides by alone.
  save_policy = 13,
  load_policy = 14,
};

// request.flags of a step: any of these, in this order.
enum StepFlag : std::uint32_t {
  kObserve = 1,  // take in the transition of `observed` rows: views `before` and `after`, and `transition`
  kUpdate = 2,   // then do the learning that is due: gradient_steps, update_ns
  kAct = 4,      // then choose for `acting` rows of the view `next`, into `chosen`
  // Which views have features in this step; those of the others are unknown, and zeros in their arrays.
  kBeforeFeatures = 8,
  kAfterFeatures = 16,
  kNextFeatures = 32,
};

enum class Status : std::uint32_t {
  ok = 0,
  more = 1,     // ok, and the answer goes on
  failed = 2,   // the agent failed
  config = 3,   // a parameter is wrong
  memory = 4,   // it needs more memory than it may use; memory_refused. The sentence may be empty
  refused = 5,  // of create: what is to be loaded is no agent at all, or no reward
};

// Offsets of the arrays of an offload_view, each for header.rows rows.
struct ViewOffsets {
  std::uint64_t slot;         // i32 [n]
  std::uint64_t first;        // u8  [n]
  std::uint64_t rng;          // u64 [n]
  std::uint64_t observation;  // f32 [n][D]
  std::uint64_t mask;         // u8  [n][A]
  std::uint64_t limit;        // f64 [n][K]
  std::uint64_t spent;        // f64 [n][K]
  std::uint64_t features;     // f32 [n][F]
};

// Likewise of an offload_transition, but for its views.
struct TransitionOffsets {
  std::uint64_t action;       // i32 [n]
  std::uint64_t reward;       // f64 [n]
  std::uint64_t quality;      // f64 [n]
  std::uint64_t association;  // f64 [n]
  std::uint64_t consumed;     // f64 [n][K]
  std::uint64_t terminal;     // u8  [n]
};

// Of an offload_outcomes, each for header.outcomes rows; and what the child answers.
struct OutcomeOffsets {
  std::uint64_t action;             // i32 [n]
  std::uint64_t quality;            // f64 [n]
  std::uint64_t association_raw;    // f64 [n]
  std::uint64_t association;        // f64 [n]
  std::uint64_t consumed;           // f64 [n][K]
  std::uint64_t consumed_relative;  // f64 [n][K]
  std::uint64_t limit;              // f64 [n][K]
  std::uint64_t total;              // f64 [n][K]
  std::uint64_t reward;             // f64 [n], written by the child: the answer of Operation::score
};

struct TransportHeader {
  // Written by the host before the child starts.
  std::uint32_t version;       // kTransportVersion
  std::uint32_t header_bytes;  // sizeof(TransportHeader)
  std::uint64_t bytes;         // of all
  std::int32_t rows;           // the most rows of a step; 0: it is a reward's
  std::int32_t actions;        // A
  std::int32_t observation;    // D
  std::int32_t budgets;        // K
  std::int32_t features;       // F, of a query
  std::int32_t outcomes;       // the most rows of a score; 0: it is an agent's
  std::uint64_t message;       // offset
  std::uint64_t message_bytes;
  ViewOffsets before, after, next;
  TransitionOffsets transition;
  std::uint64_t chosen;  // i32 [n], written by the child: the answer of kAct
  OutcomeOffsets scored;

  // The request, written by the host.
  alignas(64) std::uint32_t request;  // futex word
  std::uint32_t operation;            // Operation
  std::uint32_t flags;                // StepFlag
  std::int32_t mode;                  // of kAct: OFFLOAD_EXPLORE or OFFLOAD_EVALUATE
  std::int32_t observed, acting;      // rows
  std::int32_t scoring;               // rows of Operation::score
  std::uint32_t request_waited;       // 1: the child sleeps, or is about to, until there is a request
  std::uint64_t request_bytes;
  std::uint32_t one_processor;  // 1: both ends share a processor: who waits gives it away instead of looking

  // The answer, written by the child.
  alignas(64) std::uint32_t answer;  // futex word
  std::uint32_t status;              // Status
  std::uint64_t answer_bytes;
  std::int64_t gradient_steps;  // of kUpdate
  std::uint64_t update_ns;      // that it took
  std::int64_t memory_refused;  // bytes that it had when more was refused; 0: nothing was
  std::uint64_t held;           // before hello is answered: what holds the child (process/sandbox.hpp)
  std::uint32_t answer_waited;  // written by the host: it sleeps, or is about to, until there is an answer
};

struct TransportSizes {
  std::int32_t rows = 0, actions = 0, observation = 0, budgets = 0, features = 0, outcomes = 0;
};

// The header of a transport of these sizes. Throws Error(config) where it would take more than 64 GiB.
TransportHeader transport_header(const TransportSizes& sizes);

}  // namespace offload

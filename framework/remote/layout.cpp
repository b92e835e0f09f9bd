#include "remote/layout.hpp"

#include "core/counted.hpp"
#include "core/error.hpp"

namespace offload {
namespace {

constexpr std::uint64_t kMessageBytes = std::uint64_t{1} << 20, kAlignment = 64;
constexpr std::uint64_t kBytesMost = std::uint64_t{1} << 36;

static_assert(sizeof(TransportHeader) == 512);
static_assert(offsetof(TransportHeader, rows) == 16);
static_assert(offsetof(TransportHeader, features) == 32);
static_assert(offsetof(TransportHeader, outcomes) == 36);
static_assert(offsetof(TransportHeader, message) == 40);
static_assert(offsetof(TransportHeader, before) == 56);
static_assert(offsetof(TransportHeader, after) == 120);
static_assert(offsetof(TransportHeader, next) == 184);
static_assert(offsetof(TransportHeader, transition) == 248);
static_assert(offsetof(TransportHeader, chosen) == 296);
static_assert(offsetof(TransportHeader, scored) == 304);
static_assert(offsetof(TransportHeader, request) == 384);
static_assert(offsetof(TransportHeader, operation) == 388);
static_assert(offsetof(TransportHeader, flags) == 392);
static_assert(offsetof(TransportHeader, mode) == 396);
static_assert(offsetof(TransportHeader, observed) == 400);
static_assert(offsetof(TransportHeader, acting) == 404);
static_assert(offsetof(TransportHeader, scoring) == 408);
static_assert(offsetof(TransportHeader, request_waited) == 412);
static_assert(offsetof(TransportHeader, request_bytes) == 416);
static_assert(offsetof(TransportHeader, one_processor) == 424);
static_assert(offsetof(TransportHeader, answer) == 448);
static_assert(offsetof(TransportHeader, status) == 452);
static_assert(offsetof(TransportHeader, answer_bytes) == 456);
static_assert(offsetof(TransportHeader, gradient_steps) == 464);
static_assert(offsetof(TransportHeader, update_ns) == 472);
static_assert(offsetof(TransportHeader, memory_refused) == 480);
static_assert(offsetof(TransportHeader, held) == 488);
static_assert(offsetof(TransportHeader, answer_waited) == 496);

// Gives out the memfd from its beginning.
class Places {
 public:
  std::uint64_t take(std::uint64_t bytes) {
    const std::uint64_t place = end_;
    end_ = (end_ + bytes + kAlignment - 1) / kAlignment * kAlignment;
    return place;
  }
  // How many rows the arrays to come have.
  void of_rows(std::int32_t rows) { rows_ = static_cast<std::uint64_t>(rows); }
  // An array of `width` numbers a row.
  std::uint64_t array(std::uint64_t bytes, std::int32_t width = 1) {
    return take(rows_ * bytes * static_cast<std::uint64_t>(width));
  }
  ViewOffsets view(const TransportHeader& header) {
    ViewOffsets view{};
    view.slot = array(4);
    view.first = array(1);
    view.rng = array(8);
    view.observation = array(4, header.observation);
    view.mask = array(1, header.actions);
    view.limit = array(8, header.budgets);
    view.spent = array(8, header.budgets);
    view.features = array(4, header.features);
    return view;
  }
  std::uint64_t end() const { return end_; }

 private:
  std::uint64_t rows_ = 0, end_ = 0;
};

void place_step(Places& places, TransportHeader& header) {
  places.of_rows(header.rows);
  for (ViewOffsets* view : {&header.before, &header.after, &header.next}) *view = places.view(header);
  TransitionOffsets& step = header.transition;
  step.action = places.array(4);
  step.reward = places.array(8);
  step.quality = places.array(8);
  step.association = places.array(8);
  step.consumed = places.array(8, header.budgets);
  step.terminal = places.array(1);
  header.chosen = places.array(4);
}

void place_outcomes(Places& places, TransportHeader& header) {
  places.of_rows(header.outcomes);
  OutcomeOffsets& scored = header.scored;
  scored.action = places.array(4);
  for (std::uint64_t* place : {&scored.quality, &scored.association_raw, &scored.association})
    *place = places.array(8);
  for (std::uint64_t* place : {&scored.consumed, &scored.consumed_relative, &scored.limit, &scored.total})
    *place = places.array(8, header.budgets);
  scored.reward = places.array(8);
}

}  // namespace

TransportHeader transport_header(const TransportSizes& sizes) {
  TransportHeader header{};
  header.version = kTransportVersion;
  header.header_bytes = sizeof(TransportHeader);
  header.rows = sizes.rows;
  header.actions = sizes.actions;
  header.observation = sizes.observation;
  header.budgets = sizes.budgets;
  header.features = sizes.features;
  header.outcomes = sizes.outcomes;
  Places places;
  places.take(sizeof(TransportHeader));
  header.message_bytes = kMessageBytes;
  header.message = places.take(kMessageBytes);
  place_step(places, header);
  place_outcomes(places, header);
  header.bytes = places.end();
  if (header.bytes > kBytesMost) {
    fail(ErrorKind::config, "{} of {} are too many to share with a process; ask for fewer slots",
         counted(sizes.rows, "row"), counted(sizes.observation + sizes.features, "number"));
  }
  return header;
}

}  // namespace offload

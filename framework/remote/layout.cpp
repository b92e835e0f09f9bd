#include "remote/layout.hpp"

#include "core/error.hpp"

namespace offload {
namespace {

constexpr std::uint64_t kMessageBytes = std::uint64_t{1} << 20, kAlignment = 64;
constexpr std::uint64_t kBytesMost = std::uint64_t{1} << 36;

static_assert(sizeof(TransportHeader) == 448);
static_assert(offsetof(TransportHeader, rows) == 16);
static_assert(offsetof(TransportHeader, message) == 32);
static_assert(offsetof(TransportHeader, before) == 48);
static_assert(offsetof(TransportHeader, after) == 104);
static_assert(offsetof(TransportHeader, next) == 160);
static_assert(offsetof(TransportHeader, transition) == 216);
static_assert(offsetof(TransportHeader, chosen) == 264);
static_assert(offsetof(TransportHeader, request) == 320);
static_assert(offsetof(TransportHeader, operation) == 324);
static_assert(offsetof(TransportHeader, flags) == 328);
static_assert(offsetof(TransportHeader, mode) == 332);
static_assert(offsetof(TransportHeader, observed) == 336);
static_assert(offsetof(TransportHeader, acting) == 340);
static_assert(offsetof(TransportHeader, request_bytes) == 344);
static_assert(offsetof(TransportHeader, answer) == 384);
static_assert(offsetof(TransportHeader, status) == 388);
static_assert(offsetof(TransportHeader, answer_bytes) == 392);
static_assert(offsetof(TransportHeader, gradient_steps) == 400);
static_assert(offsetof(TransportHeader, update_ns) == 408);
static_assert(offsetof(TransportHeader, memory_refused) == 416);
static_assert(offsetof(TransportHeader, held) == 424);

// Gives out the memfd from its beginning.
class Places {
 public:
  explicit Places(std::int32_t rows) : rows_(static_cast<std::uint64_t>(rows)) {}

  std::uint64_t take(std::uint64_t bytes) {
    const std::uint64_t place = end_;
    end_ = (end_ + bytes + kAlignment - 1) / kAlignment * kAlignment;
    return place;
  }
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
    return view;
  }
  std::uint64_t end() const { return end_; }

 private:
  std::uint64_t rows_, end_ = 0;
};

}  // namespace

TransportHeader transport_header(std::int32_t rows, std::int32_t actions, std::int32_t observation,
                                 std::int32_t budgets) {
  TransportHeader header{};
  header.version = kTransportVersion;
  header.header_bytes = sizeof(TransportHeader);
  header.rows = rows;
  header.actions = actions;
  header.observation = observation;
  header.budgets = budgets;
  Places places(rows);
  places.take(sizeof(TransportHeader));
  header.message_bytes = kMessageBytes;
  header.message = places.take(kMessageBytes);
  for (ViewOffsets* view : {&header.before, &header.after, &header.next}) *view = places.view(header);
  TransitionOffsets& step = header.transition;
  step.action = places.array(4);
  step.reward = places.array(8);
  step.quality = places.array(8);
  step.association = places.array(8);
  step.consumed = places.array(8, budgets);
  step.terminal = places.array(1);
  header.chosen = places.array(4);
  header.bytes = places.end();
  if (header.bytes > kBytesMost) {
    fail(ErrorKind::config, "{} rows of {} numbers are too many to share with a process; ask for fewer slots",
         rows, observation);
  }
  return header;
}

}  // namespace offload

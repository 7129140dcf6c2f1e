#include "why.h"

#include <algorithm>

namespace slod::daemon {
namespace {

constexpr auto kIdle = std::chrono::milliseconds(500);

}  // namespace

Why::Why(JournalKept journal, std::function<Booked()> booked)
    : journal_(std::move(journal)), booked_(std::move(booked)), thread_([this] { loop(); }) {}

Why::~Why() {
  stopping_ = true;
  questions_.wake();
  thread_.join();
}

bool Why::ask(const std::string& slo, engine::SlotRange range, Done done) {
  return run([this, slo, range, done = std::move(done)] { done(answer(slo, range)); });
}

bool Why::run(Question question) {
  auto waiting = std::make_unique<Question>(std::move(question));
  return questions_.push(waiting);
}

void Why::loop() {
  while (!stopping_.load()) {
    while (const auto question = questions_.pop()) (*question)();
    questions_.wait_until(std::chrono::steady_clock::now() + kIdle);
  }
}

Result<engine::Contributors> Why::answer(const std::string& name, engine::SlotRange range) const {
  const Booked booked = booked_();
  const RefoldInput input{booked.config, booked.registry, journal_.dir, journal_.journeys,
                          journal_.history ? journal_.history() : nullptr};
  const auto slo = std::find_if(input.config->slos.begin(), input.config->slos.end(),
                                [&](const SloConfig& s) { return s.name == name; });
  if (slo == input.config->slos.end()) return Error{"no SLO is called \"" + name + "\""};
  const std::shared_ptr<const engine::LaneView> lane = booked.log.read(*slo);
  if (!lane || lane->complete_from > slot_start(range.from)) return refold(input, name, range, stopping_);
  engine::Contributions contributions(*input.config, *slo, range);
  contributions.add(*lane);
  const std::shared_ptr<const engine::LaneView> devices =
      slo->journey < 0 ? booked.log.read_devices(*slo) : nullptr;
  const bool has_devices = devices && devices->complete_from <= slot_start(range.from);
  if (has_devices) contributions.add_devices(*devices);
  engine::Contributors answer =
      engine::contributors_of(*input.config, *slo, range, contributions.sums(), booked.dictionary);
  answer.computed_from = "memory";
  if (devices && !has_devices && booked.config->server.show_devices) {
    answer.note = "which devices these were is in memory since " + format_rfc3339(devices->complete_from) +
                  ": ask from then on to have them listed";
  }
  return answer;
}

}  // namespace slod::daemon

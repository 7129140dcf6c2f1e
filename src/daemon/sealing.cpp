#include "slod/daemon/sealing.h"

#include <algorithm>
#include <cstdlib>

#include "slod/config/retention.h"
#include "slod/core/archive.h"
#include "slod/journal/sealed.h"

namespace slod::daemon {
namespace {

constexpr Duration kShortestStep = minutes(10);
/// Minutes of this age are rewritten seldom.
constexpr Duration kPackEvery = hours(1);

Time minute_before(Time at) {
  return floor_to(at, minutes(1));
}

}  // namespace

Sealing::Sealing(const Config& config, Dictionary& dictionary, engine::Engine& engine)
    : on_(config.fleet.has_value()),
      keep_(config::fleet_rows_kept(config)),
      step_(std::max(kShortestStep, Duration(keep_ / 3 / minutes(1) * minutes(1)))),
      interval_(config.evaluation_interval),
      dictionary_(dictionary),
      engine_(engine),
      packed_(dictionary) {
  if (on_) engine_.record_to(ledger_);
}

bool Sealing::take(const journal::SealedBlock& block) {
  if (!on_) return true;
  if (!block.fleet.empty()) {
    base_.position = block.position;
    base_.until = begun_ = block.until;
    return journal::decode_fleet(block.fleet, dictionary_, facts_.emplace_back());
  }
  std::vector<SealedMinutes> minutes;
  if (!journal::decode_minutes(block.minutes, dictionary_, minutes)) return false;
  pending_.insert(pending_.end(), minutes.begin(), minutes.end());
  if (minutes.empty()) return true;
  std::vector<StringId>& checks = sealed_.emplace_back(Sealed{block.until, {}}).checks;
  for (const SealedMinutes& minute : minutes) {
    if (std::find(checks.begin(), checks.end(), minute.check) == checks.end()) checks.push_back(minute.check);
  }
  return true;
}

Time Sealing::since(const std::string& check) const {
  for (auto block = sealed_.rbegin(); block != sealed_.rend(); ++block) {
    const bool has = std::any_of(block->checks.begin(), block->checks.end(),
                                 [&](StringId id) { return dictionary_.text(id) == check; });
    if (!has) return block->until;
  }
  return Time::min();
}

void Sealing::before_tick(Time at) {
  const Slot minute = slot_of(minutes(1) + Time());
  for (; !pending_.empty() && slot_start(pending_.front().slot + minute) <= at; pending_.pop_front())
    engine_.book_sealed(pending_.front());
}

void Sealing::after_tick(Time at, journal::Position group) {
  if (!on_) return;
  const Time before = std::exchange(last_tick_, at);
  if (!facts_.empty()) {
    if (group <= base_.position) return;
    engine_.restore_fleet(facts_.front(), base_.until, at);
    facts_.clear();
    return;
  }
  pack(before, at);
  if (before != Time::min() && floor_to(before, step_) != floor_to(at, step_)) mark(at, group);
  std::size_t old = 0;
  while (old < marks_.size() && marks_[old].until <= at - keep_) ++old;
  make_final(old);
}

void Sealing::pack(Time before, Time at) {
  const Time hour = floor_to(at, kPackEvery);
  if (before == Time::min() || floor_to(before, kPackEvery) == hour) return;
  const Slot until = slot_of(hour - kPackEvery);
  packed_.add(ledger_.before(until, engine_.checks()));
  ledger_.forget_before(until);
}

void Sealing::mark(Time at, journal::Position group) {
  const Time until = minute_before(at);
  if ((ledger_.empty() && packed_.empty()) || until <= std::max(base_.until, told_) ||
      (!marks_.empty() && until <= marks_.back().until))
    return;
  marks_.push_back({group - 1, until, journal::encode_fleet(engine_.fleet_facts(until), dictionary_), false});
}

/// The first `marks` are old enough: the newest of them stands for all.
void Sealing::make_final(std::size_t marks) {
  if (marks == 0 || marks_[marks - 1].final) return;
  marks_.erase(marks_.begin(), marks_.begin() + static_cast<std::ptrdiff_t>(marks - 1));
  Mark& mark = marks_.front();
  SealedFleet facts;
  if (!journal::decode_fleet(mark.facts, dictionary_, facts)) std::abort();  // its own bytes
  engine_.seal_fleet(mark.until, facts);
  mark.facts = journal::encode_fleet(facts, dictionary_);
  mark.final = true;
}

void Sealing::seal_now(Time at, journal::Position group, journal::Position wanted) {
  if (!on_ || !facts_.empty() || base_.position >= wanted) return;
  const auto enough = [&] {
    return std::find_if(marks_.begin(), marks_.end(), [&](const Mark& m) { return m.position >= wanted; });
  };
  if (enough() == marks_.end()) mark(at, group);
  const auto first = enough();
  if (first != marks_.end()) make_final(static_cast<std::size_t>(first - marks_.begin()) + 1);
}

void Sealing::settled(Time until) {
  if (!on_) return;
  told_ = std::max(told_, until);
  if (until <= base_.until) return;
  const auto mark =
      std::find_if(marks_.begin(), marks_.end(), [&](const Mark& m) { return m.until == until; });
  if (mark == marks_.end()) {  // sealed by a fold that had other boundaries: go on behind it
    std::erase_if(marks_, [&](const Mark& m) { return m.until < until; });
    return;
  }
  base_ = {mark->position, until};
  marks_.erase(marks_.begin(), mark + 1);
  ledger_.forget_before(slot_of(until));
  packed_.forget_before(slot_of(until));
}

Time Sealing::closes() const {
  return std::max(base_.until, due().value_or(Time::min())) + minutes(1) + interval_;
}

std::optional<Time> Sealing::due() const {
  if (marks_.empty() || !marks_.front().final) return std::nullopt;
  return marks_.front().until;
}

journal::SealedBlock Sealing::block() {
  const Mark& mark = marks_.front();
  const Slot end = slot_of(mark.until);
  const std::vector<SealedMinutes> minutes = packed_.before(end, ledger_.before(end, engine_.checks()));
  journal::SealedBlock block;
  block.position = mark.position;
  block.until = mark.until;
  block.from = base_.until;
  if (base_.position == 0) block.from = minutes.empty() ? mark.until : slot_start(minutes.front().slot);
  block.minutes = journal::encode_minutes(minutes, dictionary_);
  block.fleet = mark.facts;
  return block;
}

}  // namespace slod::daemon

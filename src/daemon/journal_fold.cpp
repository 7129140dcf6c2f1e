#include "slod/daemon/journal_fold.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

#include "slod/core/archive.h"

namespace slod::daemon {

JournalFold::JournalFold(std::shared_ptr<const Config> config,
                         const std::vector<fleet::RegistryEntry>& registry,
                         const Dictionary& journal_dictionary, std::size_t most_bookings)
    : config_(std::move(config)),
      registry_(registry),
      journal_dictionary_(journal_dictionary),
      log_(*config_, most_bookings),
      engine_(config_, registry_, dictionary_),
      sealing_(*config_, dictionary_, engine_) {
  engine_.record_to(log_);
}

bool JournalFold::adopt(std::shared_ptr<const Config> next) {
  if (!engine_.adopt(next)) return false;
  const std::lock_guard lock(config_mutex_);
  config_ = std::move(next);
  return true;
}

void JournalFold::keep_hours(TellHours tell) {
  if (!tell_hours_) engine_.keep_hours();
  tell_hours_ = std::move(tell);
}

void JournalFold::apply(const journal::Group& group, const OnTick& on_tick) {
  if (takes_sealed(group)) return;
  begin(group, on_tick);
  constexpr std::size_t kAtOnce =
      64;  // translated before the first of them is applied, so that they can be fetched
  std::array<ApiRow, kAtOnce> rows;
  for (std::size_t begin = 0; begin < group.api.size(); begin += kAtOnce) {
    const std::size_t n = std::min(kAtOnce, group.api.size() - begin);
    for (std::size_t i = 0; i < n; ++i)
      rows[i] = translation_.row(journal_dictionary_, group.api[begin + i], dictionary_);
    apply_rows({rows.data(), n});
  }
  for (const DeviceRow& row : group.device) {
    if (!sealing_.covers(row, group.position))
      engine_.apply(translation_.row(journal_dictionary_, row, dictionary_));
  }
}

void JournalFold::apply_own(const journal::Group& group, const OnTick& on_tick) {
  if (takes_sealed(group)) return;
  begin(group, on_tick);
  apply_rows(group.api);
  for (const DeviceRow& row : group.device) {
    if (!sealing_.covers(row, group.position)) engine_.apply(row);
  }
}

bool JournalFold::takes_sealed(const journal::Group& group) {
  if (group.position != 0) return false;
  for (const journal::SealedBlock& block : group.sealed) damaged_ = !sealing_.take(block) || damaged_;
  log_.devices_begin(sealing_.until());
  return true;
}

void JournalFold::apply_rows(std::span<const ApiRow> rows) {
  constexpr std::size_t kAhead = engine::Engine::kLookAhead;
  for (std::size_t i = 0; i < std::min(kAhead, rows.size()); ++i) engine_.prefetch(rows[i]);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (i + kAhead < rows.size()) engine_.prefetch(rows[i + kAhead]);
    engine_.apply(rows[i]);
  }
}

void JournalFold::begin(const journal::Group& group, const OnTick& on_tick) {
  if (first_stamp_ == Time{}) {
    first_stamp_ = group.stamp;
    engine_.observed_from(group.stamp);  // the first call counts: history may have made it
    if (history_begin_ != Time{} && history_begin_ < group.stamp) unobserved("", history_begin_, group.stamp);
  }
  position_ = group.position;
  stamp_ = group.stamp;
  log_.at(group.stamp);
  for (const auto& [source, counts] : group.counts) {
    engine_.count(source, counts);
    if (counts.shed > 0) engine_.missing(source, counts.shed, group.stamp);
  }
  for (const journal::Control& control : group.controls) apply(control, on_tick);
}

void JournalFold::history_begins(Time at) {
  if (history_begin_ != Time{}) return;
  history_begin_ = at;
  if (first_stamp_ == Time{}) engine_.observed_from(at);
}

void JournalFold::apply(const journal::Control& control, const OnTick& on_tick) {
  using journal::ControlKind;
  switch (control.kind) {
    case ControlKind::kTick:
      tick(control.at, on_tick);
      sealing_.after_tick(control.at, position_);
      break;
    case ControlKind::kSealed:
      sealing_.settled(control.at);
      break;
    case ControlKind::kSealNow:
      sealing_.seal_now(control.at, position_, std::strtoull(control.text.c_str(), nullptr, 10));
      tell_hours(control.at);
      break;
    case ControlKind::kGap:
      if (const auto from = parse_rfc3339(control.text)) unobserved(control.subject, *from, control.at);
      break;
    case ControlKind::kSourceDown:
      down_.insert(control.subject);
      look_at_sources(control.at);
      break;
    case ControlKind::kSourceUp:
      down_.erase(control.subject);
      look_at_sources(control.at);
      break;
    case ControlKind::kConfig:
      if (control.subject == "routes") {
        routes_.learn(control.text, control.at);
      } else {
        last_config_ = control.text;
      }
      break;
    case ControlKind::kHistory:
      take_history_note(control);
      break;
    default:
      break;  // kept for later readers of the journal; nothing to fold yet
  }
}

journal::Control JournalFold::history_note() const {
  return {journal::ControlKind::kHistory, last_tick_, std::to_string(history_blocks_), quiet_.text()};
}

/// Where a fold reads that history had been counted: what it made fire was quiet from there on.
void JournalFold::take_history_note(const journal::Control& control) {
  const std::uint64_t blocks = std::strtoull(control.subject.c_str(), nullptr, 10);
  if (blocks <= history_noted_) return;
  history_noted_ = blocks;
  if (coverage_.empty()) return;  // of what this fold is not told
  quiet_.read(control.text);
  quiet_.prune(*engine_.snapshot());
  if (quiet_.empty()) return;
  auto snapshot = *engine_.snapshot();
  quiet_.mark(snapshot);
  static_cast<void>(incidents_.replace(notify::firing_in(snapshot), control.at));
}

/// What recorded logs tell of was observed, whatever was down.
void JournalFold::unobserved(const std::string& source, Time from, Time to) {
  if (coverage_.empty()) return engine_.unobserved(source, from, to);
  for (const SourceConfig& one : config_->sources) {
    if (!source.empty() && source != one.name) continue;
    for (const Stretch& hole : coverage_.holes(one.name, {from, to}))
      engine_.unobserved(one.name, hole.from, hole.to);
  }
}

void JournalFold::look_at_sources(Time at) {
  std::set<std::string> now;
  for (const std::string& source : down_) {
    if (!coverage_.covers(source, at)) now.insert(source);
  }
  for (const std::string& source : shown_down_) {
    if (!now.contains(source)) engine_.source_up(source, true, at);
  }
  for (const std::string& source : now) {
    if (!shown_down_.contains(source)) engine_.source_up(source, false, at);
  }
  shown_down_ = std::move(now);
}

void JournalFold::tick(Time at, const OnTick& on_tick) {
  if (at <= last_tick_) return;
  TickOutcome outcome;
  outcome.at = at;
  outcome.begun = std::chrono::steady_clock::now();
  if (!coverage_.empty()) look_at_sources(at);
  sealing_.before_tick(at);
  outcome.transitions = engine_.tick(at);
  const Time before = std::exchange(last_tick_, at);
  if (hour_of(before) != hour_of(at)) tell_hours(at);
  const bool all_heard = quiet_.empty();
  outcome.events = incidents_.apply(all_heard ? outcome.transitions
                                              : quiet_.heard(outcome.transitions, *engine_.snapshot()));
  on_tick(outcome);
}

/// What the group of a tick brings is counted behind it.
void JournalFold::tell_hours(Time at) {
  if (!tell_hours_ || at <= told_hours_) return;
  told_hours_ = at;
  tell_hours_({at, position_ > 0 ? position_ - 1 : 0, engine_.take_hours()});
}

/// Where what the SLO lives on begins: in the journal, or in history of the source that opens its events.
Time JournalFold::first_of(const SloConfig& slo) const {
  Time first = first_stamp_ == Time{} ? last_tick_ : first_stamp_;
  if (slo.journey >= 0) {
    const JourneyConfig& journey = config_->journeys[static_cast<std::size_t>(slo.journey)];
    return std::min(first, coverage_.begin(journey.api ? journey.api->source : journey.device->source));
  }
  for (const std::string& source : config_->fleet->sources) first = std::min(first, coverage_.begin(source));
  return first;
}

std::shared_ptr<engine::Snapshot> JournalFold::snapshot() const {
  auto snapshot = std::make_shared<engine::Snapshot>(*engine_.snapshot());
  snapshot->journal_position = position_;
  for (engine::SloReading& reading : snapshot->slos) {
    Time since = std::max(routes_.since(*config_, *reading.config), first_of(*reading.config));
    if (reading.config->journey < 0) since = std::max(since, sealing_.since(reading.config->fleet_check));
    if (since > snapshot->as_of - reading.config->window.rolling) reading.counts_since = since;
  }
  quiet_.mark(*snapshot);
  return snapshot;
}

template <class A>
void JournalFold::io(A& a) {
  a(engine_, sealing_, incidents_, quiet_, routes_, coverage_, history_blocks_, history_noted_, down_,
    shown_down_);
  a(first_stamp_, history_begin_, last_config_, position_, stamp_, last_tick_, told_hours_);
}

std::string JournalFold::archived(std::size_t expected) {
  archive::Writer writer(expected);
  io(writer);
  return writer.take();
}

bool JournalFold::restore(std::string_view bytes) {
  archive::Reader reader(bytes);
  io(reader);
  return reader.complete();
}

}  // namespace slod::daemon

#include "committer.h"

#include <algorithm>
#include <utility>

#include "disk_full.h"

namespace slod::daemon {
namespace {

constexpr std::size_t kQueue = 4096;
/// One commit takes at most this many records, so that nobody's answer waits for a giant group.
constexpr std::size_t kGroupRows = 20'000;
/// The loop looks at its clocks twice a second; a round that takes so long is no round.
constexpr Duration kLongestRound = seconds(20);
constexpr auto kIdle = std::chrono::milliseconds(500);
/// The first tick after a start waits for the backlog, but not longer.
constexpr Duration kBacklogPatience = seconds(30);

using SteadyClock = std::chrono::steady_clock;

}  // namespace

Committer::Committer(CommitterContext context) : context_(std::move(context)), queue_(kQueue), to_seal_(2) {
  trimmed_.publish(std::make_shared<const journal::Trimmed>());
  position_ = context_.journal.last_position();
  ahead_of_boot_ =
      nanos(std::max(context_.journal.last_stamp(), context_.wall_clock())) - context_.boot_clock().count();
  looked_at_ = ahead_of_boot_ + context_.boot_clock().count();
}

/// Not far beyond the last look: after a sleep only the next one knows how much of it is journal time.
Time Committer::now() const {
  const std::int64_t latest = looked_at_.load() + kLongestRound.count();
  return from_nanos(std::min(context_.boot_clock().count() + ahead_of_boot_.load(), latest));
}

Committer::~Committer() {
  stop();
}

void Committer::restore_keys() {
  const Time oldest = context_.wall_clock() - KeyStore::kKeep;
  for (const journal::StoredKey& stored : context_.journal.keys_since(oldest)) {
    keys_.add(stored.source, stored.key, stored.at);
  }
}

void Committer::start() {
  open_ = true;
  thread_ = std::thread([this] { loop(); });
}

void Committer::stop() {
  open_ = false;
  stopping_ = true;
  queue_.wake();
  if (thread_.joinable()) thread_.join();
}

bool Committer::submit(Submission& submission) {
  if (!open_.load()) return false;
  auto item = std::make_unique<Item>();
  item->submission = std::move(submission);
  if (queue_.push(item)) return true;
  submission = std::move(item->submission);
  return false;
}

bool Committer::submit_wait(Submission& submission) {
  while (!submit(submission)) {
    if (!open_.load()) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

void Committer::control(journal::Control control) {
  auto item = std::make_unique<Item>();
  item->control = std::move(control);
  while (!queue_.push(item) && !stopping_.load()) std::this_thread::sleep_for(std::chrono::milliseconds(2));
}

bool Committer::note(journal::Control control) {
  auto item = std::make_unique<Item>();
  item->control = std::move(control);
  return queue_.push(item);
}

void Committer::after_commit(std::function<void()> task) {
  auto item = std::make_unique<Item>();
  item->task = std::move(task);
  while (!queue_.push(item) && !stopping_.load()) std::this_thread::sleep_for(std::chrono::milliseconds(2));
}

void Committer::loop() {
  const Duration interval = context_.config.evaluation_interval;
  JournalClock clock(context_.journal.last_stamp(), context_.wall_clock(), context_.boot_clock());
  Time next_tick =
      floor_to(clock.read(context_.wall_clock(), context_.boot_clock()).now, interval) + interval;
  for (;;) {
    const bool last_round = stopping_.load();
    const Duration boot = context_.boot_clock();
    const JournalClock::Reading reading = clock.read(context_.wall_clock(), boot);
    ahead_of_boot_ = nanos(reading.now) - boot.count();
    looked_at_ = nanos(reading.now);
    Batch batch;
    batch.group.stamp = reading.now;
    batch.group.controls = std::exchange(held_controls_, {});
    add_gap(batch, reading);
    drain(batch, reading.now);
    if (!commit(batch)) return refuse_all();
    if (reading.now >= next_tick && may_tick(reading.now)) {
      // Everything that was queued before the tick is in the journal before it. Missed ticks are not made up.
      const Time tick = floor_to(reading.now, interval);
      next_tick = tick + interval;
      if (!commit_tick(reading.now, tick) || !commit_sealed(reading.now)) return refuse_all();
      keys_.forget_before(reading.now - KeyStore::kKeep);
      trim(reading.now);
    }
    if (last_round && queue_.size() == 0) return;
    if (queue_.size() > 0) continue;
    const Duration until_tick = std::max<Duration>(next_tick - reading.now, std::chrono::milliseconds(20));
    queue_.wait_until(SteadyClock::now() + std::min<Duration>(until_tick, kIdle));
  }
}

bool Committer::commit_tick(Time now, Time tick) {
  Batch batch;
  batch.group.stamp = now;
  batch.group.controls.push_back({journal::ControlKind::kTick, tick, {}, {}});
  const journal::Position wanted = context_.journal.waits_for_seal();
  if (wanted > 0)
    batch.group.controls.push_back({journal::ControlKind::kSealNow, tick, {}, std::to_string(wanted)});
  return commit(batch);
}

bool Committer::seal(journal::SealedBlock block) {
  auto item = std::make_unique<journal::SealedBlock>(std::move(block));
  return to_seal_.push(item);
}

/// What keeps it from being written (a full disk, a reader in the way) passes: the block waits, and nothing
/// is trimmed without it.
bool Committer::commit_sealed(Time now) {
  if (!sealing_) sealing_ = to_seal_.pop();
  if (!sealing_) return true;
  Batch batch;
  batch.group.stamp = now;
  batch.group.controls.push_back({journal::ControlKind::kSealed, sealing_->until, {}, {}});
  batch.group.sealed.push_back(*sealing_);
  const Result<journal::Position> position = context_.journal.append(batch.group);
  if (!position && !context_.journal.disk_full()) return not_stored(batch, position.error().message);
  if (!position) {
    const bool told = std::exchange(seal_failed_, true);
    if (!told && context_.log) {
      context_.log("what is to be sealed cannot be written yet, no report is dropped before: " +
                   position.error().message);
    }
    return true;
  }
  seal_failed_ = false;
  sealing_.reset();
  position_ = batch.group.position;
  hand_over(batch);
  return true;
}

void Committer::trim(Time now) {
  const Status done = context_.journal.trim(now, context_.counted ? context_.counted() : journal::kAllGroups);
  if (!done && context_.log) context_.log(done.error().message);
  const journal::Trimmed after = context_.journal.trimmed();
  const journal::Trimmed before = *trimmed_.read();
  if (after == before) return;
  if (after.by_room > before.by_room && context_.log) {
    context_.log("the journal has no room for its whole retention: what came before " +
                 format_rfc3339(after.room_until) +
                 " is dropped and can not be counted anew; raise state.journal_retention.max_bytes, or ask "
                 "for less with state.journal_retention.journeys");
  }
  trimmed_.publish(std::make_shared<const journal::Trimmed>(after));
}

bool Committer::may_tick(Time now) {
  if (ticking_) return true;
  if (!begun_) begun_ = now;
  const bool drained = !context_.sources_drained || context_.sources_drained();
  return ticking_ = drained || now - *begun_ >= kBacklogPatience;
}

/// What nobody could see: the time that a clock was set over, and the time that slod did not run at all (a
/// suspended machine, a stopped process).
void Committer::add_gap(Batch& batch, const JournalClock::Reading& reading) {
  const Time before = std::exchange(last_look_, reading.now);
  const bool slept = before != Time{} && reading.now - before > kLongestRound;
  if (!reading.jumped_from && !slept) return;
  const Time from = slept ? before : *reading.jumped_from;
  batch.group.controls.push_back({journal::ControlKind::kGap, reading.now, {}, format_rfc3339(from)});
}

void Committer::drain(Batch& batch, Time now) {
  const bool refusing = room_is_short();
  if (refusing) note_disk(true, "the rest is kept for alerts");
  while (batch.group.api.size() + batch.group.device.size() < kGroupRows) {
    const auto item = queue_.pop();
    if (!item) return;
    if (refusing && !item->control) {
      if (item->submission.done) item->submission.done({Committed::kRefused, kDiskFull});
      continue;
    }
    take(*item, batch, now);
  }
}

void Committer::take(Item& item, Batch& batch, Time now) {
  if (item.control) {
    item.control->at = std::max(item.control->at, Time{});
    batch.group.controls.push_back(std::move(*item.control));
    return;
  }
  if (item.task) {
    batch.answers.emplace_back([task = std::move(item.task)](const CommitAnswer&) { task(); },
                               CommitAnswer{});
    return;
  }
  Submission& submission = item.submission;
  if (submission.key && answered_by_key(submission, batch, now)) return;
  RecordBatch& records = *submission.batch;
  remapper_.append(records, context_.dictionary, batch.group.api, batch.group.device);
  add_counts(batch.group, records.source, records.counts);
  std::move(records.unmatched_paths.begin(), records.unmatched_paths.end(),
            std::back_inserter(batch.unmatched_paths));
  if (submission.position) batch.group.positions.push_back(std::move(*submission.position));
  if (submission.done) batch.answers.emplace_back(std::move(submission.done), CommitAnswer{});
}

bool Committer::answered_by_key(Submission& submission, Batch& batch, Time now) {
  const std::string& source = submission.batch->source;
  for (const journal::StoredKey& pending : batch.group.keys) {
    if (pending.source != source || pending.key.key != submission.key->key) continue;
    if (submission.done) submission.done({Committed::kInFlight, {}});
    return true;
  }
  if (auto known = keys_.known(source, *submission.key)) {
    // The repeated records are received again and count as duplicates: accepted ones that no row follows.
    if (known->result == Committed::kRepeated) {
      SourceCounts repeated;
      const SourceCounts& counts = submission.batch->counts;
      repeated.duplicate = counts.accepted + counts.ignored + counts.late + counts.rejected_total();
      add_counts(batch.group, source, repeated);
    }
    if (submission.done) batch.answers.emplace_back(std::move(submission.done), std::move(*known));
    return true;
  }
  batch.group.keys.push_back({source, std::move(*submission.key), now});
  return false;
}

void Committer::add_counts(journal::Group& group, const std::string& source, const SourceCounts& counts) {
  const auto known = std::find_if(group.counts.begin(), group.counts.end(),
                                  [&](const auto& c) { return c.first == source; });
  if (known != group.counts.end()) {
    known->second.add(counts);
  } else {
    group.counts.emplace_back(source, counts);
  }
}

bool Committer::commit(Batch& batch) {
  journal::Group& group = batch.group;
  const bool empty = group.controls.empty() && group.api.empty() && group.device.empty() &&
                     group.counts.empty() && group.keys.empty() && group.positions.empty();
  if (!empty) {
    const auto begin = SteadyClock::now();
    const Result<journal::Position> position = append(group);
    if (!position) return not_stored(batch, position.error().message);
    commit_seconds_ = std::chrono::duration<double>(SteadyClock::now() - begin).count();
    position_ = group.position;
    if (!context_.ballast || context_.ballast->there()) note_disk(false, "");
    for (const journal::StoredKey& stored : group.keys) keys_.add(stored.source, stored.key, stored.at);
  }
  for (auto& [done, answer] : batch.answers) done(std::move(answer));
  if (empty && batch.unmatched_paths.empty()) return true;
  hand_over(batch);
  return true;
}

void Committer::hand_over(Batch& batch) {
  auto committed = std::make_unique<CommittedGroup>();
  committed->group = std::move(batch.group);
  committed->unmatched_paths = std::move(batch.unmatched_paths);
  while (!context_.evaluator.push(committed)) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

bool Committer::not_stored(Batch& batch, const std::string& error) {
  if (!context_.journal.disk_full()) {
    open_ = false;
    // No answer for this group: after an error nobody knows whether it will be found on the disk, and a
    // refusal would say that it will not.
    context_.on_dead_journal(error);
    return false;
  }
  // A full disk heals, and nothing of the group is in the journal: the senders keep it and come back.
  note_disk(true, error);
  for (auto& [done, answer] : batch.answers) done({Committed::kRefused, kDiskFull});
  for (journal::Control& control : batch.group.controls) {
    using journal::ControlKind;
    const bool of_now = control.kind == ControlKind::kTick || control.kind == ControlKind::kSealed ||
                        control.kind == ControlKind::kSealNow;
    if (!of_now) held_controls_.push_back(std::move(control));
  }
  return true;
}

Result<journal::Position> Committer::append(journal::Group& group) {
  Result<journal::Position> position = context_.journal.append(group);
  const bool of_senders = !group.api.empty() || !group.device.empty() || !group.keys.empty() ||
                          !group.counts.empty() || !group.positions.empty() || !group.sealed.empty();
  if (position || of_senders || !context_.journal.disk_full() || !context_.ballast) return position;
  if (!context_.ballast->drop()) return position;
  note_disk(true, position.error().message);
  return context_.journal.append(group);
}

bool Committer::room_is_short() {
  if (!context_.ballast || context_.ballast->there()) return false;
  if (SteadyClock::now() < next_refill_) return true;
  next_refill_ = SteadyClock::now() + std::chrono::seconds(1);
  return !context_.ballast->fill();
}

void Committer::note_disk(bool full, const std::string& error) {
  if (disk_full_.exchange(full) == full || !context_.log) return;
  context_.log(full ? "no room, senders are told to come back: " + error +
                          ". Make room on that disk; slod then goes on by itself"
                    : "there is room again");
}

void Committer::refuse_all() {
  open_ = false;
  while (!stopping_.load()) {
    while (const auto item = queue_.pop()) {
      if (item->submission.done) item->submission.done({Committed::kRefused, {}});
    }
    queue_.wait_until(SteadyClock::now() + kIdle);
  }
}

}  // namespace slod::daemon

#include "slod/daemon/refolding.h"

#include <algorithm>

#include "slod/config/retention.h"

namespace slod::daemon {
namespace {

/// So far behind the last record of history the ticks that slod missed are made up.
constexpr Duration kBehindHistory = hours(1);

/// It is sealed a few times a day: once more is enough, unless reading takes days.
constexpr int kMostOutrun = 2;

/// Nobody is told of the past.
void ignore(TickOutcome&) {}

}  // namespace

/// One stream of history and its next record.
struct Refolding::Stream {
  std::unique_ptr<journal::Reader> reader;
  journal::Group group;
  std::size_t next = 0;
  bool ended = false;

  [[nodiscard]] bool has_row() const { return next < group.api.size() + group.device.size(); }
  /// Requires: has_row(). A block is of one source, so of one kind.
  [[nodiscard]] Time arrival() const {
    return next < group.api.size() ? group.api[next].received
                                   : group.device[next - group.api.size()].received;
  }
};

Refolding::Refolding(RefoldingInput input) : input_(std::move(input)), fold_(new_fold()) {}

Refolding::~Refolding() = default;

std::shared_ptr<JournalFold> Refolding::new_fold() const {
  return std::make_shared<JournalFold>(input_.config, input_.registry, input_.journal_dictionary,
                                       input_.most_bookings);
}

void Refolding::reset() {
  fold_ = new_fold();
  streams_.clear();
  live_.reset();
  next_tick_.reset();
  last_history_.reset();
  blocks_read_ = 0;
}

Status Refolding::open() {
  if (input_.ear.begins) input_.ear.begins();
  if (input_.hours.begins) {
    input_.hours.begins();
    fold_->keep_hours(input_.hours.tell);
  }
  auto reader = input_.journal(fold_->dictionary());
  if (!reader) return reader.error();
  reader_ = std::move(*reader);
  if (!input_.history) return ok();
  fold_->cover(input_.history->coverage);
  for (const std::string& dir : input_.history->dirs) {
    auto stream = std::make_unique<Stream>();
    auto opened = journal::read_sqlite_journal(dir, 0, fold_->dictionary());
    if (!opened) return opened.error();
    stream->reader = std::move(*opened);
    streams_.push_back(std::move(stream));
  }
  return ok();
}

Status Refolding::fill(Stream& stream) {
  while (!stream.has_row() && !stream.ended) {
    auto group = stream.reader->next();
    if (!group) return group.error();
    stream.ended = !group->has_value();
    if (stream.ended) break;
    stream.group = std::move(**group);
    stream.next = 0;
    blocks_read_ += stream.group.keys.size();
    for (const auto& [source, counts] : stream.group.counts) fold_->engine().count(source, counts);
  }
  return ok();
}

Status Refolding::next_live() {
  for (;;) {
    auto group = reader_->next();
    if (!group) return group.error();
    live_ = std::move(*group);
    if (!live_ || live_->position != 0) return ok();
    fold_->apply_own(*live_, ignore);  // what is sealed comes before its time
    if (fold_->damaged()) return Error{"what is sealed in the journal cannot be read"};
  }
}

Status Refolding::run() {
  for (int again = 0;; ++again) {
    if (Status opened = open(); !opened) return opened;
    if (Status merged = merge(); !merged) return merged;
    if (stopped_) return ok();
    if (!fold_->sealing().outrun()) break;
    if (again == kMostOutrun) return Error{"the journal was sealed while it was read"};
    reset();
  }
  fold_->set_history_blocks(blocks_read_);
  finished_ = true;
  return ok();
}

Status Refolding::merge() {
  if (Status read = next_live(); !read) return read;
  for (;;) {
    Stream* first = nullptr;  // of equal arrivals the older stream's
    for (const auto& stream : streams_) {
      if (Status filled = fill(*stream); !filled) return filled;
      if (stream->has_row() && (first == nullptr || stream->arrival() < first->arrival()))
        first = stream.get();
    }
    if (!goes_on()) return ok();
    if (first != nullptr && (!live_ || first->arrival() < live_->stamp)) {
      apply_history(*first);
    } else if (live_) {
      apply_live();
      if (Status read = next_live(); !read) return read;
    } else {
      return ok();
    }
  }
}

bool Refolding::goes_on() {
  if (!pace_.due()) return !stopped_;
  const journal::Position last = input_.last_position ? input_.last_position() : 0;
  const double whole =
      static_cast<double>(last) + static_cast<double>(input_.history ? input_.history->blocks : 0);
  const double done = static_cast<double>(fold_->position()) + static_cast<double>(blocks_read_);
  stopped_ = !input_.progress(whole > 0 ? std::min(done / whole, 1.0) : 1.0);
  return !stopped_;
}

/// Applies rows of `stream` as long as they are the first of all.
void Refolding::apply_history(Stream& stream) {
  fold_->history_begins(stream.arrival());
  std::optional<Time> before;     // rows of older streams and live groups that come then come first
  std::optional<Time> not_after;  // rows of younger streams may wait behind equal arrivals
  if (live_) before = live_->stamp;
  bool older = true;
  for (const auto& other : streams_) {
    if (other.get() == &stream) {
      older = false;
    } else if (other->has_row()) {
      auto& limit = older ? before : not_after;
      limit = limit ? std::min(*limit, other->arrival()) : other->arrival();
    }
  }
  while (stream.has_row()) {
    const Time arrival = stream.arrival();
    if ((before && arrival >= *before) || (not_after && arrival > *not_after)) return;
    tick_until(arrival);
    last_history_ = arrival;
    fold_->log().at(arrival);
    const std::size_t api = stream.group.api.size();
    if (stream.next < api) {
      fold_->engine().apply(stream.group.api[stream.next]);
    } else if (const DeviceRow& row = stream.group.device[stream.next - api]; !fold_->sealing().covers(row)) {
      fold_->engine().apply(row);
    }
    ++stream.next;
    pace_.did(1);
  }
}

void Refolding::tick(Time at) {
  fold_->tick(at, ignore);
  note_tick();
}

void Refolding::note_tick() {
  const Time last = fold_->last_tick();
  if (last != Time{} && (!next_tick_ || *next_tick_ <= last))
    next_tick_ = last + input_.config->evaluation_interval;
}

/// The tick at t has seen what arrived before t.
void Refolding::tick_until(Time arrival) {
  const Duration interval = input_.config->evaluation_interval;
  if (!next_tick_) next_tick_ = floor_to(arrival, interval) + interval;
  const auto settles = config::settles_after(*input_.config);
  const Time last = std::max(last_history_.value_or(Time{}), fold_->stamp());
  while (*next_tick_ <= arrival && goes_on()) {
    if (settles && *next_tick_ > last + *settles && fold_->last_tick() != Time{})
      next_tick_ = std::max(*next_tick_, floor_to(arrival, interval));
    tick(*next_tick_);
  }
}

void Refolding::apply_live() {
  const journal::Group& group = *live_;
  // Ticks that slod missed are made up only where history tells of that time.
  const Duration interval = input_.config->evaluation_interval;
  while (last_history_ && *next_tick_ + interval <= group.stamp &&
         *next_tick_ <= *last_history_ + kBehindHistory)
    tick(*next_tick_);
  apply(group);
  pace_.did(group.api.size() + group.device.size());
  note_tick();
}

void Refolding::apply(const journal::Group& group) {
  if (input_.ear.tick) {
    fold_->apply_own(group, input_.ear.tick);
  } else {
    fold_->apply_own(group, ignore);
  }
  if (input_.ear.group) input_.ear.group(group);
}

Status Refolding::catch_up(journal::Position position) {
  while (fold_->position() < position) {
    if (Status read = next_live(); !read) return read;
    if (!live_) return Error{"the journal ends before position " + std::to_string(position)};
    apply_live();
  }
  return ok();
}

}  // namespace slod::daemon

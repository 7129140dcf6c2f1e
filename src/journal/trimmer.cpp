#include "journal/trimmer.h"

#include <algorithm>
#include <filesystem>

#include "journal/segment.h"

namespace slod::journal {
namespace {

/// A step's work: about 0.1 s of disk.
constexpr std::int64_t kStepBytes = std::int64_t{32} << 20;
constexpr const char* kGiveBack = "PRAGMA incremental_vacuum(4096)";

/// Deletes from the start of `table` until kStepBytes are gone. True: the table is empty now.
Result<bool> delete_step(sqlite::Database& database, const std::string& table, const std::string& column) {
  Result<sqlite::Statement> rows =
      database.prepare("SELECT position,length(" + column + ") FROM " + table + " ORDER BY position");
  if (!rows) return rows.error();
  std::int64_t bytes = 0;
  std::int64_t last = 0;
  bool more = true;
  while (bytes < kStepBytes) {
    const Result<bool> row = rows->step();
    if (!row) return row.error();
    more = *row;
    if (!more) break;
    last = rows->integer(0);
    bytes += rows->integer(1) + 64;
  }
  rows->reset();
  const Status gone = database.exec("DELETE FROM " + table + " WHERE position<=" + std::to_string(last));
  if (!gone) return gone.error();
  return !more;
}

bool empty_after_step(Status& status, sqlite::Database& database, const std::string& table,
                      const std::string& column) {
  const Result<bool> step = delete_step(database, table, column);
  if (!step) status = step.error();
  return step && *step;
}

Result<Segment> open_kept(const std::string& dir) {
  const std::string path = kept_path(dir);
  std::error_code error;
  if (std::filesystem::exists(path, error)) {
    Result<sqlite::Database> database = sqlite::Database::open(path, sqlite::Database::Mode::kReadOnly);
    if (!database) return database.error();
    const Result<bool> ours = check_format(*database);
    if (!ours) return ours.error();
    if (*ours) return Segment::open(path);
    const Status removed = remove_database(dir, path);
    if (!removed) return removed.error();
  }
  bool disk_full = false;
  Result<Segment> made = Segment::create(path, disk_full);
  if (!made) return made;
  const Status synced = sync_directory(dir);
  if (!synced) return synced.error();
  return made;
}

void add_counts(Counts& sums, const Counts& more) {
  for (const auto& one : more) {
    auto at = std::find_if(sums.begin(), sums.end(), [&](const auto& sum) { return sum.first == one.first; });
    if (at == sums.end()) at = sums.insert(sums.end(), {one.first, {}});
    at->second.add(one.second);
  }
}

/// Copies what outlives the segment, as one group per position, and the sum of all counts at its last one.
Status copy_kept(SegmentReader& from, Segment& to, Position last) {
  Counts sums;
  BlobWriter writer;
  for (Position at = 0; at < last;) {
    Result<std::optional<Group>> group = from.next_facts(at);
    if (!group) return group.error();
    if (!*group) return ok();
    at = (*group)->position;
    const Time stamp = (*group)->stamp;
    add_counts(sums, (*group)->counts);
    std::vector<Control>& controls = (*group)->controls;
    std::erase_if(controls, [](const Control& control) { return !outlives_retention(control.kind); });
    const bool ends = at == last;
    if (controls.empty() && !ends) continue;
    const bool counts = ends && !sums.empty();
    GroupBlobs blobs;
    blobs.control = writer.seal({Part::kControl, at, stamp},
                                {encode_controls({0, 0, counts, false}, controls, stamp), {}});
    if (counts) blobs.counts = writer.seal({Part::kCounts, at, stamp}, {encode_counts(sums), {}});
    if (Status s = to.keep(at, stamp, blobs); !s) return s;
  }
  return ok();
}

}  // namespace

Status Trimmer::trim(Time now, const std::vector<SegmentFile>& files, Done done) {
  done_ = done;
  waits_for_seal_ = 0;
  std::uint64_t bytes = bytes_in(options_.dir);
  for (std::size_t i = 0; i + 1 < files.size(); ++i) {
    const Result<Closed*> closed = look(files[i]);
    if (!closed) return closed.error();
    const bool old = now - (*closed)->last_stamp > options_.keep_journeys;
    if (old || bytes > options_.max_bytes) {
      if (!may_go(**closed, old)) break;
      const Closed dropped = **closed;
      if (Status s = drop_segment(files[i]); !s) return s;
      note_dropped(dropped, old);
      bytes = bytes_in(options_.dir);
      continue;
    }
    if (!fleet_may_go(**closed, now) && now - (*closed)->last_stamp <= options_.keep_keys) break;
    if (Status s = trim_streams(files[i], **closed, now); !s) return s;
  }
  return ok();
}

bool Trimmer::may_go(const Closed& closed, bool old) {
  const bool sealed = !options_.seals || closed.last <= done_.sealed;
  if (sealed && closed.last <= done_.counted) return true;
  waits_for_seal_ = closed.last;
  if (sealed || old || closed.last <= early_) return false;
  early_ = closed.last;
  ++trimmed_.early_seals;
  return false;
}

void Trimmer::note_dropped(const Closed& closed, bool old) {
  ++(old ? trimmed_.by_age : trimmed_.by_room);
  if (!old) trimmed_.room_until = closed.last_stamp;
}

Result<Trimmer::Closed*> Trimmer::look(const SegmentFile& file) {
  const auto known = closed_.find(file.first);
  if (known != closed_.end()) return &known->second;
  Dictionary unused;
  Result<std::unique_ptr<SegmentReader>> reader = SegmentReader::open(file.path, unused);
  if (!reader) return reader.error();
  if (!*reader) return Error{file.path + ": has no schema, but later segments are there"};
  const Result<std::optional<SegmentReader::End>> last = (*reader)->last();
  if (!last) return last.error();
  Closed closed;
  if (*last) closed.last_stamp = (*last)->stamp, closed.last = (*last)->position;
  // In the first format commands and replies lie among the fleet's rows: they stay as long as journeys.
  closed.fleet_gone = (*reader)->version() < 2;
  return &closed_.emplace(file.first, closed).first->second;
}

Status Trimmer::drop_segment(const SegmentFile& file) {
  if (Status s = keep(file); !s) return s;
  closed_.erase(file.first);
  return remove_database(options_.dir, file.path);
}

Status Trimmer::keep(const SegmentFile& file) {
  Dictionary unused;
  Result<std::unique_ptr<SegmentReader>> from = SegmentReader::open(file.path, unused);
  if (!from) return from.error();
  const Result<std::optional<SegmentReader::End>> last = (*from)->last();
  if (!last) return last.error();
  if (!*last) return ok();
  Result<Segment> to = open_kept(options_.dir);
  if (!to) return to.error();
  const Status copied =
      sqlite::in_transaction(to->database(), [&] { return copy_kept(**from, *to, (*last)->position); });
  return copied ? to->finish() : copied;
}

bool Trimmer::fleet_may_go(const Closed& closed, Time now) const {
  return options_.seals ? closed.last <= done_.sealed : now - closed.last_stamp > options_.keep_fleet;
}

Status Trimmer::trim_streams(const SegmentFile& file, Closed& closed, Time now) {
  const Duration age = now - closed.last_stamp;
  const bool fleet = fleet_may_go(closed, now) && !closed.fleet_gone;
  const bool keys = age > options_.keep_keys && !closed.keys_gone;
  if (!fleet && !keys) return ok();
  Result<Segment> segment = Segment::open(file.path);
  if (!segment) return segment.error();
  sqlite::Database& database = segment->database();
  Status status = ok();
  if (fleet) closed.fleet_gone = empty_after_step(status, database, "fleet", "rows");
  if (status && fleet && closed.fleet_gone) {
    // Only now: while one fleet row is left, its words must be.
    status =
        database.exec("DELETE FROM words WHERE part=" + std::to_string(static_cast<int>(Part::kFleetWords)));
  }
  if (status && keys) closed.keys_gone = empty_after_step(status, database, "keys", "entries");
  if (status) status = database.exec(kGiveBack);
  if (status) status = segment->finish();
  return status;
}

}  // namespace slod::journal

// The journal on SQLite: one file per segment. docs/journal-format.md.
#include <algorithm>
#include <filesystem>

#include "slod/journal/journal.h"

#include "journal/checkpointer.h"
#include "journal/directory.h"
#include "journal/narrow.h"
#include "journal/positions.h"
#include "journal/recovery.h"
#include "journal/sealed_store.h"
#include "journal/segment.h"
#include "journal/sqlite_reader.h"
#include "journal/trimmer.h"

namespace slod::journal {
namespace {

class SqliteJournal final : public Journal {
 public:
  SqliteJournal(const JournalOptions& options, Dictionary& dictionary, DirectoryLock lock,
                Recovered recovered, const SealedUntil& sealed);

  Result<Position> append(Group& group) override;
  [[nodiscard]] bool disk_full() const override { return disk_full_; }
  Result<std::unique_ptr<Reader>> read_from(Position position) override {
    return read_from(position, *dictionary_);
  }
  Result<std::unique_ptr<Reader>> read_from(Position position, Dictionary& dictionary) override {
    return std::unique_ptr<Reader>(std::make_unique<SqliteReader>(options_.dir, position, dictionary));
  }
  Status trim(Time now, Position counted) override;
  Result<Time> rows_since() override { return journal::rows_since(options_.dir); }
  [[nodiscard]] Position waits_for_seal() const override { return trimmer_.waits_for_seal(); }
  [[nodiscard]] Trimmed trimmed() const override { return trimmer_.trimmed(); }
  [[nodiscard]] Position last_position() const override { return last_position_; }
  [[nodiscard]] Time last_stamp() const override { return last_stamp_; }
  [[nodiscard]] std::vector<SourcePosition> positions() const override { return positions_.positions(); }
  [[nodiscard]] std::vector<StoredKey> keys_since(Time at) const override;
  [[nodiscard]] std::uint64_t bytes() const override { return bytes_in(options_.dir); }

 private:
  Status ready_for(Time stamp);
  Status seal(const SealedBlock& block);
  Status begin_segment();
  [[nodiscard]] Status go_on_in_segment();
  [[nodiscard]] bool segment_is_over(Time stamp) const;
  [[nodiscard]] Status failed(const Error& error, bool full);
  void appended(const Group& group, const GroupBlobs& blobs);
  Status collect_keys(Time at, std::vector<StoredKey>& keys) const;

  JournalOptions options_;
  Dictionary* dictionary_;
  DirectoryLock lock_;
  GroupEncoder encoder_;
  Trimmer trimmer_;
  PositionTable positions_;
  std::optional<Segment> segment_;
  std::optional<Segment> closing_;  ///< the one before, until its successor holds a group
  bool words_known_ = false;        ///< the encoder knows the words of segment_
  bool segment_empty_ = false;
  Checkpointer checkpointer_;  ///< behind segment_: its connection goes first
  Time segment_start_;
  std::uint64_t segment_bytes_ = 0;
  Position last_position_ = 0;
  Time last_stamp_;
  SealedUntil sealed_;
  bool unfinished_ = false;  ///< a closed segment does not stand alone yet
  bool disk_full_ = false;
  mutable std::optional<Error> dead_;
};

/// Only closed segments can be dropped, and the newest with its log counts too: where little room is given
/// they are so small that dropping one takes little of the retention, and that what is kept stays within.
JournalOptions fitted(JournalOptions options) {
  constexpr std::uint64_t kSmallest = 256 * 1024, kParts = 16;
  const std::uint64_t part = std::max(options.max_bytes / kParts, kSmallest);
  options.segment_bytes = std::min(options.segment_bytes, part);
  options.log_bytes = std::min(options.log_bytes, part);
  return options;
}

SqliteJournal::SqliteJournal(const JournalOptions& options, Dictionary& dictionary, DirectoryLock lock,
                             Recovered recovered, const SealedUntil& sealed)
    : options_(options),
      dictionary_(&dictionary),
      lock_(std::move(lock)),
      encoder_(dictionary),
      trimmer_(options),
      segment_(std::move(recovered.segment)),
      checkpointer_(options.log_bytes),
      segment_start_(recovered.segment_start),
      segment_bytes_(recovered.segment_bytes),
      last_position_(recovered.last_position),
      last_stamp_(recovered.last_stamp),
      sealed_(sealed) {
  positions_.assign(recovered.positions);
}

bool SqliteJournal::segment_is_over(Time stamp) const {
  if (!segment_ || !segment_->can_grow()) return true;
  if (segment_empty_) return false;
  return stamp - segment_start_ >= options_.segment_length || segment_bytes_ >= options_.segment_bytes;
}

Status SqliteJournal::failed(const Error& error, bool full) {
  disk_full_ = full;
  if (full) return Error{"disk full: " + error.message};
  dead_ = Error{"the journal can no longer be written: " + error.message};
  return *dead_;
}

Status SqliteJournal::begin_segment() {
  const std::string path = segment_path(options_.dir, last_position_ + 1);
  bool full = false;
  Result<Segment> made = Segment::create(path, full);
  const Status synced = made ? sync_directory(options_.dir) : Status(made.error());
  if (!synced) {
    // Whatever stopped it, a half-made file must not stay in the way of the next try.
    made = synced.error();
    static_cast<void>(remove_database(options_.dir, path).has_value());
    return failed(synced.error(), full);
  }
  if (segment_) closing_ = std::move(segment_);
  segment_ = std::move(*made);
  encoder_.new_segment();
  words_known_ = true;
  segment_empty_ = true;
  segment_bytes_ = 0;
  return ok();
}

Status SqliteJournal::go_on_in_segment() {
  Result<std::unique_ptr<SegmentReader>> reader =
      SegmentReader::open(segment_->database().path(), *dictionary_);
  if (!reader) return reader.error();
  const Status loaded = (*reader)->load_words();
  if (!loaded) return loaded;
  encoder_.take_over((*reader)->decoder().journey_words(), (*reader)->decoder().fleet_words());
  words_known_ = true;
  return ok();
}

Status SqliteJournal::ready_for(Time stamp) {
  if (dead_) return *dead_;
  if (segment_is_over(stamp)) return begin_segment();
  if (words_known_) return ok();
  const Status known = go_on_in_segment();
  return known ? known : failed(known.error(), false);
}

Status SqliteJournal::seal(const SealedBlock& block) {
  // The journal itself is well: whatever it is, the same group may be tried again later.
  const Status sealed = add_sealed(options_.dir, block, block.until - options_.keep_minutes);
  disk_full_ = !sealed;
  if (!sealed) return sealed;
  sealed_.position = block.position;
  sealed_.until = block.until;
  return ok();
}

Result<Position> SqliteJournal::append(Group& group) {
  group.stamp = std::max(group.stamp, last_stamp_);
  const Status ready = ready_for(group.stamp);
  if (!ready) return ready.error();
  for (const SealedBlock& block : group.sealed) {
    if (const Status sealed = seal(block); !sealed) return sealed.error();
  }
  group.position = last_position_ + 1;
  narrow(group);
  const GroupBlobs blobs = encoder_.encode(group);
  if (segment_empty_) positions_.forget_old(group.stamp);
  const Status stored =
      segment_->append(group, blobs, segment_empty_ ? positions_.known() : std::vector<KnownPosition>());
  if (!stored) {
    const bool full = segment_->database().disk_full();
    segment_->database().rollback();
    encoder_.undo();
    return failed(stored.error(), full).error();
  }
  appended(group, blobs);
  return last_position_;
}

void SqliteJournal::appended(const Group& group, const GroupBlobs& blobs) {
  encoder_.settle();
  if (segment_empty_) segment_start_ = group.stamp;
  segment_empty_ = false;
  disk_full_ = false;
  last_position_ = group.position;
  last_stamp_ = group.stamp;
  segment_bytes_ += blobs.control.size() + blobs.counts.size() + blobs.positions.size() + blobs.keys.size() +
                    blobs.journeys.size() + blobs.legs.size() + blobs.fleet.size() +
                    blobs.journey_words.size() + blobs.fleet_words.size();
  positions_.set(group.positions, group.stamp);
  if (closing_) {
    // Nothing depends on it: what a reader in the way or a full disk prevents is done by trim() or the next
    // start.
    checkpointer_.leave();
    unfinished_ = !closing_->finish() || unfinished_;
    closing_.reset();
  }
  // The group is durable, whatever became of the copy: only the next one is refused.
  const Status copied = checkpointer_.committed(segment_->database());
  if (!copied) static_cast<void>(failed(copied.error(), false).has_value());
}

Status SqliteJournal::trim(Time now, Position counted) {
  const Result<std::vector<SegmentFile>> files = list_segments(options_.dir);
  if (!files) return files.error();
  // The newest segment may hold nothing yet; then the one before must stay too, or a crash would leave no
  // group.
  std::vector<SegmentFile> groups = *files;
  if (segment_empty_ && !groups.empty()) groups.pop_back();
  if (unfinished_) unfinished_ = !finish_closed(groups);
  return trimmer_.trim(now, groups, {sealed_.position, counted});
}

Status SqliteJournal::collect_keys(Time at, std::vector<StoredKey>& keys) const {
  const Result<std::vector<SegmentFile>> files = list_segments(options_.dir);
  if (!files) return files.error();
  for (auto file = files->rbegin(); file != files->rend(); ++file) {
    Dictionary unused;
    Result<std::unique_ptr<SegmentReader>> reader = SegmentReader::open(file->path, unused);
    if (!reader) return reader.error();
    if (!*reader) continue;
    if (Status s = (*reader)->keys_since(at, options_.most_keys, keys); !s) return s;
    const Result<std::optional<SegmentReader::End>> first = (*reader)->first();
    if (!first) return first.error();
    if (*first && (*first)->stamp < at) return ok();
  }
  return ok();
}

std::vector<StoredKey> SqliteJournal::keys_since(Time at) const {
  std::vector<StoredKey> keys;
  const Status collected = collect_keys(at, keys);
  std::reverse(keys.begin(), keys.end());
  // Without the keys a repeated batch would count twice: rather take nothing in.
  if (!collected) {
    dead_ =
        Error{"the journal can no longer be written: its keys cannot be read: " + collected.error().message};
  }
  return keys;
}

}  // namespace

Result<std::unique_ptr<Journal>> open_sqlite_journal(const JournalOptions& options, Dictionary& dictionary) {
  if (Status s = create_directory(options.dir); !s) return s.error();
  Result<DirectoryLock> lock = DirectoryLock::take(options.dir);
  if (!lock) return lock.error();
  Result<Recovered> recovered = recover(options.dir);
  if (!recovered) return recovered.error();
  if (!recovered->cut.empty() && options.on_cut) options.on_cut(recovered->cut);
  // SQLite syncs the directory of a new log but takes no notice if that fails: here it is an error.
  if (Status s = sync_directory(options.dir); !s) return s.error();
  const Result<SealedUntil> sealed = sealed_until(options.dir);
  if (!sealed) return sealed.error();
  return std::unique_ptr<Journal>(std::make_unique<SqliteJournal>(
      fitted(options), dictionary, std::move(*lock), std::move(*recovered), *sealed));
}

Result<std::unique_ptr<Reader>> read_sqlite_journal(const std::string& dir, Position position,
                                                    Dictionary& dictionary) {
  std::error_code error;
  if (!std::filesystem::is_directory(dir, error)) return Error{"there is no journal directory " + dir};
  return std::unique_ptr<Reader>(std::make_unique<SqliteReader>(dir, position, dictionary));
}

/// What was kept of dropped segments ends with the last group whose rows went.
Result<Time> rows_since(const std::string& dir) {
  const std::string path = kept_path(dir);
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return Time{};
  Dictionary unused;
  Result<std::unique_ptr<SegmentReader>> reader = SegmentReader::open(path, unused);
  if (!reader) return reader.error();
  if (!*reader) return Time{};
  const Result<std::optional<SegmentReader::End>> last = (*reader)->last();
  if (!last) return last.error();
  return *last ? (*last)->stamp : Time{};
}

}  // namespace slod::journal

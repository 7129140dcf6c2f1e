// Journal: the truth. An append-only sequence of groups; one group is one durable transaction. Behind an
// interface, so that another implementation can come; tests/unit/journal/conformance.h is what each must
// pass. Format: docs/journal-format.md. Thread: the committer is the only writer. A Reader belongs to its
// thread and may run beside the writer.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "slod/core/record.h"
#include "slod/core/result.h"
#include "slod/core/submission.h"

namespace slod::journal {

/// Groups are numbered 1, 2, 3... without gaps over all segments. 0: before the first.
using Position = std::uint64_t;
/// Behind every group.
inline constexpr Position kAllGroups = ~Position{0};

enum class ControlKind : std::uint8_t {
  kTick = 1,
  kGap,
  kClockChange,
  kSourceUp,
  kSourceDown,
  kConfig,
  kRegistry,
  kMaintenance,
  kExclusion,
  kCorrection,
  kSilence,
  kAcknowledgement,
  kViolation,
  kSealed = 32,   ///< what the group's `sealed` says is durable; at: its end
  kSealNow = 33,  ///< room is short: seal at this tick what has come so far
  kHistory = 64   ///< history is counted from here on; subject: its blocks; text: the rules that are quiet
};

/// What people did stays for ever, whatever the retention: everything but what slod notes about itself.
/// From kOfPeople on every kind is such, those that are yet to come included.
inline constexpr std::uint8_t kOfPeople = 64;
[[nodiscard]] constexpr bool outlives_retention(ControlKind kind) {
  const auto number = static_cast<std::uint8_t>(kind);
  return (kind > ControlKind::kSourceDown && kind < ControlKind::kSealed) || number >= kOfPeople;
}

/// What is not a record of a source but is needed to fold the journal to the same numbers.
struct Control {
  ControlKind kind = ControlKind::kTick;
  Time at;              ///< tick: the tick; gap: its end
  std::string subject;  ///< source name; config version
  std::string text;     ///< config text; JSON for the rest
};

struct StoredKey {
  std::string source;
  IdempotencyKey key;
  Time at;
};

/// What outlives the fleet's rows (sealed.h has the bytes): the device-minutes of [from, until), which
/// nothing rewrites any more, and what was known of the devices behind the group at `position`, so that the
/// fleet's rows up to it are not needed.
struct SealedBlock {
  Position position = 0;
  Time from, until;
  std::string minutes, fleet;  ///< read: "" where it is not asked for
};

/// What is appended, read and folded as one: in this order controls (ticks come first: they precede the
/// records of their group), api, device. Row ids belong to the dictionary that the journal was opened with.
struct Group {
  Position position = 0;  ///< set by append and by the reader
  Time stamp;             ///< journal time; never decreases
  std::vector<Control> controls;
  std::vector<ApiRow> api;
  std::vector<DeviceRow> device;
  std::vector<std::pair<std::string, SourceCounts>> counts;  ///< of this group, by source
  std::vector<StoredKey> keys;
  std::vector<SourcePosition> positions;
  std::vector<SealedBlock> sealed;  ///< appended: at most one, with a kSealed control
};

/// What trim() let go since the journal was opened, in segments; and seals that want of room asked for.
struct Trimmed {
  std::uint64_t by_age = 0, by_room = 0, early_seals = 0;
  Time room_until;  ///< the end of the newest segment that went for want of room
  friend bool operator==(const Trimmed&, const Trimmed&) = default;
};

class Reader {
 public:
  virtual ~Reader() = default;
  /// The next group, or nothing at the journal's present end. Errors: corruption, with segment and position.
  virtual Result<std::optional<Group>> next() = 0;
};

class Journal {
 public:
  virtual ~Journal() = default;
  /// Durable (fsync) when it returns. Sets the position, and narrows ids and users to the widths that are
  /// kept (80 and 48 bits) in the group itself, so that the live fold sees what a replay will read. Errors:
  /// I/O (the journal is dead: nothing more may be appended) or full disk (see disk_full(); the same group
  /// may be tried again later).
  /// A sealed block is durable before its group is; one that overlaps with it takes the place of the older
  /// one.
  virtual Result<Position> append(Group& group) = 0;
  [[nodiscard]] virtual bool disk_full() const = 0;
  /// Reads from the group after `position`. From 0: what is sealed comes too, in groups of their own with
  /// position 0: first the newest block's fleet, then minutes, each before the groups of its time. Strings
  /// are interned into the journal's dictionary in journal order. The committer's thread only, or before it
  /// starts: interning has one owner.
  virtual Result<std::unique_ptr<Reader>> read_from(Position position) = 0;
  /// The same with the reader's own dictionary, for any other thread; both must live as long as the reader.
  virtual Result<std::unique_ptr<Reader>> read_from(Position position, Dictionary& dictionary) = 0;
  /// Forgets what is older than the retentions (fleet rows, then whole segments) or beyond max_bytes; what
  /// people did and the sums of the counts stay (docs/journal-format.md). Bounded work: call it at every
  /// tick.
  /// Groups after `counted` keep their rows, whatever their age: what they add to the hourly totals is not
  /// durable yet.
  virtual Status trim(Time now, Position counted) = 0;
  Status trim(Time now) { return trim(now, kAllGroups); }
  /// The stamp of the last group whose rows are gone: those of all later ones are there. The epoch: none ever
  /// went. Any thread.
  virtual Result<Time> rows_since() = 0;
  /// The last group that trim() would have dropped, but its fleet rows are not sealed or it is not counted in
  /// hourly totals yet. 0: none.
  [[nodiscard]] virtual Position waits_for_seal() const { return 0; }
  [[nodiscard]] virtual Trimmed trimmed() const { return {}; }
  [[nodiscard]] virtual Position last_position() const = 0;
  [[nodiscard]] virtual Time last_stamp() const = 0;                        ///< the epoch in an empty journal
  [[nodiscard]] virtual std::vector<SourcePosition> positions() const = 0;  ///< each stream's newest; by age
  [[nodiscard]] virtual std::vector<StoredKey> keys_since(Time at) const = 0;  ///< oldest first
  [[nodiscard]] virtual std::uint64_t bytes() const = 0;
};

struct JournalOptions {
  std::string dir;  ///< <state>/journal
  Duration segment_length = hours(24);
  std::uint64_t segment_bytes = std::uint64_t{1} << 30;  ///< at most; a 16th of max_bytes if that is less
  Duration keep_journeys = hours(24 * 400);
  Duration keep_fleet = hours(24 * 3);  ///< reports and presence
  /// Fleet rows go when they are sealed, whatever their age, and never before.
  bool seals = false;
  Duration keep_minutes = hours(24 * 1096);  ///< sealed device-minutes
  std::uint64_t max_bytes = 100'000'000'000;
  /// At which length a segment's write-ahead log is copied into the segment and begins anew.
  std::uint64_t log_bytes = std::uint64_t{16} << 20;
  std::size_t most_keys = 1'000'000;  ///< keys_since() gives at most the newest so many
  /// Longer than any promise about keys (24 h), with the segment's own length on top.
  Duration keep_keys = hours(48);
  /// Hears, while the journal opens, what had to be cut from its end. May be empty.
  std::function<void(const std::string& what)> on_cut;
};

/// Opens or creates. Takes the directory's lock. Errors (in words for the operator): held by another process
/// (with its pid), a newer schema, corruption in the middle (which segment, which group, what to do). A torn
/// tail is cut.
[[nodiscard]] Result<std::unique_ptr<Journal>> open_sqlite_journal(const JournalOptions& options,
                                                                   Dictionary& dictionary);
/// Reads the journal of a directory without its lock: beside a daemon, or from a read-only copy.
[[nodiscard]] Result<std::unique_ptr<Reader>> read_sqlite_journal(const std::string& dir, Position position,
                                                                  Dictionary& dictionary);
/// Journal::rows_since() of a directory, without its lock.
[[nodiscard]] Result<Time> rows_since(const std::string& dir);
/// The error that open_sqlite_journal() would give because another process holds the directory. Takes and
/// makes nothing.
[[nodiscard]] Status nobody_holds(const std::string& dir);
/// For tests and the conformance suite.
[[nodiscard]] std::unique_ptr<Journal> make_memory_journal(Dictionary& dictionary,
                                                           const JournalOptions& options = {});

}  // namespace slod::journal

// Journal: the truth. An append-only sequence of groups; one group is one durable transaction. Behind an interface, so
// that another implementation can come; tests/unit/journal/conformance.h is what each must pass. Format:
// docs/journal-format.md.
// Thread: the committer is the only writer. A Reader belongs to its thread and may run beside the writer.
#pragma once

#include <cstdint>
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

enum class ControlKind : std::uint8_t {
  kTick = 1, kGap, kClockChange, kSourceUp, kSourceDown, kConfig, kRegistry, kMaintenance, kExclusion, kCorrection,
  kSilence, kAcknowledgement, kViolation
};

/// What is not a record of a source but is needed to fold the journal to the same numbers.
struct Control {
  ControlKind kind = ControlKind::kTick;
  Time at;                            ///< tick: the tick; gap: its end
  std::string subject;                ///< source name; config version
  std::string text;                   ///< config text; JSON for the rest
};

struct StoredKey {
  std::string source;
  IdempotencyKey key;
  Time at;
};

/// What is appended, read and folded as one: in this order controls (ticks come first: they precede the records of
/// their group), api, device. Row ids belong to the dictionary that the journal was opened with.
struct Group {
  Position position = 0;              ///< set by append and by the reader
  Time stamp;                         ///< journal time; never decreases
  std::vector<Control> controls;
  std::vector<ApiRow> api;
  std::vector<DeviceRow> device;
  std::vector<std::pair<std::string, SourceCounts>> counts;   ///< of this group, by source
  std::vector<StoredKey> keys;
  std::vector<SourcePosition> positions;
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
  /// Durable (fsync) when it returns. Errors: I/O (the journal is dead: nothing more may be appended) or full disk
  /// (see disk_full(); the same group may be tried again later).
  virtual Result<Position> append(Group& group) = 0;
  [[nodiscard]] virtual bool disk_full() const = 0;
  /// Reads from the group after `position`. Strings are interned into the journal's dictionary in journal order.
  virtual Result<std::unique_ptr<Reader>> read_from(Position position) = 0;
  /// Forgets whole segments older than the retentions (journeys, fleet) or beyond max_bytes.
  virtual Status trim(Time now) = 0;
  [[nodiscard]] virtual Position last_position() const = 0;
  [[nodiscard]] virtual Time last_stamp() const = 0;          ///< the epoch in an empty journal
  [[nodiscard]] virtual std::vector<SourcePosition> positions() const = 0;   ///< newest per (source, stream)
  [[nodiscard]] virtual std::vector<StoredKey> keys_since(Time at) const = 0;
  [[nodiscard]] virtual std::uint64_t bytes() const = 0;
};

struct JournalOptions {
  std::string dir;                    ///< <state>/journal
  Duration segment_length = hours(24);
  std::uint64_t segment_bytes = std::uint64_t{1} << 30;
  Duration keep_journeys = hours(24 * 400);
  Duration keep_fleet = hours(24 * 3);
  std::uint64_t max_bytes = 100'000'000'000;
};

/// Opens or creates. Takes the directory's lock. Errors (in words for the operator): held by another process (with its
/// pid), a newer schema, corruption in the middle (which segment, which group, what to do). A torn tail is cut.
[[nodiscard]] Result<std::unique_ptr<Journal>> open_sqlite_journal(const JournalOptions& options,
                                                                   Dictionary& dictionary);
/// For tests and the conformance suite.
[[nodiscard]] std::unique_ptr<Journal> make_memory_journal(Dictionary& dictionary);

}  // namespace slod::journal

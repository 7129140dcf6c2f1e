// Trimmer: ends retentions. Whole segments go when their journeys' retention ends or the journal is too big;
// what people did and the sums of the counts move to kept.db first. Fleet rows and keys go earlier, in small
// steps. Thread: the committer.
#pragma once

#include <map>
#include <string>

#include "slod/journal/journal.h"

#include "journal/blob.h"
#include "journal/directory.h"
#include "journal/segment_reader.h"

namespace slod::journal {

class Trimmer {
 public:
  explicit Trimmer(const JournalOptions& options) : options_(options) {}
  /// Up to which groups the fleet's rows are sealed, and everything is in the hourly totals.
  struct Done {
    Position sealed = 0, counted = 0;
  };
  /// Everything but the newest segment may go. `files`: all segments.
  Status trim(Time now, const std::vector<SegmentFile>& files, Done done);
  [[nodiscard]] Position waits_for_seal() const { return waits_for_seal_; }
  [[nodiscard]] const Trimmed& trimmed() const { return trimmed_; }

 private:
  /// What one look at a closed segment told; it does not change but through us.
  struct Closed {
    Time last_stamp;
    Position last = 0;
    bool fleet_gone = false;
    bool keys_gone = false;
  };
  Result<Closed*> look(const SegmentFile& file);
  /// Whether it may go: what it tells is kept elsewhere. Else what is wanted is noted.
  [[nodiscard]] bool may_go(const Closed& closed, bool old);
  void note_dropped(const Closed& closed, bool old);
  Status drop_segment(const SegmentFile& file);
  Status keep(const SegmentFile& file);
  Status trim_streams(const SegmentFile& file, Closed& closed, Time now);
  [[nodiscard]] bool fleet_may_go(const Closed& closed, Time now) const;
  JournalOptions options_;
  std::map<Position, Closed> closed_;
  Done done_;
  Position waits_for_seal_ = 0;
  Position early_ = 0;  ///< the last of a segment whose early seal was asked for
  Trimmed trimmed_;
};

}  // namespace slod::journal

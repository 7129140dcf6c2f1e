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
  /// Everything but the newest segment may go. `files`: all segments.
  Status trim(Time now, const std::vector<SegmentFile>& files);

 private:
  /// What one look at a closed segment told; it does not change but through us.
  struct Closed {
    Time last_stamp;
    bool fleet_gone = false;
    bool keys_gone = false;
  };
  Result<Closed*> look(const SegmentFile& file);
  Status drop_segment(const SegmentFile& file);
  Status keep(const SegmentFile& file);
  Status trim_streams(const SegmentFile& file, Closed& closed, Time now);
  JournalOptions options_;
  std::map<Position, Closed> closed_;
};

}  // namespace slod::journal

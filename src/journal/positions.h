// The newest position of every (source, stream), bounded: a stream that is not its source's newest is
// forgotten when nothing has come from it for 7 days (rotated files come and go for ever). Thread: the
// committer.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "slod/core/submission.h"
#include "slod/core/time.h"

namespace slod::journal {

struct KnownPosition {
  SourcePosition position;
  Time stamp;  ///< of the group that set it
};

class PositionTable {
 public:
  void set(const SourcePosition& position, Time stamp);
  void set(const std::vector<SourcePosition>& positions, Time stamp);
  void assign(const std::vector<KnownPosition>& positions);
  /// A file that is quiet for longer than that, but still its source's newest, must not be read again from
  /// its start.
  void forget_old(Time now);
  [[nodiscard]] std::vector<KnownPosition> known() const;
  /// Those set last come last.
  [[nodiscard]] std::vector<SourcePosition> positions() const;

 private:
  std::map<std::pair<std::string, std::string>, KnownPosition> table_;
};

}  // namespace slod::journal

// Checkpointer: copies the newest segment's write-ahead log into its file on a thread and a connection of its
// own, so that commits do not wait for it. A passive copy never catches up with commits that keep coming, and
// the log begins anew only when all of it is copied: once it is long, the committer copies the little that
// came during the last pass by itself. Its part is a few pages; a log that is far too long makes the
// committer wait for the thread, so the log has a bound. Copying makes nothing durable that was not so
// before: each commit has synced the log already.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <thread>

#include "slod/core/result.h"
#include "slod/sqlite/sqlite.h"

namespace slod::journal {

class Checkpointer {
 public:
  /// The log begins anew at about `log_bytes`, and is never longer than four times that but for a reader that
  /// holds it. The thread starts when there is first something to copy.
  explicit Checkpointer(std::uint64_t log_bytes);
  ~Checkpointer();
  Checkpointer(const Checkpointer&) = delete;
  Checkpointer& operator=(const Checkpointer&) = delete;

  /// After each commit, by the committer. Errors: the file cannot be written any more (a full disk and a
  /// reader in the way are none: it is tried again).
  Status committed(sqlite::Database& database);
  /// Another segment follows, or the file is to be closed: its connection is gone when this returns.
  void leave();

 private:
  /// Who may touch the members behind state_: the committer, or the thread.
  enum class State : std::uint8_t { kIdle, kCopying, kOver };
  void begin_anew();
  void hand_over(const sqlite::Database& database);
  Status copy_rest(sqlite::Database& database);
  void loop();
  void copy();
  void await_idle() const;

  int limit_;  ///< pages
  std::atomic<State> state_{State::kIdle};
  std::thread thread_;
  std::string path_;
  std::optional<sqlite::Database> database_;
  int copied_ = 0;              ///< pages of the log that are in the file
  std::optional<Error> error_;  ///< of the thread's last pass
  // The committer's alone.
  int last_ = 0;       ///< pages of the log at the last commit
  int passes_ = 0;     ///< since the log is long
  int held_from_ = 0;  ///< all was copied at this length, but the log goes on: somebody reads it
};

}  // namespace slod::journal

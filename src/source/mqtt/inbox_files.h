// The inbox on disk: <dir>/<source>.<generation>.log, and what a start makes of the files that a crash left
// behind. Thread: whoever opens the inbox, before anybody else sees it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "slod/core/result.h"
#include "slod/core/submission.h"

namespace slod::source {

/// A place in the inbox: `offset` bytes into the file of that generation.
struct InboxPoint {
  std::uint64_t generation = 0;
  std::uint64_t offset = 0;
  friend auto operator<=>(const InboxPoint&, const InboxPoint&) = default;
};

using Log = std::function<void(const std::string& level, const std::string& message)>;

[[nodiscard]] std::string inbox_path(const std::string& dir, const std::string& source,
                                     std::uint64_t generation);
/// Generations on disk, ascending.
[[nodiscard]] std::vector<std::uint64_t> inbox_generations(const std::string& dir, const std::string& source);

/// "gen:7" and back.
[[nodiscard]] std::string inbox_stream(std::uint64_t generation);
[[nodiscard]] std::optional<std::uint64_t> inbox_generation(const std::string& stream);
/// Digest of the bytes just before `offset`: recognises another file with the same name. "" if they cannot be
/// read.
[[nodiscard]] std::string inbox_check(int fd, std::uint64_t offset);
/// The same of the first message's offset, in any file.
[[nodiscard]] std::string inbox_start_check();
/// Neither there nor set aside: its messages were not read, and somebody removed it.
[[nodiscard]] bool inbox_file_is_gone(const std::string& dir, const std::string& source,
                                      std::uint64_t generation);

/// Offset of the first whole message behind a damaged one that begins at `from`; it ends at or before `end`.
/// Nothing: there is none.
[[nodiscard]] Result<std::optional<std::uint64_t>> next_whole_message(int fd, std::uint64_t from,
                                                                      std::uint64_t end);

struct RecoveredInbox {
  InboxPoint start;           ///< where reading goes on
  InboxPoint end;             ///< where writing goes on; its file exists, with its header
  std::uint64_t backlog = 0;  ///< bytes between the two
  bool moved = false;         ///< no position is committed in the file where reading goes on
  bool lost = false;          ///< messages that nobody had read are gone for certain, how many nobody knows
};

/// Cuts torn tails behind the last good frame (damage before it stays, the reader passes it over), removes
/// what has been read, and finds start and end from the committed positions (of any source and stream: the
/// fitting ones are picked). Reading is in order, so every generation older than the newest committed one has
/// been read. A file shorter than its committed position (power loss) has been read as well, and is replaced
/// by a new generation, as is any doubt about where to append. The file of the committed position that is
/// gone or empty is said: slod removes it only when a position behind it is committed.
[[nodiscard]] Result<RecoveredInbox> recover_inbox(const std::string& dir, const std::string& source,
                                                   const std::vector<SourcePosition>& positions,
                                                   const Log& log);

/// Creates the file of a new generation with its header, durable in its directory. Returns its descriptor.
[[nodiscard]] Result<int> create_inbox_file(const std::string& dir, const std::string& source,
                                            std::uint64_t generation);

}  // namespace slod::source

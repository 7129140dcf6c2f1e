// Reads the inbox from a point on, in blocks of whole messages. Thread: the reader's.
#pragma once

#include <string>
#include <vector>

#include "source/mqtt/inbox.h"

namespace slod::source {

/// Views live until the next read().
struct InboxBlock {
  std::vector<InboxMessage> messages;
  InboxPoint after;           ///< behind the last message
  std::uint64_t bytes = 0;    ///< how much of the inbox this is
  std::string check;          ///< of the position `after`
  std::uint64_t skipped = 0;  ///< bytes before `after` that were not readable: damage, to be reported
  std::uint64_t gone = 0;     ///< files before `after` that somebody removed, unread: to be reported
};

class InboxReader {
 public:
  explicit InboxReader(const Inbox& inbox) : inbox_(inbox) {}
  ~InboxReader();
  InboxReader(const InboxReader&) = delete;
  InboxReader& operator=(const InboxReader&) = delete;

  static constexpr std::size_t kMaxMessages = 512;
  static constexpr std::size_t kMaxBytes = 256 * 1024;

  /// At most kMaxMessages and kMaxBytes (at least one message, however large), from `from` to the inbox's
  /// end. No messages and no bytes: nothing new. A block never spans two generations; one that only leaves a
  /// generation has no messages and a new `after`.
  [[nodiscard]] Result<InboxBlock> read(InboxPoint from);

 private:
  [[nodiscard]] Status open(std::uint64_t generation);
  [[nodiscard]] Result<std::uint64_t> limit(std::uint64_t generation, InboxPoint end) const;
  [[nodiscard]] Result<std::size_t> fill(std::uint64_t offset, std::size_t bytes);
  /// `block.after`, and what is missing before it.
  static void to_next_file(const InboxOptions& options, InboxPoint end, InboxBlock& block);

  const Inbox& inbox_;
  int fd_ = -1;
  std::uint64_t open_generation_ = 0;
  std::string buffer_;
};

}  // namespace slod::source

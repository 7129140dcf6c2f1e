// A bound datagram socket, UDP or unix, that reads without waiting and says what the kernel had to drop.
// Owned by one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "slod/config/config.h"
#include "slod/core/result.h"

struct msghdr;

namespace slod::source {

class DatagramSocket {
 public:
  /// Errors say the address, the reason and what to do. A unix socket that nobody listens on any more is
  /// replaced; everybody on the machine may write to it (its directory's mode decides who reaches it).
  [[nodiscard]] static Result<DatagramSocket> open(const SourceConfig& source);
  ~DatagramSocket();
  DatagramSocket(DatagramSocket&& other) noexcept;
  DatagramSocket& operator=(DatagramSocket&&) = delete;

  /// Waits until there is something to read, at most `patience`.
  void wait(Duration patience) const;

  struct Datagram {
    std::string_view bytes;  ///< until the next call
    bool cut = false;        ///< it was longer than kMost
  };
  static constexpr std::size_t kMost = 64 * 1024;
  /// Nothing: there is none now.
  std::optional<Datagram> read();
  /// How many the kernel dropped for want of room, as far as it told, since the last call. Only UDP tells.
  std::uint32_t dropped();

 private:
  DatagramSocket(int file, std::string path);
  void note_dropped(const msghdr& message);

  int file_;
  std::string path_;  ///< of a unix socket, to be removed at the end
  std::string buffer_;
  std::uint32_t dropped_ever_ = 0, told_ = 0;
};

}  // namespace slod::source

// A recorded file as blocks of complete lines: plain, gzip or zstd, told by its first bytes and not by its
// name.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "slod/core/result.h"

namespace slod::cli {

class LineBlocks {
 public:
  [[nodiscard]] static Result<std::unique_ptr<LineBlocks>> open(const std::string& path);
  virtual ~LineBlocks() = default;
  /// The next block of complete lines, about 1 MiB; the last one may end without a newline. Empty at the end.
  /// Lifetime: until the next call.
  virtual Result<std::string_view> next() = 0;
  /// Bytes of the file read so far, and its size (0: not known).
  [[nodiscard]] virtual std::uint64_t bytes_read() const = 0;
  [[nodiscard]] virtual std::uint64_t bytes_total() const = 0;
};

}  // namespace slod::cli

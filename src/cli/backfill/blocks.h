// A recorded log cut into blocks that depend on its bytes alone: the same file gives the same blocks, and a
// file that has grown gives the same ones up to where it ended before. Each has a key made of its first line
// and of all that went before it.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "cli/replay/input.h"
#include "slod/core/record.h"

namespace slod::cli {

class Blocks {
 public:
  /// A block ends with the first line end at or behind so many bytes.
  static constexpr std::size_t kBytes = 512 * 1024;

  Blocks(const std::string& source, std::unique_ptr<LineBlocks> input);
  /// The next block; the same again until done() is called. Empty at the end. Lifetime: until done().
  Result<std::string_view> next();
  /// The first `bytes` of the block have been taken; the next block begins behind them.
  void done(std::size_t bytes);
  /// Of the block that next() gave.
  [[nodiscard]] std::string key() const;
  [[nodiscard]] const LineBlocks& input() const { return *input_; }

 private:
  [[nodiscard]] std::size_t block_end() const;
  std::unique_ptr<LineBlocks> input_;
  std::string buffer_;
  std::size_t begin_ = 0;
  bool ended_ = false;
  Digest chain_;  ///< of the source and everything before the block
};

}  // namespace slod::cli

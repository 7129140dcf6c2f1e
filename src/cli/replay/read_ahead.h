// Reads and decodes one input on a thread of its own, a few blocks ahead of the engine. Blocks come out in
// the order of the input whatever the threads do, and all that depends on order (ids, the merge, ticks)
// happens behind it, so the result is that of one thread. The consumer owns this and calls it from one
// thread.
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "input.h"
#include "slod/route/intake.h"

namespace slod::cli {

/// What one block of lines became, and where the input stood behind it.
struct DecodedBlock {
  RecordBatch batch;
  std::optional<Time> first_arrival, last_arrival;  ///< of the input so far
  std::uint64_t bytes_read = 0;
  Status status = ok();  ///< an input that cannot be read further
  bool last = false;     ///< nothing follows: the end, --until, or an error
};

class ReadAhead {
 public:
  /// Starts the thread.
  ReadAhead(route::Intake intake, std::unique_ptr<LineBlocks> blocks, const std::string& source);
  ~ReadAhead();  ///< stops and joins
  ReadAhead(const ReadAhead&) = delete;
  ReadAhead& operator=(const ReadAhead&) = delete;

  /// Waits for the next block. Not after one that was the last.
  [[nodiscard]] std::unique_ptr<DecodedBlock> take();
  /// A block that is used up: its memory is used again.
  void give_back(std::unique_ptr<DecodedBlock> block);
  [[nodiscard]] std::uint64_t bytes_total() const { return bytes_total_; }

 private:
  static constexpr std::size_t kAhead = 4;  ///< blocks, about 1 MiB of input each
  void loop();
  void decode(DecodedBlock& block);
  [[nodiscard]] std::unique_ptr<DecodedBlock> empty_block();

  route::Intake intake_;
  std::unique_ptr<LineBlocks> blocks_;
  std::string source_;
  std::uint64_t bytes_total_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::unique_ptr<DecodedBlock>> ready_;     // guarded by mutex_
  std::vector<std::unique_ptr<DecodedBlock>> used_up_;  // guarded by mutex_
  bool stop_ = false;                                   // guarded by mutex_
  std::thread thread_;
};

}  // namespace slod::cli

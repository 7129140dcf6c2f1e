// What a source hands to the committer, and what it gets back. The committer is the only writer of the
// journal: a source may answer its sender only from `done`.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "slod/core/batch_pool.h"
#include "slod/core/record.h"

namespace slod {

/// Where a source stands in what it reads (a tailed file, an inbox). Committed in the same transaction as the
/// records that were read up to there.
struct SourcePosition {
  std::string source;
  std::string stream;  ///< which file: "inode:123456" or an inbox generation
  std::uint64_t offset = 0;
  std::string check;  ///< digest of the bytes just before offset: recognises another file with the same name
};

struct IdempotencyKey {
  std::string key;     ///< as the sender wrote it
  Digest body;         ///< of the body as received
  std::string answer;  ///< the answer to repeat byte for byte
};

enum class Committed : std::uint8_t {
  kDurable,   ///< in the journal: answer 200
  kRepeated,  ///< the key was committed before: answer `answer` with Idempotent-Replayed
  kConflict,  ///< the key was committed with another body: 422
  kInFlight,  ///< the same key is being committed: 503
  kRefused    ///< full, out of disk, stopping: 503, nothing counted
};

struct CommitAnswer {
  Committed result = Committed::kDurable;
  std::string answer;  ///< kRepeated; kRefused: why and what to do, in words, if it is known
};

struct Submission {
  BatchPointer batch;
  std::optional<IdempotencyKey> key;
  std::optional<SourcePosition> position;
  std::function<void(CommitAnswer)>
      done;  ///< called once, on the committer's thread; must not block. May be empty
};

/// Implemented by the daemon's committer.
class SubmissionSink {
 public:
  virtual ~SubmissionSink() = default;
  /// Queues the submission. Returns false, and leaves it untouched, when the queue is full or intake is
  /// closed. Thread: any. Never blocks.
  virtual bool submit(Submission& submission) = 0;
  /// The same, waiting for room: for files and inboxes, whose data stays where it is meanwhile. False:
  /// stopping.
  virtual bool submit_wait(Submission& submission) = 0;
};

}  // namespace slod

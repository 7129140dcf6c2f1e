// Carries the inbox into the journal: reads blocks, decodes and routes them, and submits each with its
// position. One submission at a time: were a refused one followed by an accepted one, the position would pass
// over its records. Owns one thread.
#pragma once

#include <atomic>
#include <memory>
#include <thread>

#include "slod/source/sources.h"
#include "source/mqtt/inbox_reader.h"

namespace slod::source {

class InboxFeed {
 public:
  /// All arguments outlive the feed.
  InboxFeed(const Surroundings& surroundings, const SourceConfig& source, Inbox& inbox, SourceHealth& health);
  /// As stop().
  ~InboxFeed();

  void start();
  /// Ends the thread. What is not committed stays in the inbox. The committer must still answer or refuse.
  void stop();

 private:
  struct Answer;
  void run();
  [[nodiscard]] bool tell_start();
  [[nodiscard]] bool feed(const InboxBlock& block);
  [[nodiscard]] Submission submission(const InboxBlock& block, const std::shared_ptr<Answer>& answer);
  void report_damage(const InboxBlock& block);
  void report_gone(const InboxBlock& block);
  void pause(Duration length);
  void gather();

  const Surroundings& surroundings_;
  const SourceConfig& source_;
  Inbox& inbox_;
  SourceHealth& health_;
  route::Intake intake_;
  InboxReader reader_;
  InboxPoint point_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace slod::source

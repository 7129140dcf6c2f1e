#include "source/mqtt/inbox_feed.h"

namespace slod::source {
namespace {

constexpr Duration kIdle = seconds(1);
// One commit costs about as much as a hundred messages: what comes within this time goes into the same one.
// Nobody waits for it: a message is acknowledged when it is in the inbox.
constexpr Duration kGather = std::chrono::milliseconds(5);
constexpr std::uint64_t kEnough = 128 * 1024;  // bytes
constexpr Duration kAfterRefusal = std::chrono::milliseconds(100);
// A committer that has stopped answers at once; this bounds the wait for one that is broken.
constexpr Duration kAnswerAtStop = seconds(10);

}  // namespace

/// The committer's answer; shared, because the committer may outlast a feed that stopped waiting.
struct InboxFeed::Answer {
  enum : int { kNone, kDurable, kRefused };
  std::atomic<int> result{kNone};
  WakeUp bell;

  void give(Committed committed) {
    result.store(committed == Committed::kDurable ? kDurable : kRefused, std::memory_order_release);
    bell.signal();
  }
  /// False: refused, or not answered although we are stopping.
  bool wait(const std::atomic<bool>& stopping) {
    Duration waited{0};
    constexpr Duration kStep = std::chrono::milliseconds(200);
    while (result.load(std::memory_order_acquire) == kNone && waited < kAnswerAtStop) {
      bell.wait(kStep);
      if (stopping.load(std::memory_order_relaxed)) waited += kStep;
    }
    return result.load(std::memory_order_acquire) == kDurable;
  }
};

InboxFeed::InboxFeed(const Surroundings& surroundings, const SourceConfig& source, Inbox& inbox,
                     SourceHealth& health)
    : surroundings_(surroundings),
      source_(source),
      inbox_(inbox),
      health_(health),
      intake_(surroundings.config, source, surroundings.router, surroundings.user_key),
      reader_(inbox),
      point_(inbox.start()) {}

InboxFeed::~InboxFeed() {
  stop();
}

void InboxFeed::start() {
  thread_ = std::thread([this] { run(); });
}

void InboxFeed::stop() {
  if (!thread_.joinable()) return;  // the inbox may be gone by now
  stopping_.store(true);
  inbox_.wake();
  thread_.join();
}

void InboxFeed::pause(Duration length) {
  if (!stopping_.load()) std::this_thread::sleep_for(length);
}

void InboxFeed::gather() {
  const InboxPoint end = inbox_.end();
  if (end == point_ || end.generation != point_.generation || end.offset - point_.offset >= kEnough) return;
  pause(kGather);
}

/// From here on a committed position lies in a file that is there: one that is not was removed.
bool InboxFeed::tell_start() {
  if (!inbox_.recovered().moved) return true;
  InboxBlock block;
  block.after = point_;
  block.check = inbox_start_check();
  block.gone = inbox_.recovered().lost ? 1 : 0;
  if (!feed(block)) return false;
  health_.shed.fetch_add(block.gone, std::memory_order_relaxed);
  return true;
}

void InboxFeed::run() {
  while (!stopping_.load(std::memory_order_relaxed) && !tell_start()) pause(kAfterRefusal);
  while (!stopping_.load(std::memory_order_relaxed)) {
    gather();
    const auto block = reader_.read(point_);
    if (!block) {
      surroundings_.log("error", "source " + source_.name + ": " + block.error().message + "; trying again");
      pause(kIdle);
      continue;
    }
    if (block->after == point_) {
      health_.drained.store(true, std::memory_order_relaxed);
      inbox_.wait_past(point_, kIdle);
      continue;
    }
    const bool leaves = block->after.generation != point_.generation;
    const bool tells = !block->messages.empty() || block->skipped > 0 || leaves;
    if (tells && !feed(*block)) {
      pause(kAfterRefusal);
      continue;
    }
    report_damage(*block);
    report_gone(*block);
    inbox_.release(block->bytes);
    if (leaves) inbox_.leave(point_.generation);
    point_ = block->after;
  }
}

Submission InboxFeed::submission(const InboxBlock& block, const std::shared_ptr<Answer>& answer) {
  Submission submission;
  submission.batch = std::make_unique<RecordBatch>();
  submission.batch->source = source_.name;
  for (const InboxMessage& message : block.messages)
    intake_.message(message.topic, message.payload, message.retained, message.received, *submission.batch);
  // How many messages the damage or a file held cannot be known: one stretch, one file is counted as one.
  submission.batch->counts.shed = (block.skipped > 0 ? 1 : 0) + block.gone;
  submission.position =
      SourcePosition{source_.name, inbox_stream(block.after.generation), block.after.offset, block.check};
  submission.done = [answer](const CommitAnswer& given) { answer->give(given.result); };
  return submission;
}

bool InboxFeed::feed(const InboxBlock& block) {
  const auto answer = std::make_shared<Answer>();
  Submission work = submission(block, answer);
  if (!surroundings_.committer.submit_wait(work)) return false;
  if (!answer->wait(stopping_)) return false;
  if (!block.messages.empty()) {
    health_.last_event.store(nanos(block.messages.back().received), std::memory_order_relaxed);
  }
  return true;
}

void InboxFeed::report_damage(const InboxBlock& block) {
  if (block.skipped == 0) return;
  health_.shed.fetch_add(1, std::memory_order_relaxed);
  const InboxOptions& inbox = inbox_.options();
  surroundings_.log("error", "source " + source_.name + ": inbox " +
                                 inbox_path(inbox.dir, inbox.source, point_.generation) + ": " +
                                 std::to_string(block.skipped) + " bytes from " +
                                 std::to_string(point_.offset) +
                                 " on are damaged and were skipped: what messages they held is lost "
                                 "(counted as 1 shed). Check the disk");
}

void InboxFeed::report_gone(const InboxBlock& block) {
  if (block.gone == 0) return;
  health_.shed.fetch_add(block.gone, std::memory_order_relaxed);
  const InboxOptions& inbox = inbox_.options();
  surroundings_.log(
      "error", "source " + source_.name + ": inbox " +
                   inbox_path(inbox.dir, inbox.source, point_.generation + 1) +
                   (block.gone > 1 ? " and " + std::to_string(block.gone - 1) + " more are" : " is") +
                   " gone: the messages in it were acknowledged, nobody had read them, and they are lost "
                   "(counted as " +
                   std::to_string(block.gone) + " shed). Look what removes files in " + inbox.dir +
                   ", and let the devices send again what they still have");
}

}  // namespace slod::source

// The committer against the in-memory journal, with clocks that the test moves.
#include "daemon/committer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>

namespace slod::daemon {
namespace {

enum class Disk { kWell, kFull, kBroken };

/// The in-memory journal on a disk that the test fills and breaks.
class JournalOnDisk final : public journal::Journal {
 public:
  explicit JournalOnDisk(Dictionary& dictionary) : memory_(journal::make_memory_journal(dictionary)) {}
  std::atomic<Disk> disk{Disk::kWell};
  std::atomic<journal::Position> wanted{0};
  std::atomic<std::uint64_t> lacked_room{0};  ///< segments

  Result<journal::Position> append(journal::Group& group) override {
    if (disk != Disk::kWell) return Error{"no luck"};
    return memory_->append(group);
  }
  [[nodiscard]] bool disk_full() const override { return disk == Disk::kFull; }
  Result<std::unique_ptr<journal::Reader>> read_from(journal::Position position) override {
    return memory_->read_from(position);
  }
  Result<std::unique_ptr<journal::Reader>> read_from(journal::Position position, Dictionary& own) override {
    return memory_->read_from(position, own);
  }
  Status trim(Time now, journal::Position counted) override { return memory_->trim(now, counted); }
  Result<Time> rows_since() override { return memory_->rows_since(); }
  [[nodiscard]] journal::Position waits_for_seal() const override { return wanted; }
  [[nodiscard]] journal::Trimmed trimmed() const override {
    journal::Trimmed trimmed;
    trimmed.by_room = lacked_room.load();
    trimmed.room_until = from_nanos(1);
    return trimmed;
  }
  [[nodiscard]] journal::Position last_position() const override { return memory_->last_position(); }
  [[nodiscard]] Time last_stamp() const override { return memory_->last_stamp(); }
  [[nodiscard]] std::vector<SourcePosition> positions() const override { return memory_->positions(); }
  [[nodiscard]] std::vector<journal::StoredKey> keys_since(Time at) const override {
    return memory_->keys_since(at);
  }
  [[nodiscard]] std::uint64_t bytes() const override { return memory_->bytes(); }

 private:
  std::unique_ptr<journal::Journal> memory_;
};

struct World {
  Config config;
  Dictionary dictionary;
  std::unique_ptr<JournalOnDisk> journal = std::make_unique<JournalOnDisk>(dictionary);
  std::atomic<bool> dead{false};
  Mailbox<CommittedGroup> evaluator{1024};
  std::atomic<std::int64_t> now{1'795'000'005'000'000'000};
  std::mutex log_mutex;
  std::vector<std::string> log;
  std::unique_ptr<Committer> committer;

  World() {
    CommitterContext context{config,
                             *journal,
                             dictionary,
                             evaluator,
                             [this] { return from_nanos(now); },
                             [this] { return Duration(now); },
                             {},
                             [this](const std::string& text) { note(text); },
                             [this](const std::string&) { dead = true; }};
    committer = std::make_unique<Committer>(std::move(context));
    committer->start();
  }
  /// Submits `rows` records and waits for the answer.
  CommitAnswer post(int rows, std::optional<IdempotencyKey> key = {}) {
    Submission submission;
    submission.batch = std::make_unique<RecordBatch>();
    submission.batch->source = "gateway";
    ApiRow row;
    row.device = submission.batch->dictionary.intern("scooter-1");
    for (int i = 0; i < rows; ++i) submission.batch->api.push_back(row);
    submission.batch->counts.accepted = static_cast<std::uint64_t>(rows);
    submission.key = std::move(key);
    std::mutex mutex;
    std::condition_variable changed;
    std::optional<CommitAnswer> answer;
    submission.done = [&](CommitAnswer given) {
      const std::lock_guard lock(mutex);
      answer = std::move(given);
      changed.notify_one();
    };
    EXPECT_TRUE(committer->submit(submission));
    std::unique_lock lock(mutex);
    EXPECT_TRUE(changed.wait_for(lock, std::chrono::seconds(20), [&] { return answer.has_value(); }));
    return answer.value_or(CommitAnswer{Committed::kRefused, {}});
  }
  void note(const std::string& text) {
    const std::lock_guard lock(log_mutex);
    log.push_back(text);
  }
  /// How many lines of the log have it.
  std::ptrdiff_t said(const std::string& part) {
    const std::lock_guard lock(log_mutex);
    return std::count_if(log.begin(), log.end(),
                         [&](const std::string& line) { return line.find(part) != std::string::npos; });
  }
  /// Everything in the journal, read back.
  std::vector<journal::Group> groups() {
    std::vector<journal::Group> all;
    auto reader = journal->read_from(0);
    while (auto group = (*reader)->next().value()) all.push_back(std::move(*group));
    return all;
  }
};

/// The first control of the kind that the evaluator is handed, while time goes on.
std::optional<journal::Control> await_control(World& world, journal::ControlKind kind) {
  for (int round = 0; round < 2000; ++round) {
    while (const auto committed = world.evaluator.pop()) {
      for (const journal::Control& control : committed->group.controls) {
        if (control.kind == kind) return control;
      }
    }
    world.now += 1'000'000'000;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return std::nullopt;
}

TEST(Committer, WhatIsSealedBecomesDurableBehindATickOnceThereIsRoom) {
  World world;
  world.journal->disk = Disk::kFull;
  EXPECT_TRUE(world.committer->seal({1, from_nanos(1), from_nanos(2), "minutes", "fleet"}));
  for (int second = 0; second < 30; ++second) {
    world.now += 1'000'000'000;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  EXPECT_TRUE(world.groups().empty());
  world.journal->disk = Disk::kWell;
  const auto sealed = await_control(world, journal::ControlKind::kSealed);
  ASSERT_TRUE(sealed);
  EXPECT_EQ(sealed->at, from_nanos(2));
  const std::vector<journal::Group> groups = world.groups();
  ASSERT_FALSE(groups.empty() || groups.front().sealed.empty());
  EXPECT_EQ(groups.front().sealed.front().fleet, "fleet");
}

TEST(Committer, AsksAtATickForASealWhereTheJournalHasNoRoom) {
  World world;
  world.journal->wanted = 17;
  const auto asked = await_control(world, journal::ControlKind::kSealNow);
  ASSERT_TRUE(asked);
  EXPECT_EQ(asked->text, "17");
}

TEST(Committer, SaysOnceThatTheJournalHadToDropWhatItShouldHaveKept) {
  World world;
  EXPECT_EQ(world.committer->trimmed().by_room, 0U);
  world.journal->lacked_room = 2;
  // The first tick may come before the journal's word of it; by the third it has been trimmed twice.
  for (int ticks = 0; ticks < 3; ++ticks) ASSERT_TRUE(await_control(world, journal::ControlKind::kTick));
  EXPECT_EQ(world.committer->trimmed().by_room, 2U);
  EXPECT_EQ(world.said("raise state.journal_retention.max_bytes"), 1);
}

TEST(Committer, AnswersOnlyWhatTheJournalHolds) {
  World world;
  EXPECT_EQ(world.post(3).result, Committed::kDurable);
  std::size_t rows = 0;
  for (const journal::Group& group : world.groups()) rows += group.api.size();
  EXPECT_EQ(rows, 3U);
}

TEST(Committer, ARepeatedKeyGetsTheFirstAnswerAndItsRecordsCountAsDuplicates) {
  World world;
  const IdempotencyKey key{"k1", digest_of("body"), "the answer"};
  EXPECT_EQ(world.post(3, key).result, Committed::kDurable);
  const CommitAnswer again = world.post(3, key);
  EXPECT_EQ(again.result, Committed::kRepeated);
  EXPECT_EQ(again.answer, "the answer");
  EXPECT_EQ(world.post(3, IdempotencyKey{"k1", digest_of("other"), ""}).result, Committed::kConflict);
  world.committer->stop();
  std::size_t rows = 0;
  SourceCounts counts;
  for (const journal::Group& group : world.groups()) {
    rows += group.api.size();
    for (const auto& [source, of_group] : group.counts) counts.add(of_group);
  }
  EXPECT_EQ(rows, 3U);
  EXPECT_EQ(counts.accepted, 3U);
  EXPECT_EQ(counts.duplicate, 3U);
}

TEST(Committer, TicksStandOnMultiplesOfTheIntervalAfterWhatCameBefore) {
  World world;
  world.post(1);
  world.now += 7'000'000'000;
  world.post(1);  // wakes it at a time past the multiple
  world.committer->stop();
  std::vector<Time> ticks;
  std::size_t rows_before_first_tick = 0;
  for (const journal::Group& group : world.groups()) {
    for (const journal::Control& control : group.controls) {
      if (control.kind == journal::ControlKind::kTick) ticks.push_back(control.at);
    }
    if (ticks.empty()) rows_before_first_tick += group.api.size();
  }
  ASSERT_FALSE(ticks.empty());
  EXPECT_EQ(ticks[0], from_nanos(1'795'000'010'000'000'000));
  EXPECT_GE(rows_before_first_tick, 1U);
}

TEST(Committer, RefusesAfterItWasStopped) {
  World world;
  world.committer->stop();
  Submission submission;
  submission.batch = std::make_unique<RecordBatch>();
  EXPECT_FALSE(world.committer->submit(submission));
  EXPECT_NE(submission.batch, nullptr);
  EXPECT_FALSE(world.committer->submit_wait(submission));
}

TEST(Committer, RefusesWhileTheDiskIsFullAndKeepsNothingOfIt) {
  World world;
  world.journal->disk = Disk::kFull;
  const IdempotencyKey key{"k1", digest_of("body"), "the answer"};
  const CommitAnswer refused = world.post(3, key);
  EXPECT_EQ(refused.result, Committed::kRefused);
  EXPECT_NE(refused.answer.find("the disk is full"), std::string::npos) << refused.answer;
  world.committer->control({journal::ControlKind::kSourceDown, from_nanos(1), "fleet", {}});
  EXPECT_EQ(world.post(2).result, Committed::kRefused);
  EXPECT_FALSE(world.dead);
  world.journal->disk = Disk::kWell;
  EXPECT_EQ(world.post(3, key).result, Committed::kDurable);  // the key was not spent
  world.committer->stop();
  std::size_t rows = 0, downs = 0;
  SourceCounts counts;
  for (const journal::Group& group : world.groups()) {
    rows += group.api.size();
    for (const journal::Control& control : group.controls)
      downs += control.kind == journal::ControlKind::kSourceDown ? 1 : 0;
    for (const auto& [source, of_group] : group.counts) counts.add(of_group);
  }
  EXPECT_EQ(rows, 3U);
  EXPECT_EQ(counts.accepted, 3U);
  EXPECT_EQ(downs, 1U);  // what happened meanwhile is not lost with the records
}

TEST(Committer, NeverAnswersTheGroupThatMetAnErrorAndRefusesWhatComesBehind) {
  World world;
  world.journal->disk = Disk::kBroken;
  Submission submission;
  submission.batch = std::make_unique<RecordBatch>();
  submission.batch->source = "gateway";
  submission.batch->counts.accepted = 1;
  std::atomic<bool> answered{false};
  submission.done = [&](const CommitAnswer&) { answered = true; };
  ASSERT_TRUE(world.committer->submit(submission));
  for (int i = 0; i < 2000 && !world.dead; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  EXPECT_TRUE(world.dead);
  Submission next;
  next.batch = std::make_unique<RecordBatch>();
  EXPECT_FALSE(world.committer->submit(next));
  world.committer->stop();
  EXPECT_FALSE(answered);
}

}  // namespace
}  // namespace slod::daemon

#include "source/mqtt/inbox.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <thread>

#include "source/mqtt/entrance.h"
#include "source/mqtt/inbox_reader.h"
#include "support/mosquitto.h"

namespace slod::source {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct Read {
  std::vector<std::string> payloads;
  std::optional<SourcePosition> position;
  InboxPoint at;
  std::uint64_t skipped = 0, gone = 0;
};

class InboxTest : public ::testing::Test {
 protected:
  InboxOptions options() const { return {dir_.path() + "/inbox", "fleet", max_file_, max_backlog_, false}; }
  std::unique_ptr<Inbox> open(const std::vector<SourcePosition>& positions = {}) {
    log_.clear();
    auto inbox = Inbox::open(options(), positions, [this](const std::string& level, const std::string& text) {
      log_ += level + ": " + text + "\n";
    });
    EXPECT_TRUE(inbox) << inbox.error().message;
    return inbox ? std::move(*inbox) : nullptr;
  }
  static Inbox::Append append(Inbox& inbox, const std::string& payload) {
    return inbox.append({from_nanos(7), false, false, 1, "a/b", payload});
  }
  /// Reads on from a point to the end, releasing and leaving as the feed does.
  static Read read_all(Inbox& inbox, std::optional<InboxPoint> from = std::nullopt) {
    InboxReader reader(inbox);
    Read read;
    read.at = from.value_or(inbox.start());
    for (;;) {
      const auto block = reader.read(read.at);
      EXPECT_TRUE(block);
      if (!block || block->after == read.at) return read;
      for (const InboxMessage& message : block->messages) read.payloads.emplace_back(message.payload);
      read.position =
          SourcePosition{"fleet", inbox_stream(block->after.generation), block->after.offset, block->check};
      read.skipped += block->skipped;
      read.gone += block->gone;
      inbox.release(block->bytes);
      if (block->after.generation != read.at.generation) inbox.leave(read.at.generation);
      read.at = block->after;
    }
  }
  std::vector<std::uint64_t> generations() const { return inbox_generations(options().dir, "fleet"); }
  std::string path(std::uint64_t generation) const { return inbox_path(options().dir, "fleet", generation); }

  test::TempDir dir_;
  std::uint64_t max_file_ = 1 << 20, max_backlog_ = 1 << 20;
  std::string log_;
};

TEST_F(InboxTest, GivesBackEveryFieldOfAMessage) {
  const auto inbox = open();
  ASSERT_EQ(inbox->append({from_nanos(1234567890123456789), true, true, 2, "vehicles/7/status",
                           std::string("a\0b", 3)}),
            Inbox::Append::kStored);
  InboxReader reader(*inbox);
  const auto block = reader.read(inbox->start());
  ASSERT_TRUE(block);
  ASSERT_EQ(block->messages.size(), 1U);
  const InboxMessage& message = block->messages[0];
  EXPECT_EQ(nanos(message.received), 1234567890123456789);
  EXPECT_TRUE(message.retained);
  EXPECT_TRUE(message.duplicate);
  EXPECT_EQ(message.qos, 2);
  EXPECT_EQ(message.topic, "vehicles/7/status");
  EXPECT_EQ(message.payload, std::string("a\0b", 3));
}

TEST_F(InboxTest, GoesOnAtTheCommittedPosition) {
  std::vector<SourcePosition> positions;
  {
    const auto inbox = open();
    append(*inbox, "one");
    const Read read = read_all(*inbox);
    positions.push_back(*read.position);
    append(*inbox, "two");
    append(*inbox, "three");
  }
  const auto again = open(positions);
  EXPECT_GT(again->backlog(), 0U);
  EXPECT_THAT(read_all(*again).payloads, ElementsAre("two", "three"));
  EXPECT_EQ(again->backlog(), 0U);
  append(*again, "four");
  EXPECT_THAT(read_all(*again, again->end()).payloads, IsEmpty());
}

TEST_F(InboxTest, CutsATornTailAtEveryByte) {
  std::uint64_t whole = 0;
  {
    const auto inbox = open();
    append(*inbox, "first");
    whole = inbox->end().offset;
    append(*inbox, "second, torn");
  }
  std::ifstream in(path(1), std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(in), {}};
  ASSERT_GT(bytes.size(), whole);
  for (std::size_t size = whole; size < bytes.size(); ++size) {
    std::filesystem::remove_all(options().dir);
    std::filesystem::create_directories(options().dir);
    std::ofstream(path(1), std::ios::binary) << bytes.substr(0, size);
    const auto inbox = open();
    ASSERT_EQ(inbox->end(), (InboxPoint{1, whole})) << size;
    if (size > whole) {
      EXPECT_THAT(log_, HasSubstr("cut " + std::to_string(size - whole) + " bytes"));
    }
    ASSERT_EQ(append(*inbox, "third"), Inbox::Append::kStored);
    EXPECT_THAT(read_all(*inbox).payloads, ElementsAre("first", "third")) << size;
  }
}

TEST_F(InboxTest, AFlippedBitEndsTheGoodFrames) {
  std::uint64_t whole = 0;
  {
    const auto inbox = open();
    append(*inbox, "first");
    whole = inbox->end().offset;
    append(*inbox, "second");
  }
  std::fstream file(path(1), std::ios::in | std::ios::out | std::ios::binary);
  for (std::uint64_t at = whole; at < std::filesystem::file_size(path(1)); ++at) {
    file.seekg(static_cast<std::streamoff>(at));
    const auto old = static_cast<char>(file.get());
    file.seekp(static_cast<std::streamoff>(at));
    file.put(static_cast<char>(old ^ 0x10)).flush();
    const std::string copy = path(9);
    std::filesystem::copy_file(path(1), copy, std::filesystem::copy_options::overwrite_existing);
    const auto inbox = open({{"fleet", "gen:9", kInboxMagic.size(), "other"}});  // removes generation 1
    EXPECT_THAT(read_all(*inbox).payloads, ElementsAre("first")) << at;
    std::filesystem::rename(path(9), path(1));
    std::filesystem::resize_file(path(1), whole);
    file.close();
    {
      const auto refill = open();
      append(*refill, "second");
    }
    file.open(path(1), std::ios::in | std::ios::out | std::ios::binary);
  }
}

TEST_F(InboxTest, WhatFollowsADamagedMessageIsReadAndOnlyThatOneIsLost) {
  std::vector<std::uint64_t> ends;
  {
    const auto inbox = open();
    for (const char* payload : {"first", "second", "third", "fourth"}) {
      append(*inbox, payload);
      ends.push_back(inbox->end().offset);
    }
  }
  std::ifstream in(path(1), std::ios::binary);
  const std::string sound{std::istreambuf_iterator<char>(in), {}};
  for (std::uint64_t at = ends[0]; at < ends[1]; ++at) {  // every byte of the second: lengths, check, body
    std::string bytes = sound;
    bytes[at] = static_cast<char>(bytes[at] ^ 0x10);
    std::ofstream(path(1), std::ios::binary | std::ios::trunc) << bytes;
    const auto inbox = open();
    ASSERT_EQ(inbox->end(), (InboxPoint{1, ends[3]})) << at << "\n" << log_;
    const Read read = read_all(*inbox);
    EXPECT_THAT(read.payloads, ElementsAre("first", "third", "fourth")) << at;
    EXPECT_EQ(read.skipped, ends[1] - ends[0]) << at;
    EXPECT_EQ(inbox->backlog(), 0);
  }
}

TEST_F(InboxTest, APositionBehindADamagedStretchIsRecognised) {
  std::uint64_t first = 0, second = 0;
  {
    const auto inbox = open();
    append(*inbox, "first");
    first = inbox->end().offset;
    append(*inbox, "second");
    second = inbox->end().offset;
    append(*inbox, "third");
  }
  std::fstream file(path(1), std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(static_cast<std::streamoff>(second - 1)).put('#').flush();
  const auto inbox = open();
  InboxReader reader(*inbox);
  const auto block = reader.read({1, first});
  ASSERT_TRUE(block);
  EXPECT_EQ(block->skipped, second - first);
  ASSERT_EQ(block->after, (InboxPoint{1, second}));
  const auto again = open({{"fleet", "gen:1", block->after.offset, block->check}});
  EXPECT_EQ(again->start(), block->after);
  EXPECT_EQ(log_, "");
  EXPECT_THAT(read_all(*again).payloads, ElementsAre("third"));
}

TEST_F(InboxTest, WhatIsNoMessageAtTheEndIsNotSaidToComeAgain) {
  {
    const auto inbox = open();
    append(*inbox, "first");
  }
  std::ofstream(path(1), std::ios::binary | std::ios::app) << "neither length nor check";
  EXPECT_THAT(read_all(*open()).payloads, ElementsAre("first"));
  EXPECT_THAT(log_, AllOf(HasSubstr("error: "), HasSubstr("cut 24 bytes"), HasSubstr("it is lost")));
}

TEST_F(InboxTest, AFileShorterThanItsCommittedPositionStartsANewGeneration) {
  SourcePosition position;
  {
    const auto inbox = open();
    append(*inbox, "counted");
    position = *read_all(*inbox).position;
  }
  std::filesystem::resize_file(path(1), position.offset - 3);
  const auto inbox = open({position});
  EXPECT_THAT(log_, HasSubstr("power loss"));
  EXPECT_EQ(inbox->end(), (InboxPoint{2, kInboxMagic.size()}));
  append(*inbox, "next");
  EXPECT_THAT(read_all(*inbox).payloads, ElementsAre("next"));
  EXPECT_THAT(generations(), ElementsAre(2));
}

TEST_F(InboxTest, TheFileOfThePositionThatIsGoneOrEmptyIsSaidAndWhatItHeldIsNotGuessed) {
  SourcePosition position;
  {
    const auto inbox = open();
    EXPECT_TRUE(inbox->recovered().moved) << "no position is committed yet";
    append(*inbox, "counted");
    position = *read_all(*inbox).position;
    append(*inbox, "not read yet");
  }
  std::filesystem::resize_file(path(1), 0);
  for (const char* how : {"is empty", "is gone"}) {
    const auto inbox = open({position});
    EXPECT_THAT(log_, AllOf(HasSubstr("error: "), HasSubstr(path(1) + " " + how), HasSubstr("can know"),
                            HasSubstr("let the devices send again")));
    EXPECT_EQ(inbox->start(), (InboxPoint{2, kInboxMagic.size()}));
    EXPECT_TRUE(inbox->recovered().moved);
    EXPECT_FALSE(inbox->recovered().lost);
    std::filesystem::remove(path(2));
    EXPECT_THAT(generations(), IsEmpty());
  }
  const auto inbox = open({{"fleet", "gen:2", kInboxMagic.size(), inbox_start_check()}, position});
  EXPECT_THAT(log_, HasSubstr(path(2) + " is gone"));
}

TEST_F(InboxTest, AFileThatIsGoneAlthoughOthersFollowedHeldMessagesThatAreLost) {
  max_file_ = 200;
  std::vector<SourcePosition> positions;
  {
    const auto inbox = open();
    for (int i = 0; i < 40; ++i) append(*inbox, "message " + std::to_string(i));
    positions.push_back({"fleet", "gen:1", 50, "?"});
  }
  std::filesystem::remove(path(1));
  std::filesystem::remove(path(4));
  std::filesystem::rename(path(6), path(6) + ".unreadable");  // set aside: said when it was
  const auto inbox = open(positions);
  EXPECT_THAT(log_, AllOf(HasSubstr(path(1) + " is gone"), HasSubstr("counted as 1 shed")));
  EXPECT_TRUE(inbox->recovered().lost);
  EXPECT_EQ(inbox->start().generation, 2U);
  const Read read = read_all(*inbox);
  EXPECT_EQ(read.gone, 1U);
  EXPECT_EQ(inbox->backlog(), 0U);
  EXPECT_EQ(read.payloads.back(), "message 39");
}

TEST_F(InboxTest, APositionAtTheBeginningOfAFileIsRecognised) {
  max_file_ = 200;
  SourcePosition position;
  {
    const auto inbox = open();
    for (int i = 0; i < 20; ++i) append(*inbox, "message " + std::to_string(i));
    InboxReader reader(*inbox);
    InboxPoint at = inbox->start();
    while (at.generation == 1) {
      const auto block = reader.read(at);
      ASSERT_TRUE(block);
      at = block->after;
      position = {"fleet", inbox_stream(at.generation), at.offset, block->check};
    }
    inbox->leave(1);
  }
  const auto inbox = open({position});
  EXPECT_EQ(log_, "");
  EXPECT_EQ(inbox->start(), (InboxPoint{2, kInboxMagic.size()}));
  EXPECT_FALSE(inbox->recovered().moved);
}

TEST_F(InboxTest, AVanishedFileNeverLendsItsNumberToANewOne) {
  const auto inbox =
      open({{"fleet", "gen:41", 5000, "x"}, {"fleet", "gen:7", 90, "x"}, {"other", "gen:99", 1, "x"}});
  EXPECT_EQ(inbox->end().generation, 42U);
}

TEST_F(InboxTest, AnotherFileUnderTheSameNameIsReadFromItsStart) {
  SourcePosition position;
  {
    const auto inbox = open();
    append(*inbox, "one");
    position = *read_all(*inbox).position;
  }
  std::filesystem::remove(path(1));
  {
    const auto inbox = open();
    append(*inbox, "uno");
    append(*inbox, "due");
  }
  const auto inbox = open({position});
  EXPECT_THAT(log_, HasSubstr("not the file that was read before"));
  EXPECT_THAT(read_all(*inbox).payloads, ElementsAre("uno", "due"));
}

TEST_F(InboxTest, GenerationsFollowEachOtherAndGoOnlyWhenTheyAreCommitted) {
  max_file_ = 200;
  const auto inbox = open();
  std::vector<std::string> sent;
  for (int i = 0; i < 40; ++i) {
    sent.push_back("message " + std::to_string(i));
    ASSERT_EQ(append(*inbox, sent.back()), Inbox::Append::kStored);
  }
  ASSERT_GT(inbox->end().generation, 4U);
  EXPECT_EQ(generations().size(), inbox->end().generation);
  EXPECT_EQ(read_all(*inbox).payloads, sent);
  EXPECT_THAT(generations(), ElementsAre(inbox->end().generation));
  EXPECT_EQ(inbox->backlog(), 0U);
}

TEST_F(InboxTest, ARestartBetweenGenerationsReadsTheRestInOrder) {
  max_file_ = 200;
  SourcePosition position;
  std::vector<std::string> rest;
  {
    const auto inbox = open();
    for (int i = 0; i < 40; ++i) append(*inbox, "message " + std::to_string(i));
    InboxReader reader(*inbox);
    const auto first = reader.read(inbox->start());  // ends where generation 1 ends
    ASSERT_TRUE(first);
    position = {"fleet", inbox_stream(first->after.generation), first->after.offset, first->check};
    for (int i = static_cast<int>(first->messages.size()); i < 40; ++i)
      rest.push_back("message " + std::to_string(i));
  }
  // The crashes: before and after the step was committed, and after the old generation was removed.
  for (const int crash : {0, 1, 2}) {
    if (crash == 1) position = {"fleet", "gen:2", kInboxMagic.size(), inbox_start_check()};
    if (crash == 2) std::filesystem::remove(path(1));
    std::filesystem::remove_all(dir_.path() + "/copy");
    std::filesystem::copy(options().dir, dir_.path() + "/copy");
    const auto inbox = open({position});
    EXPECT_EQ(log_, "") << crash;
    EXPECT_EQ(read_all(*inbox).payloads, rest) << crash;
    std::filesystem::remove_all(options().dir);
    std::filesystem::rename(dir_.path() + "/copy", options().dir);
  }
}

TEST_F(InboxTest, GenerationsOlderThanThePositionHaveBeenRead) {
  max_file_ = 100;
  SourcePosition position;
  {
    const auto inbox = open();
    for (int i = 0; i < 10; ++i) append(*inbox, "old " + std::to_string(i));
    test::TempDir kept;
    std::filesystem::copy_file(path(1), kept.path() + "/1");
    position = *read_all(*inbox).position;
    std::filesystem::copy_file(kept.path() + "/1", path(1));
  }
  const auto inbox = open({{"fleet", "gen:1", 30, "?"}, position});
  EXPECT_THAT(read_all(*inbox).payloads, IsEmpty());
  EXPECT_EQ(generations().front(), inbox->end().generation);
}

TEST_F(InboxTest, AHeaderCutShortIsNoMessageLost) {
  std::filesystem::create_directories(options().dir);
  std::ofstream(path(3)) << "slod";
  const auto inbox = open({{"fleet", "gen:2", 50, "read, and then removed"}});
  EXPECT_THAT(log_, HasSubstr(path(2) + " is gone"));
  EXPECT_EQ(inbox->end().generation, 3U) << "nothing was ever in it";
  append(*inbox, "x");
  EXPECT_THAT(read_all(*inbox).payloads, ElementsAre("x"));
}

TEST_F(InboxTest, RefusesWhatDoesNotFitAndTakesItOnceThereIsRoom) {
  max_backlog_ = 300;
  const auto inbox = open();
  const std::string payload(80, 'x');
  int stored = 0;
  while (append(*inbox, payload) == Inbox::Append::kStored) ++stored;
  EXPECT_EQ(stored, 2);
  EXPECT_EQ(append(*inbox, payload), Inbox::Append::kFull);
  EXPECT_EQ(read_all(*inbox).payloads.size(), 2U);
  EXPECT_EQ(append(*inbox, payload), Inbox::Append::kStored);
}

TEST_F(InboxTest, OneMessageLargerThanTheLimitPassesThroughAnEmptyInbox) {
  max_backlog_ = 300;
  const auto inbox = open();
  const std::string huge(InboxReader::kMaxBytes * 3, 'h');
  EXPECT_EQ(append(*inbox, huge), Inbox::Append::kStored);
  EXPECT_EQ(append(*inbox, "x"), Inbox::Append::kFull);
  EXPECT_THAT(read_all(*inbox).payloads, ElementsAre(huge));
}

TEST_F(InboxTest, AFailedWriteLeavesNothingAndIsNoLoss) {
  const auto inbox = open();
  append(*inbox, "before");
  rlimit old{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &old), 0);
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit tight = old;
  tight.rlim_cur = inbox->end().offset + 20;  // the next frame fits only in part
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &tight), 0);
  const auto refused = append(*inbox, "does not fit on the disk");
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &old), 0);
  EXPECT_EQ(refused, Inbox::Append::kFailed);
  EXPECT_EQ(inbox->last_error(), EFBIG);
  EXPECT_EQ(std::filesystem::file_size(path(1)), inbox->end().offset);
  EXPECT_EQ(append(*inbox, "after"), Inbox::Append::kStored);
  EXPECT_EQ(inbox->last_error(), 0);
  EXPECT_THAT(read_all(*inbox).payloads, ElementsAre("before", "after"));
}

TEST_F(InboxTest, AReaderThatFollowsAWriterSeesEveryMessageOnceInOrder) {
  max_file_ = 5000;
  max_backlog_ = 20000;
  const char* replay = std::getenv("SLOD_SEED");
  const auto seed = replay != nullptr ? std::strtoul(replay, nullptr, 10) : std::random_device{}();
  RecordProperty("seed", std::to_string(seed));
  SCOPED_TRACE("SLOD_SEED=" + std::to_string(seed));
  const auto inbox = open();
  Entrance entrance(*inbox, [] { return from_nanos(1); });
  constexpr int kMessages = 5000;
  std::thread writer([&] {
    std::mt19937_64 random(seed);
    for (int i = 0; i < kMessages; ++i) {
      const std::string payload = std::to_string(i) + ":" + std::string(random() % 300, 'p');
      entrance.put({{}, false, false, 1, "t", payload});
    }
  });
  Read total;
  InboxPoint point = inbox->start();
  int next = 0;
  const auto deadline = std::chrono::steady_clock::now() + seconds(60);
  while (next < kMessages && std::chrono::steady_clock::now() < deadline) {
    const Read read = read_all(*inbox, point);
    point = read.at;
    EXPECT_EQ(read.skipped, 0U);
    for (const std::string& payload : read.payloads) ASSERT_EQ(std::atoi(payload.c_str()), next++);
    if (read.payloads.empty()) inbox->wait_past(point, std::chrono::milliseconds(50));
  }
  writer.join();
  EXPECT_EQ(next, kMessages);
  EXPECT_EQ(inbox->backlog(), 0U);
  EXPECT_EQ(entrance.waiting_for(), Duration(0));
}

}  // namespace
}  // namespace slod::source

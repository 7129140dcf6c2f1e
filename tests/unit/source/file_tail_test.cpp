// The reader alone, driven step by step: no thread, no waiting, real files.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>

#include "source/file/tail_reader.h"

namespace slod::source {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

class FileTailTest : public ::testing::Test {
 protected:
  FileTailTest() {
    std::string name = (fs::temp_directory_path() / "slod-tail-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    options_.limits.block = 4096;
  }
  ~FileTailTest() override { fs::remove_all(folder_); }

  [[nodiscard]] std::string path(const std::string& name = "log") const { return (folder_ / name).string(); }
  void append(const std::string& text, const std::string& name = "log") const {
    std::ofstream(path(name), std::ios::app | std::ios::binary) << text;
  }
  void rotate(const std::string& to) const { fs::rename(path(), path(to)); }
  void truncate() const { fs::resize_file(path(), 0); }
  [[nodiscard]] TailReader reader() const { return {"edge", path(), options_, positions_}; }

  /// What the reader gives until it has nothing more, all of it committed.
  std::string drain(TailReader& reader) {
    std::string out;
    while (const auto block = reader.next(now_)) {
      out += block->lines;
      long_lines_ += block->long_lines;
      store(block->position);
      reader.commit();
    }
    return out;
  }
  /// As the journal keeps them: the newest of each stream.
  void store(const SourcePosition& position) {
    std::erase_if(positions_, [&](const SourcePosition& known) { return known.stream == position.stream; });
    positions_.push_back(position);
  }
  void let_rotation_settle(TailReader& reader, std::string& out) {
    out += drain(reader);
    for (int i = 0; i < 8;
         ++i) {  // after a restart several files may have to fall quiet, one after the other
      now_ += options_.rotation_quiet;
      out += drain(reader);
    }
  }

  fs::path folder_;
  TailOptions options_;
  TailReader::Clock::time_point now_{};
  std::vector<SourcePosition> positions_;
  std::uint64_t long_lines_ = 0;
};

TEST_F(FileTailTest, ReadsFromTheBeginningAndThenWhatIsAppended) {
  append("a\nb\n");
  TailReader tail = reader();
  EXPECT_EQ(drain(tail), "a\nb\n");
  EXPECT_EQ(drain(tail), "");
  append("c\n");
  EXPECT_EQ(drain(tail), "c\n");
}

TEST_F(FileTailTest, WaitsForAFileThatIsNotThereYet) {
  TailReader tail = reader();
  EXPECT_EQ(drain(tail), "");
  EXPECT_FALSE(tail.has_file());
  append("a\n");
  EXPECT_EQ(drain(tail), "a\n");
  EXPECT_TRUE(tail.has_file());
}

TEST_F(FileTailTest, AnUnfinishedLastLineWaits) {
  append("a\nhal");
  TailReader tail = reader();
  EXPECT_EQ(drain(tail), "a\n");
  append("f\n");
  EXPECT_EQ(drain(tail), "half\n");
}

TEST_F(FileTailTest, GivesTheSameBlockUntilItIsCommitted) {
  append("a\n");
  TailReader tail = reader();
  ASSERT_EQ(tail.next(now_)->lines, "a\n");
  append("b\n");
  EXPECT_EQ(tail.next(now_)->lines, "a\nb\n");
  tail.commit();
  EXPECT_FALSE(tail.next(now_));
}

TEST_F(FileTailTest, BlocksAreWholeLinesWithinTheLimit) {
  std::string all;
  for (int i = 0; i < 3000; ++i) all += "line " + std::to_string(i) + "\n";
  append(all);
  TailReader tail = reader();
  std::string out;
  while (const auto block = tail.next(now_)) {
    EXPECT_LE(block->lines.size(), 4096U);
    EXPECT_TRUE(block->lines.ends_with('\n'));
    out += block->lines;
    tail.commit();
  }
  EXPECT_EQ(out, all);
}

TEST_F(FileTailTest, AnOverlongLineIsCountedAndSkippedOnce) {
  append("a\n" + std::string(20'000, 'x'));
  TailReader tail = reader();
  EXPECT_EQ(drain(tail), "a\n");
  EXPECT_EQ(long_lines_, 0U);
  append(std::string(20'000, 'x') + "\nb\n");
  EXPECT_EQ(drain(tail), "b\n");
  EXPECT_EQ(long_lines_, 1U);
}

TEST_F(FileTailTest, RestartsInTheMiddleFromItsPosition) {
  append("a\nb\n");
  {
    TailReader tail = reader();
    EXPECT_EQ(drain(tail), "a\nb\n");
  }
  append("c\n");
  TailReader tail = reader();
  EXPECT_EQ(drain(tail), "c\n");
}

TEST_F(FileTailTest, FinishesARenamedFileIncludingWhatItsWriterStillWrites) {
  append("a\n");
  TailReader tail = reader();
  std::string out = drain(tail);
  append("b\n");
  rotate("log.1");
  append("c\n");  // the new file, through a writer that has reopened
  out += drain(tail);
  append("late\n", "log.1");  // another writer has not yet
  now_ += options_.rotation_quiet / 2;
  out += drain(tail);
  let_rotation_settle(tail, out);
  EXPECT_EQ(out, "a\nb\nlate\nc\n");
}

TEST_F(FileTailTest, ALastLineWithoutEndOfARotatedFileIsReadAsItIs) {
  append("a\nlast");
  TailReader tail = reader();
  std::string out = drain(tail);
  rotate("log.1");
  append("b\n");
  let_rotation_settle(tail, out);
  EXPECT_EQ(out, "a\nlastb\n");
}

TEST_F(FileTailTest, ARenameWithoutANewFileKeepsFollowing) {
  append("a\n");
  TailReader tail = reader();
  std::string out = drain(tail);
  rotate("log.1");
  append("b\n", "log.1");
  let_rotation_settle(tail, out);
  EXPECT_EQ(out, "a\nb\n");
}

TEST_F(FileTailTest, StartsOverAfterCopytruncate) {
  append("a\nb\n");
  TailReader tail = reader();
  EXPECT_EQ(drain(tail), "a\nb\n");
  truncate();
  append("c\n");
  EXPECT_EQ(drain(tail), "c\n");
}

TEST_F(FileTailTest, StartsOverEvenIfTheTruncatedFileHasGrownLongerMeanwhile) {
  append("a\nb\n");
  TailReader tail = reader();
  EXPECT_EQ(drain(tail), "a\nb\n");
  truncate();
  append("1\n2\n3\n4\n5\n");
  EXPECT_EQ(drain(tail), "1\n2\n3\n4\n5\n");
}

TEST_F(FileTailTest, RecognisesAnotherFileWithTheSameInodeAfterARestart) {
  append("old 1\nold 2\n");
  {
    TailReader tail = reader();
    drain(tail);
  }
  truncate();  // keeps the inode, as a new file with a reused one would
  append("new 1\nnew 2\nnew 3\n");
  TailReader tail = reader();
  EXPECT_EQ(drain(tail), "new 1\nnew 2\nnew 3\n");
}

TEST_F(FileTailTest, FindsTheFilesThatWereRotatedWhileItWasDown) {
  append("a\n");
  {
    TailReader tail = reader();
    EXPECT_EQ(drain(tail), "a\n");
  }
  const auto rotate_at = [&](const char* from, const char* to, int minute) {
    fs::rename(path(from), path(to));
    fs::last_write_time(path(to), fs::file_time_type::clock::now() + std::chrono::minutes(minute));
  };
  append("0\n", "log.9");  // older than what was read: not ours to read
  fs::last_write_time(path("log.9"), fs::file_time_type::clock::now() - std::chrono::hours(1));
  append("b\n");
  rotate_at("log", "log.2", -2);
  append("c\n");
  rotate_at("log", "log.1", -1);
  append("d\n");
  append("junk", "log.3.gz");
  TailReader tail = reader();
  std::string out;
  let_rotation_settle(tail, out);
  EXPECT_EQ(out, "b\nc\nd\n");
}

TEST_F(FileTailTest, ReadsTheRestOfATruncatedFileFromTheCopyThatWasMadeOfIt) {
  append("a\n");
  TailReader tail = reader();
  EXPECT_EQ(drain(tail), "a\n");
  append("b\n");
  fs::copy_file(path("log"), path("log.1"));
  truncate();
  append("c\n");
  std::string out;
  let_rotation_settle(tail, out);
  EXPECT_EQ(out, "b\nc\n");
}

TEST_F(FileTailTest, ReadsTheCopiesThatWereMadeWhileItWasDown) {
  append("a\n");
  {
    TailReader tail = reader();
    EXPECT_EQ(drain(tail), "a\n");
  }
  for (const char* copy : {"log.2", "log.1"}) {
    append(std::string(copy) + " b\n");
    fs::copy_file(path("log"), path(copy));
    truncate();
  }
  append("c\n");
  TailReader tail = reader();
  std::string out;
  let_rotation_settle(tail, out);
  EXPECT_EQ(out, "log.2 b\nlog.1 b\nc\n");
}

TEST_F(FileTailTest, WhatWasReadBeforeARestartIsNotReadAgainWhateverLiesBesideIt) {
  append("a\n");
  std::string out;
  {
    TailReader tail = reader();
    out = drain(tail);
    rotate("log.1");  // read to its end: the journal knows its position for a week
    append("b\n");
    let_rotation_settle(tail, out);
    fs::copy_file(path("log"), path("log.2"));  // a copy of what was read
    truncate();
    out += drain(tail);
  }
  TailReader tail = reader();
  let_rotation_settle(tail, out);
  append("c\n");
  let_rotation_settle(tail, out);
  EXPECT_EQ(out, "a\nb\nc\n");
}

TEST_F(FileTailTest, ReadsAFileThatWasTruncatedWrittenAnewAndThenRenamedWhileItWasDown) {
  append("a\n");
  {
    TailReader tail = reader();
    EXPECT_EQ(drain(tail), "a\n");
  }
  truncate();  // its copy went elsewhere
  append("b\n");
  rotate("log-20261122");
  append("c\n");
  TailReader tail = reader();
  std::string out;
  let_rotation_settle(tail, out);
  EXPECT_EQ(out, "b\nc\n");
}

TEST_F(FileTailTest, FindsTheFilesWhoseNumberStandsBeforeTheEndOfTheirName) {
  const auto reader_of = [&](const char* name) {
    return TailReader("edge", path(name), options_, positions_);
  };
  append("a\n", "access.txt");
  {
    TailReader tail = reader_of("access.txt");
    EXPECT_EQ(drain(tail), "a\n");
  }
  int minute = -9;
  for (const char* day : {"access-2026-11-21.txt", "access-2026-11-22.txt"}) {
    append(std::string(day) + "\n", "access.txt");
    fs::rename(path("access.txt"), path(day));
    fs::last_write_time(path(day), fs::file_time_type::clock::now() + std::chrono::minutes(++minute));
  }
  append("older\n", "access-2026-11-20.txt");
  fs::last_write_time(path("access-2026-11-20.txt"),
                      fs::file_time_type::clock::now() - std::chrono::hours(9));
  append("other\n", "error-2026-11-22.txt");
  append("b\n", "access.txt");
  TailReader tail = reader_of("access.txt");
  std::string out;
  let_rotation_settle(tail, out);
  EXPECT_FALSE(tail.lost());
  EXPECT_EQ(out, "access-2026-11-21.txt\naccess-2026-11-22.txt\nb\n");
}

TEST_F(FileTailTest, AnotherLogOfTheFolderIsNotTakenForTheOneThatWasReadBefore) {
  append("a\n", "worker-2.txt");
  {
    TailReader tail("edge", path("worker-2.txt"), options_, positions_);
    EXPECT_EQ(drain(tail), "a\n");
  }
  append("b\n", "worker-2.txt");  // somebody still writes it, the config follows another one now
  append("c\n", "worker-1.txt");
  TailReader tail("edge", path("worker-1.txt"), options_, positions_);
  std::string out;
  let_rotation_settle(tail, out);
  EXPECT_TRUE(tail.lost());
  EXPECT_EQ(out, "c\n");
}

TEST_F(FileTailTest, FollowsALinkThatWasSetToAnotherFileAndRotationsBesideItsTargetWhileItWasDown) {
  fs::create_directory(path("pod"));
  append("a\n", "pod/0.log");
  fs::create_symlink(path("pod/0.log"), path());
  {
    TailReader tail = reader();
    EXPECT_EQ(drain(tail), "a\n");
  }
  append("b\n", "pod/0.log");
  fs::rename(path("pod/0.log"), path("pod/0.log.20261123-150000"));
  append("c\n", "pod/0.log");
  std::string out;
  {
    TailReader tail = reader();
    let_rotation_settle(tail, out);
    EXPECT_FALSE(tail.lost());
  }
  append("d\n", "pod/0.log");
  append("e\n", "pod/1.log");
  fs::remove(path());
  fs::create_symlink(path("pod/1.log"), path());
  TailReader tail = reader();
  let_rotation_settle(tail, out);
  EXPECT_FALSE(tail.lost());
  EXPECT_EQ(out, "b\nc\nd\ne\n");
}

TEST_F(FileTailTest, AFileThatBothTheLinkAndItsTargetLeadToIsReadOnce) {
  const auto reader_of_link = [&] { return TailReader("edge", path("access.txt"), options_, positions_); };
  int minute = -9;
  const auto log = [&](const std::string& name) {
    append(name + "\n", name);
    fs::last_write_time(path(name), fs::file_time_type::clock::now() + std::chrono::minutes(++minute));
    fs::remove(path("access.txt"));
    fs::create_symlink(name, path("access.txt"));
  };
  log("access-20261120.txt");
  {
    TailReader tail = reader_of_link();
    EXPECT_EQ(drain(tail), "access-20261120.txt\n");
  }
  log("access-20261121.txt");
  log("access-20261122.txt");
  TailReader tail = reader_of_link();
  std::string out;
  let_rotation_settle(tail, out);
  EXPECT_FALSE(tail.lost());
  EXPECT_EQ(out, "access-20261121.txt\naccess-20261122.txt\n");
}

TEST_F(FileTailTest, AFileThatWasPutBackFromACopyIsNotReadAgain) {
  append("a\n");
  {
    TailReader tail = reader();
    EXPECT_EQ(drain(tail), "a\n");
  }
  fs::copy_file(path(), path("copy"));
  fs::rename(path("copy"), path());  // another inode; a disk may also have another number since the boot
  append("b\n");
  TailReader tail = reader();
  EXPECT_EQ(drain(tail), "b\n");
  EXPECT_FALSE(tail.lost());
}

TEST_F(FileTailTest, SaysThatTheFileThatWasReadIsGone) {
  append("a\n");
  EXPECT_FALSE(reader().lost());
  {
    TailReader tail = reader();
    EXPECT_EQ(drain(tail), "a\n");
  }
  EXPECT_FALSE(reader().lost());
  fs::create_directory(path("old"));
  fs::create_hard_link(path(), path("old/log.1"));  // so that its inode is not used again
  fs::remove(path());
  append("b\n");
  TailReader tail = reader();
  ASSERT_TRUE(tail.lost());
  EXPECT_EQ(tail.lost()->offset, 2U);
  EXPECT_EQ(drain(tail), "b\n");
}

TEST_F(FileTailTest, AFifoIsNotFollowed) {
  ASSERT_EQ(::mkfifo(path().c_str(), 0600), 0);
  TailReader tail = reader();
  EXPECT_EQ(drain(tail), "");
  EXPECT_FALSE(tail.has_file());
}

std::uint64_t seed_of_run() {
  const char* given = std::getenv("SLOD_SEED");
  return given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
}

/// Random appends (also in halves), rotations of both kinds and restarts; every line comes once, in order.
TEST_F(FileTailTest, NoLineIsLostOrDoubledWhateverHappensToTheFile) {
  const std::uint64_t seed = seed_of_run();
  SCOPED_TRACE("SLOD_SEED=" + std::to_string(seed));
  std::mt19937_64 random(seed);
  options_.limits.block = 64 + random() % 512;
  auto tail = std::make_unique<TailReader>(reader());
  std::string expected, got, half;
  int line = 0, rotations = 0;
  bool unseen =
      false;  // nothing was read of what stands in the file since it was truncated: its copy cannot be known
  const auto write = [&](const std::string& text) {
    append(text);
    expected += text;
  };
  // In the order of time also by name: a file system's time stamps may be equal.
  const auto rotated_name = [&] { return "log." + std::to_string(10'000 + ++rotations); };
  write("0\n");  // a file that is rotated away before it was ever looked at cannot be known
  got += drain(*tail);
  for (int step = 0; step < 3000; ++step) {
    switch (random() % 12) {
      case 0:  // half a line; its end comes with the next append
        if (half.empty()) write(half = "half " + std::to_string(++line) + " ");
        break;
      case 1:  // rename; old lines are read before new ones
        if (!half.empty()) write("\n");
        half.clear();
        if (random() % 2 == 0) tail.reset();  // renamed while it was down
        if (fs::exists(path())) rotate(rotated_name());
        write("new " + std::to_string(++line) + "\n");
        if (!tail) tail = std::make_unique<TailReader>(reader());
        let_rotation_settle(*tail, got);
        unseen = false;
        break;
      case 2:  // copytruncate: what was not read stands in the copy
        if (!half.empty()) write("\n");
        half.clear();
        if (unseen || random() % 3 == 0) let_rotation_settle(*tail, got);
        if (fs::exists(path())) {
          fs::copy_file(path(), path(rotated_name()));
          truncate();
          unseen = true;
        }
        // Without a look in between only content can tell; lines carry numbers as logs carry times.
        break;
      case 3:  // restart; what was read but not committed is read again
        if (random() % 2 == 0) tail->next(now_);
        tail = std::make_unique<TailReader>(reader());
        break;
      case 4:
      case 5:
        got += drain(*tail);
        if (got == expected && fs::exists(path()) && fs::file_size(path()) > 0) unseen = false;
        break;
      default:
        write(std::to_string(++line) + " " + std::string(random() % 40, 'x') + "\n");
        half.clear();
    }
  }
  if (!half.empty()) write("\n");
  let_rotation_settle(*tail, got);
  EXPECT_EQ(got, expected);
  EXPECT_EQ(long_lines_, 0U);
}

}  // namespace
}  // namespace slod::source

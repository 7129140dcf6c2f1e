// The checkpointer beside commits: the log stays short whatever comes, a reader holds it only as long as it
// reads, and a file that cannot be written ends the journal as a failed commit does.
#include <gtest/gtest.h>

#include <filesystem>

#include "journal/directory.h"
#include "journal/segment.h"
#include "slod/sqlite/sqlite.h"
#include "unit/journal/faulty_vfs.h"
#include "unit/journal/support.h"

namespace slod::journal::test {
namespace {

constexpr std::uint64_t kLogBytes = std::uint64_t{32} * kPageBytes;

class CheckpointerTest : public ::testing::Test {
 protected:
  CheckpointerTest() {
    options_.dir = dir_.path();
    options_.log_bytes = kLogBytes;
    journal_ = std::move(*open_sqlite_journal(options_, dictionary_));
  }
  bool append() {
    Group group = random_group(random_, dictionary_, at(++clock_));
    if (!journal_->append(group)) return false;
    texts_.push_back(describe(group, dictionary_));
    return true;
  }
  [[nodiscard]] std::string segment() const { return list_segments(options_.dir)->back().path; }
  [[nodiscard]] std::uint64_t log_size() const { return std::filesystem::file_size(segment() + "-wal"); }
  void expect_all_there() {
    Dictionary mine;
    auto reader = journal_->read_from(0, mine);
    for (const std::string& text : texts_) {
      const auto group = (*reader)->next();
      ASSERT_TRUE(group && *group) << (group ? "the end came too early" : group.error().message);
      ASSERT_EQ(describe(**group, mine), text);
    }
  }
  TempDir dir_;
  JournalOptions options_;
  Dictionary dictionary_;
  Random random_{test_seed()};
  std::vector<std::string> texts_;
  std::unique_ptr<Journal> journal_;
  std::int64_t clock_ = 0;
};

TEST_F(CheckpointerTest, TheLogBeginsAnewWhileCommitsKeepComing) {
  ASSERT_TRUE(append());
  std::uint64_t written = 0;
  for (int i = 0; i < 600; ++i) {
    const std::uint64_t before = std::filesystem::file_size(segment());
    ASSERT_TRUE(append());
    // The bound, and the group that crossed it.
    ASSERT_LE(log_size(), 4 * kLogBytes + std::uint64_t{64} * kPageBytes) << "after group " << i;
    written += std::filesystem::file_size(segment()) - before;
  }
  EXPECT_GT(written, 2 * kLogBytes) << "too little for the log to begin anew: this proves nothing";
  expect_all_there();
}

TEST_F(CheckpointerTest, AReaderHoldsTheLogOnlyAsLongAsItReads) {
  ASSERT_TRUE(append());
  auto other = sqlite::Database::open(segment(), sqlite::Database::Mode::kReadOnly);
  ASSERT_TRUE(other->exec("BEGIN"));
  ASSERT_EQ(*other->integer("SELECT count(*) FROM groups"), 1);
  while (log_size() < 6 * kLogBytes) ASSERT_TRUE(append()) << "nobody waits for a reader";
  EXPECT_EQ(*other->integer("SELECT count(*) FROM groups"), 1);
  ASSERT_TRUE(other->exec("COMMIT"));
  const std::uint64_t longest = log_size();
  for (int i = 0; i < 400; ++i) ASSERT_TRUE(append());
  // Written meanwhile is several times that; how far the copies lag depends on the machine.
  EXPECT_LE(log_size(), longest + 8 * kLogBytes) << "the log did not begin anew";
  expect_all_there();
}

TEST(CheckpointerFaultTest, AFileThatCannotBeSyncedEndsTheJournal) {
  const FaultyVfs vfs;
  const TempDir dir;
  JournalOptions options;
  options.dir = dir.path();
  options.log_bytes = 1;
  Dictionary dictionary;
  Random random(test_seed());
  FaultyVfs::disarm();
  auto journal = std::move(*open_sqlite_journal(options, dictionary));
  for (int i = 0; i < 20; ++i) {
    Group group = random_group(random, dictionary, at(i));
    ASSERT_TRUE(journal->append(group));
  }
  FaultyVfs::arm(Fault::kSyncError, 2, false);  // once, a commit or a copy
  int stored = 0;
  for (int i = 20; i < 40; ++i) {
    Group group = random_group(random, dictionary, at(i));
    if (!journal->append(group)) break;
    ++stored;
  }
  EXPECT_TRUE(FaultyVfs::struck());
  EXPECT_LT(stored, 20) << "it went on after a sync had failed";
  FaultyVfs::disarm();
}

}  // namespace
}  // namespace slod::journal::test

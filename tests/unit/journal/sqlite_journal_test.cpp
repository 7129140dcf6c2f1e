// What is special about the journal on disk: its lock, its files, what it refuses, what damage it finds.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "journal/directory.h"
#include "journal/segment.h"
#include "slod/sqlite/sqlite.h"
#include "unit/journal/support.h"

namespace slod::journal::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class SqliteJournalTest : public ::testing::Test {
 protected:
  SqliteJournalTest() { options_.dir = dir_.path(); }
  Result<std::unique_ptr<Journal>> try_open() { return open_sqlite_journal(options_, dictionary_); }
  std::unique_ptr<Journal> open() {
    auto opened = try_open();
    EXPECT_TRUE(opened) << opened.error().message;
    return opened ? std::move(*opened) : nullptr;
  }
  /// `n` groups, one second apart; returns their texts.
  std::vector<std::string> fill(Journal& journal, int n, std::size_t rows = 5) {
    std::vector<std::string> texts;
    for (int i = 0; i < n; ++i) {
      Group group;
      group.stamp = std::max(journal.last_stamp(), at(1000)) + seconds(1);
      for (std::size_t r = 0; r < rows; ++r) group.api.push_back(random_api(random_, dictionary_));
      for (std::size_t r = 0; r < rows; ++r) group.device.push_back(random_device(random_, dictionary_));
      group.controls.push_back({ControlKind::kSilence, group.stamp, "slo", "silence " + std::to_string(i)});
      EXPECT_TRUE(journal.append(group));
      texts.push_back(describe(group, dictionary_));
    }
    return texts;
  }
  std::vector<SegmentFile> segments() { return *list_segments(options_.dir); }
  void sql(const std::string& path, const std::string& text) {
    auto database = sqlite::Database::open(path, sqlite::Database::Mode::kReadWrite);
    const Status done = database->exec(text);
    ASSERT_TRUE(done) << done.error().message;
  }
  TempDir dir_;
  JournalOptions options_;
  Dictionary dictionary_;
  Random random_{42};
};

TEST_F(SqliteJournalTest, ASecondWriterIsRefusedByDirectoryAndPid) {
  auto first = open();
  const auto second = try_open();
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().message, HasSubstr(options_.dir));
  EXPECT_THAT(second.error().message, HasSubstr("pid " + std::to_string(::getpid())));
  const Status held = nobody_holds(options_.dir);
  ASSERT_FALSE(held);
  EXPECT_EQ(held.error().message, second.error().message);
  first.reset();
  EXPECT_TRUE(nobody_holds(options_.dir));
  EXPECT_TRUE(nobody_holds(options_.dir + "/not-there"));
  EXPECT_TRUE(try_open());
}

TEST_F(SqliteJournalTest, ANewerFormatIsRefusedInWords) {
  fill(*open(), 2);
  sql(segments().front().path, "PRAGMA user_version=99");
  const auto refused = try_open();
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("format 99"));
  EXPECT_THAT(refused.error().message, HasSubstr("newer slod"));
}

TEST_F(SqliteJournalTest, SomebodyElsesDatabaseIsRefused) {
  fill(*open(), 2);
  sql(segments().front().path, "PRAGMA application_id=1");
  const auto refused = try_open();
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("not a segment"));
}

TEST_F(SqliteJournalTest, ASegmentClosesByLengthAndStandsAlone) {
  options_.segment_length = seconds(3);
  auto journal = open();
  const auto texts = fill(*journal, 10);
  const auto files = segments();
  ASSERT_EQ(files.size(), 4U);
  EXPECT_EQ(files[0].first, 1U);
  EXPECT_EQ(files[1].first, 4U);
  EXPECT_THAT(files[1].path, ::testing::EndsWith("/seg-000000000004.db"));
  EXPECT_FALSE(std::filesystem::exists(files[0].path + "-wal"));
  EXPECT_EQ(read_all(*journal, 0), texts);
}

TEST_F(SqliteJournalTest, OfTooManyKeysTheNewestAreGivenBackOldestFirst) {
  options_.segment_length = seconds(4);
  options_.most_keys = 5;
  auto journal = open();
  for (int i = 0; i < 10; ++i) {
    Group group;
    group.stamp = at(1000 + i);
    for (const char* part : {"a", "b"})
      group.keys.push_back({"s", {std::to_string(i) + part, {}, ""}, group.stamp});
    ASSERT_TRUE(journal->append(group));
  }
  ASSERT_GT(segments().size(), 2U);
  journal.reset();
  std::string found;
  for (const StoredKey& key : open()->keys_since(at(0))) found += key.key.key + " ";
  EXPECT_EQ(found, "7b 8a 8b 9a 9b ");
}

TEST_F(SqliteJournalTest, ASegmentClosesBySize) {
  options_.segment_bytes = 4000;
  auto journal = open();
  const auto texts = fill(*journal, 10, 20);
  EXPECT_GT(segments().size(), 2U);
  EXPECT_EQ(read_all(*journal, 0), texts);
}

TEST_F(SqliteJournalTest, AnEmptyNewestSegmentOfACrashIsRemoved) {
  const auto texts = fill(*open(), 3);
  std::ofstream(segment_path(options_.dir, 4)).flush();
  auto journal = open();
  EXPECT_EQ(journal->last_position(), 3U);
  auto more = fill(*journal, 1);
  more.insert(more.begin(), texts.begin(), texts.end());
  EXPECT_EQ(read_all(*journal, 0), more);
}

TEST_F(SqliteJournalTest, FleetRowsGoEarlierAndTheirSpaceComesBack) {
  options_.segment_length = seconds(10);
  options_.keep_fleet = hours(1);
  auto journal = open();
  fill(*journal, 40, 300);
  const std::uint64_t before = journal->bytes();
  ASSERT_TRUE(journal->trim(journal->last_stamp() + hours(2)));
  EXPECT_LT(journal->bytes(), before * 9 / 10);
  Dictionary mine;
  auto reader = journal->read_from(0, mine);
  for (Position p = 1; p <= 40; ++p) {
    const auto group = (*reader)->next();
    ASSERT_TRUE(group && *group) << (group ? "end" : group.error().message);
    EXPECT_EQ((*group)->api.size(), 300U);
    const auto of_fleet =
        std::count_if((*group)->device.begin(), (*group)->device.end(), [](const auto& row) {
          return row.kind == MessageKind::kReport || row.kind == MessageKind::kPresence;
        });
    EXPECT_EQ(of_fleet == 0, p <= 30) << "group " << p;
    EXPECT_GT((*group)->device.size(), 0U) << "commands and replies are journeys'";
  }
}

TEST_F(SqliteJournalTest, StaysWithinMaxBytesByDroppingTheOldest) {
  options_.segment_length = seconds(5);
  options_.max_bytes = 1'000'000;
  auto journal = open();
  fill(*journal, 40, 250);
  ASSERT_GT(journal->bytes(), options_.max_bytes);
  const std::size_t before = segments().size();
  ASSERT_TRUE(journal->trim(journal->last_stamp()));
  EXPECT_LE(journal->bytes(), options_.max_bytes);
  EXPECT_GT(segments().front().first, 1U);
  EXPECT_EQ(journal->trimmed().by_room, before - segments().size());
  EXPECT_EQ(journal->trimmed().by_age, 0U);
  EXPECT_LT(journal->trimmed().room_until, journal->last_stamp());
  journal.reset();
  journal = open();
  Dictionary mine;
  auto reader = journal->read_from(0, mine);
  std::size_t silences = 0;
  for (auto group = (*reader)->next();; group = (*reader)->next()) {
    ASSERT_TRUE(group) << group.error().message;
    if (!*group) break;
    silences += (*group)->controls.size();
  }
  EXPECT_EQ(silences, 40U) << "what people did stays";
}

TEST_F(SqliteJournalTest, StaysWithinMaxBytesAlsoBeforeASegmentsDayIsOver) {
  options_.max_bytes = 6'000'000;
  auto journal = open();
  for (int tick = 0; tick < 60; ++tick) {
    fill(*journal, 1, 2'500);
    ASSERT_TRUE(journal->trim(journal->last_stamp()));
    ASSERT_LE(journal->bytes(), options_.max_bytes) << tick;
  }
  EXPECT_GT(journal->trimmed().by_room, 2U) << "a part at a time";
  EXPECT_GT(journal->bytes(), options_.max_bytes / 2) << "and not all at once";
}

TEST_F(SqliteJournalTest, CountsWhatLeavesAtTheEndOfItsRetention) {
  options_.segment_length = seconds(5);
  auto journal = open();
  fill(*journal, 40, 10);
  const std::size_t before = segments().size();
  ASSERT_TRUE(journal->trim(journal->last_stamp() + options_.keep_journeys + hours(1)));
  EXPECT_EQ(journal->trimmed().by_age, before - 1);
  EXPECT_EQ(journal->trimmed().by_room, 0U);
}

TEST_F(SqliteJournalTest, CountsASegmentOnceForWhichItAsksForASealBeforeItsTime) {
  options_.segment_length = seconds(5);
  options_.max_bytes = 600'000;
  options_.seals = true;
  auto journal = open();
  fill(*journal, 40, 150);
  for (int tick = 0; tick < 3; ++tick) ASSERT_TRUE(journal->trim(journal->last_stamp()));
  EXPECT_GT(journal->waits_for_seal(), 0U);
  EXPECT_EQ(journal->trimmed().early_seals, 1U);
  EXPECT_EQ(journal->trimmed().by_room, 0U);
}

/// Where the number of the last row stands in a table of one page (SQLite's format, "B-tree Pages"): behind
/// the row's length, both as varints.
std::size_t last_row_number(const std::string& file, std::size_t page) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(file[page + at]); };
  EXPECT_EQ(byte(0), 13) << "a table of one page";
  const std::size_t last = static_cast<std::size_t>(byte(3) << 8 | byte(4)) - 1;
  std::size_t cell = static_cast<std::size_t>(byte(8 + 2 * last) << 8 | byte(9 + 2 * last));
  while (byte(cell++) >= 0x80) {
  }
  return page + cell;
}

TEST_F(SqliteJournalTest, ATableWhoseLastRowSaysToBeBeforeTheFirstIsRefusedAndNotReadForEver) {
  fill(*open(), 4);
  const std::string path = segments().front().path;
  sql(path, "PRAGMA journal_mode=DELETE");
  std::int64_t root = 0;
  {
    auto database = sqlite::Database::open(path, sqlite::Database::Mode::kReadOnly);
    root = *database->integer("SELECT rootpage FROM sqlite_schema WHERE name='groups'");
  }
  std::ifstream in(path, std::ios::binary);
  const std::string file((std::istreambuf_iterator<char>(in)), {});
  std::fstream out(path, std::ios::binary | std::ios::in | std::ios::out);
  out.seekp(static_cast<std::streamoff>(
      last_row_number(file, static_cast<std::size_t>(root - 1) * std::size_t{kPageBytes})));
  out.put('\0');
  out.close();
  const auto opened = try_open();
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().message, AllOf(HasSubstr(path), HasSubstr("the first can be read")));
}

void flip_a_bit(const std::string& path, const std::string& column, Position group, Random& random) {
  auto database = sqlite::Database::open(path, sqlite::Database::Mode::kReadWrite);
  auto query = database->prepare("SELECT " + column + " FROM groups WHERE position=?1");
  query->bind(1, static_cast<std::int64_t>(group));
  ASSERT_TRUE(*query->step());
  std::string blob(query->blob(0));
  query->reset();
  const std::size_t byte = random.below(blob.size());
  blob[byte] = static_cast<char>(blob[byte] ^ (1 << random.below(8)));
  auto update = database->prepare("UPDATE groups SET " + column + "=?1 WHERE position=?2");
  update->bind_blob(1, blob);
  update->bind(2, static_cast<std::int64_t>(group));
  ASSERT_TRUE(update->run());
}

TEST_F(SqliteJournalTest, AFlippedBitInTheMiddleIsFoundWithItsPlace) {
  Random random(test_seed());
  const auto texts = fill(*open(), 12, 40);
  const std::string path = segments().front().path;
  for (int round = 0; round < 20; ++round) {
    const std::string copy = path + ".good";
    std::filesystem::copy_file(path, copy, std::filesystem::copy_options::overwrite_existing);
    const Position victim = 1 + random.below(11);
    const char* column = random.one_in(2) ? "journeys" : "control";
    flip_a_bit(path, column, victim, random);
    auto journal = open();
    const auto read = read_all(*journal, 0);
    ASSERT_EQ(read.size(), victim) << "all before it are read, then the error";
    EXPECT_THAT(read.back(), StartsWith("error: "));
    EXPECT_THAT(read.back(), HasSubstr(path));
    EXPECT_THAT(read.back(), HasSubstr("group " + std::to_string(victim) + ":"));
    EXPECT_THAT(read.back(), HasSubstr("slod restore"));
    journal.reset();
    std::filesystem::rename(copy, path);
  }
}

TEST_F(SqliteJournalTest, ALastGroupThatDoesNotMatchItsChecksumIsCutWithItsPosition) {
  auto journal = open();
  Group group;
  group.stamp = at(1);
  group.positions = {{"edge", "inode:1", 10, "a"}};
  ASSERT_TRUE(journal->append(group));
  group.positions = {{"edge", "inode:1", 20, "b"}};
  ASSERT_TRUE(journal->append(group));
  journal.reset();
  const std::string path = segments().front().path;
  sql(path, "UPDATE groups SET control=zeroblob(length(control)) WHERE position=2");
  std::string cut;
  options_.on_cut = [&](const std::string& what) { cut += what; };
  journal = open();
  EXPECT_THAT(cut, HasSubstr(path));
  EXPECT_THAT(cut, HasSubstr("its last group, 2 of 1970-01-01T00:00:01Z, cannot be read and was cut"));
  journal.reset();
  cut.clear();
  journal = open();
  EXPECT_EQ(cut, "") << "once is enough";
  EXPECT_EQ(journal->last_position(), 1U);
  ASSERT_EQ(journal->positions().size(), 1U);
  EXPECT_EQ(journal->positions()[0].offset, 10U) << "what was cut will be read again";
  EXPECT_EQ(fill(*journal, 1).size(), 1U);
  EXPECT_EQ(read_all(*journal, 0).size(), 2U);
}

TEST_F(SqliteJournalTest, AMissingSegmentIsNamed) {
  options_.segment_length = seconds(3);
  fill(*open(), 10);
  ASSERT_TRUE(remove_database(options_.dir, segment_path(options_.dir, 4)));
  auto journal = open();
  const auto read = read_all(*journal, 0);
  ASSERT_EQ(read.size(), 4U);
  EXPECT_THAT(read.back(), HasSubstr("group 4"));
  EXPECT_THAT(read.back(), HasSubstr("missing"));
  ASSERT_TRUE(remove_database(options_.dir, segment_path(options_.dir, 1)));
  EXPECT_THAT(read_all(*journal, 0).front(), HasSubstr("group 1"));
}

TEST_F(SqliteJournalTest, AFileOfJunkIsRefusedByName) {
  fill(*open(), 3);
  const std::string path = segments().front().path;
  std::ofstream(path, std::ios::binary) << std::string(16384, 'x');
  const auto refused = try_open();
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr(path));
  EXPECT_THAT(refused.error().message, HasSubstr("slod restore"));
}

TEST_F(SqliteJournalTest, AReaderWithoutTheLockRunsBesideTheWriter) {
  options_.segment_length = seconds(4);
  auto journal = open();
  Dictionary mine;
  auto reader = read_sqlite_journal(options_.dir, 0, mine);
  ASSERT_TRUE(reader);
  std::vector<std::string> expected;
  std::vector<std::string> found;
  for (int round = 0; round < 10; ++round) {
    for (const std::string& text : fill(*journal, 3)) expected.push_back(text);
    for (const std::string& text : read_all(**reader, mine)) found.push_back(text);
  }
  EXPECT_EQ(found, expected);
}

TEST_F(SqliteJournalTest, AFullDiskIsSaidAndHealsWithTheSameGroup) {
  if (::mount("tmpfs", options_.dir.c_str(), "tmpfs", 0, "size=1m") != 0) {
    GTEST_SKIP() << "needs the right to mount a tmpfs";
  }
  auto journal = open();
  auto expected = fill(*journal, 1);
  {
    std::ofstream ballast(options_.dir + "/ballast", std::ios::binary);
    ballast << std::string(300'000, 'b');
  }
  Group group;
  Result<Position> position = Position{0};
  for (int i = 0; i < 200 && position; ++i) {
    group = Group();
    group.stamp = at(2000 + i);
    for (int r = 0; r < 300; ++r) group.api.push_back(random_api(random_, dictionary_));
    position = journal->append(group);
    if (position) expected.push_back(describe(group, dictionary_));
  }
  ASSERT_FALSE(position) << "the disk never filled";
  EXPECT_TRUE(journal->disk_full()) << position.error().message;
  EXPECT_FALSE(journal->append(group)) << "still full";
  EXPECT_TRUE(journal->disk_full());
  std::filesystem::remove(options_.dir + "/ballast");
  position = journal->append(group);
  EXPECT_TRUE(position) << position.error().message;
  EXPECT_FALSE(journal->disk_full());
  expected.push_back(describe(group, dictionary_));
  EXPECT_EQ(read_all(*journal, 0), expected);
  journal.reset();
  journal = open();
  EXPECT_EQ(read_all(*journal, 0), expected);
  journal.reset();
  EXPECT_EQ(::umount(options_.dir.c_str()), 0);
}

/// The child appends and tells each acknowledged position through the pipe until it is killed.
[[noreturn]] void append_until_killed(const JournalOptions& options, std::uint64_t seed, int pipe) {
  Dictionary dictionary;
  auto journal = open_sqlite_journal(options, dictionary);
  if (!journal) ::_exit(1);
  for (Position next = (*journal)->last_position() + 1;; ++next) {
    Random random(seed + next);
    Group group = random_group(random, dictionary, at(static_cast<std::int64_t>(next)));
    if (!(*journal)->append(group)) ::_exit(2);
    if (::write(pipe, &next, sizeof next) != sizeof next) ::_exit(3);
  }
}

TEST_F(SqliteJournalTest, AKilledWriterLeavesExactlyWhatItAcknowledged) {
  const std::uint64_t seed = test_seed();
  Random random(seed);
  options_.segment_length = seconds(20);
  for (int round = 0; round < 15; ++round) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    if (child == 0) append_until_killed(options_, seed, ends[1]);
    ::close(ends[1]);
    ::usleep(static_cast<useconds_t>(2'000 + random.below(60'000)));
    ::kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the child ended by itself: " << WEXITSTATUS(status);
    Position acknowledged = 0;
    while (::read(ends[0], &acknowledged, sizeof acknowledged) == sizeof acknowledged) continue;
    ::close(ends[0]);
    auto journal = open();
    ASSERT_NE(journal, nullptr);
    EXPECT_GE(journal->last_position(), acknowledged);
    if (acknowledged > 0) {
      EXPECT_LE(journal->last_position(), acknowledged + 1);
    }
    const auto read = read_all(*journal, 0);
    ASSERT_EQ(read.size(), journal->last_position());
    // Each group is exactly what the child made of its number.
    for (int check = 0; check < 5 && !read.empty(); ++check) {
      const Position p = check == 0 ? read.size() : 1 + random.below(read.size());
      Dictionary dictionary;
      auto twin = make_memory_journal(dictionary);
      Random again(seed + p);
      Group group = random_group(again, dictionary, at(static_cast<std::int64_t>(p)));
      ASSERT_TRUE(twin->append(group));
      group.position = p;
      EXPECT_EQ(read[p - 1], describe(group, dictionary));
    }
  }
}

}  // namespace
}  // namespace slod::journal::test

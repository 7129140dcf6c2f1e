// golden/v1.db is a segment of format 1, written once. Every later slod must read it to the same groups. To
// make the file of a new format: SLOD_WRITE_GOLDEN=1 journal_test --gtest_filter='GoldenSegmentTest.*'. It
// overwrites nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "journal/directory.h"
#include "unit/journal/support.h"

namespace slod::journal::test {
namespace {

namespace fs = std::filesystem;

fs::path golden_file() {
  return fs::path(__FILE__).parent_path() / "golden" / "v1.db";
}

ApiRow golden_api(Dictionary& dictionary, int i) {
  const Label labels[] = {{dictionary.intern("app"), dictionary.intern(i % 2 == 0 ? "ios" : "android")},
                          {dictionary.intern("area"), dictionary.intern("shibuya")}};
  ApiRow row;
  row.start = at(1'795'000'000) + Duration(i * 1'500'000'000LL);
  row.latency = i == 3 ? kNoLatency : Duration(120'000'000 + i * 1'000'001);
  row.received = at(1'795'000'100);
  if (i != 2) row.id = {0x1122334455667788U + static_cast<std::uint64_t>(i), std::uint64_t{0xabcd} << 48};
  if (i != 1) row.user = 0x0000123456789abcU;
  row.source = dictionary.intern("gateway");
  row.route = dictionary.intern("POST /v1/vehicles/{device}/unlock");
  row.device = dictionary.intern("vehicle-" + std::to_string(i % 3));
  row.labels = dictionary.intern_labels(labels);
  row.status = static_cast<std::uint16_t>(i == 4 ? 503 : 200);
  return row;
}

DeviceRow golden_device(Dictionary& dictionary, int i) {
  const Label values[] = {{dictionary.intern("/rssi"), dictionary.intern("-101.5")}};
  DeviceRow row;
  row.kind = static_cast<MessageKind>(i % 4);
  row.retained = i == 1;
  row.has_time = i != 2;
  row.received = at(1'795'000'101) + Duration(i);
  row.time = i == 2 ? row.received : row.received - Duration(250'000'000);
  if (i == 3) row.id = {7, std::uint64_t{9} << 48};
  row.payload = {0xfeedU + static_cast<std::uint64_t>(i), std::uint64_t{1} << 48};
  row.seq = i == 2 ? kNoNumber : 100 + i;
  row.boot = 3;
  row.battery = i == 1 ? kNoValue : 87.5;
  row.lat = 35.658034;
  row.lon = i == 3 ? 1.0 / 3.0 : 139.701636;
  row.source = dictionary.intern("fleet");
  row.device = dictionary.intern("vehicle-" + std::to_string(i));
  row.word = dictionary.intern("riding");
  row.values = dictionary.intern_labels(values);
  return row;
}

/// Frozen: the file was made of this.
std::vector<Group> golden_groups(Dictionary& dictionary) {
  std::vector<Group> groups(3);
  for (Group& group : groups) group.stamp = at(1'795'000'110);
  groups[0].controls = {{ControlKind::kConfig, at(1'795'000'000), "v1", std::string(200, 'c')},
                        {ControlKind::kTick, at(1'795'000'110), "", ""}};
  groups[0].positions = {{"edge", "inode:7", 4096, "proof"}};
  groups[0].keys = {{"gateway", {"key-1", {1, 2}, "{\"accepted\":5}"}, at(1'795'000'105)}};
  SourceCounts counts;
  counts.accepted = 5;
  counts.rejected["no_status"] = 1;
  groups[0].counts.emplace_back("gateway", counts);
  for (int i = 0; i < 6; ++i) groups[1].api.push_back(golden_api(dictionary, i));
  for (int i = 0; i < 4; ++i) groups[1].device.push_back(golden_device(dictionary, i));
  groups[2].api.push_back(golden_api(dictionary, 9));
  groups[2].controls = {{ControlKind::kAcknowledgement, at(1'795'000'109), "unlock", "{\"by\":\"sato\"}"}};
  return groups;
}

void write_golden() {
  ASSERT_FALSE(fs::exists(golden_file()))
      << "a golden file is never overwritten: a new format gets a new file";
  const TempDir dir;
  Dictionary dictionary;
  JournalOptions options;
  options.dir = dir.path();
  auto journal = open_sqlite_journal(options, dictionary);
  ASSERT_TRUE(journal);
  for (Group& group : golden_groups(dictionary)) ASSERT_TRUE((*journal)->append(group));
  Group next;  // closes the segment
  next.stamp = at(1'795'000'110) + hours(25);
  ASSERT_TRUE((*journal)->append(next));
  fs::copy_file(segment_path(dir.path(), 1), golden_file());
}

TEST(GoldenSegmentTest, FormatOneIsReadFromAReadOnlyCopy) {
  if (std::getenv("SLOD_WRITE_GOLDEN") != nullptr) write_golden();
  const TempDir dir;
  const std::string copy = segment_path(dir.path(), 1);
  fs::copy_file(golden_file(), copy);
  fs::permissions(copy, fs::perms::owner_read);
  Dictionary dictionary;
  std::vector<std::string> expected;
  for (Group& group : golden_groups(dictionary)) {
    group.position = expected.size() + 1;
    expected.push_back(describe(group, dictionary));
  }
  Dictionary mine;
  auto reader = read_sqlite_journal(dir.path(), 0, mine);
  ASSERT_TRUE(reader);
  EXPECT_EQ(read_all(**reader, mine), expected);
  EXPECT_EQ(std::distance(fs::directory_iterator(dir.path()), fs::directory_iterator()), 1)
      << "reading writes nothing";
}

TEST(GoldenSegmentTest, FormatOneCanBeAppendedTo) {
  const TempDir dir;
  fs::copy_file(golden_file(), segment_path(dir.path(), 1));
  Dictionary dictionary;
  JournalOptions options;
  options.dir = dir.path();
  auto journal = open_sqlite_journal(options, dictionary);
  ASSERT_TRUE(journal) << journal.error().message;
  EXPECT_EQ((*journal)->last_position(), 3U);
  EXPECT_EQ((*journal)->positions().size(), 1U);
  EXPECT_EQ((*journal)->keys_since(at(0)).size(), 1U);
  Group group = golden_groups(dictionary)[1];
  ASSERT_TRUE((*journal)->append(group));
  EXPECT_EQ(read_all(**journal, 3), std::vector<std::string>{describe(group, dictionary)});
}

}  // namespace
}  // namespace slod::journal::test

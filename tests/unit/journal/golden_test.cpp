// golden/vN.db is a segment of format N, written once. Every later slod must read it to the same groups. To
// make the file of a new format: SLOD_WRITE_GOLDEN=1 journal_test --gtest_filter='GoldenSegmentTest.*'. It
// overwrites nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "journal/directory.h"
#include "journal/sealed_store.h"
#include "journal/segment.h"
#include "slod/journal/sealed.h"
#include "unit/journal/support.h"

namespace slod::journal::test {
namespace {

namespace fs = std::filesystem;

fs::path golden_file(int version) {
  return fs::path(__FILE__).parent_path() / "golden" / ("v" + std::to_string(version) + ".db");
}
fs::path golden_sealed() {
  return fs::path(__FILE__).parent_path() / "golden" / "v2-sealed.db";
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

SealedFleet golden_fleet(Dictionary& dictionary) {
  SealedFleet fleet;
  fleet.checks = {dictionary.intern("battery"), dictionary.intern("radio")};
  const Label labels[] = {{dictionary.intern("model"), dictionary.intern("bike")}};
  for (int i = 0; i < 3; ++i) {
    SealedDevice device;
    device.device = dictionary.intern("vehicle-" + std::to_string(i));
    device.source = i == 1 ? 0 : dictionary.intern("fleet");
    device.seen = i == 1 ? std::numeric_limits<std::int64_t>::max() : 1'795'000'000'000'000'000 + i;
    device.evidence = device.seen;
    device.time = std::numeric_limits<std::int64_t>::min() + i;
    device.labels = dictionary.intern_labels(labels);
    fleet.devices.push_back(device);
    fleet.states.push_back({i, i + 10, static_cast<std::uint8_t>(i + 1), 1});
    fleet.states.push_back({std::numeric_limits<std::int64_t>::min(), 7, 0, 0});
  }
  fleet.ahead = {{2, 1'795'000'060'000'000'000, dictionary.intern("riding"), 0}};
  fleet.values = {12.5, -110};
  fleet.recent = {{~std::uint64_t{0}, 5}, {3, 4}};
  fleet.older = {{1, 2}};
  fleet.duplicates = 9;
  fleet.sources = {{dictionary.intern("fleet"), 9, 2, 1'795'000'000'000'000'007}};
  return fleet;
}

std::vector<SealedMinutes> golden_minutes(Dictionary& dictionary) {
  const Label labels[] = {{dictionary.intern("model"), dictionary.intern("bike")}};
  std::vector<SealedMinutes> minutes;
  for (int i = 0; i < 5; ++i) {
    minutes.push_back({179'500'000 + 6 * i, dictionary.intern("any"), static_cast<std::uint8_t>(i % 4),
                       dictionary.intern(i % 2 == 0 ? "" : "connectivity"), dictionary.intern_labels(labels),
                       1000 - i});
  }
  return minutes;
}

SealedBlock golden_block(Dictionary& dictionary) {
  return {3, at(1'795'000'020), at(1'795'000'080), encode_minutes(golden_minutes(dictionary), dictionary),
          encode_fleet(golden_fleet(dictionary), dictionary)};
}

void write_golden() {
  ASSERT_FALSE(fs::exists(golden_file(kFormatVersion)))
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
  next.sealed.push_back(golden_block(dictionary));
  ASSERT_TRUE((*journal)->append(next));
  fs::copy_file(segment_path(dir.path(), 1), golden_file(kFormatVersion));
  fs::copy_file(sealed_path(dir.path()), golden_sealed());
}

/// A directory with the golden segment alone, and what its groups are.
std::vector<std::string> put_golden(const TempDir& dir, int version, Dictionary& dictionary) {
  const std::string copy = segment_path(dir.path(), 1);
  fs::copy_file(golden_file(version), copy);
  fs::permissions(copy, fs::perms::owner_read | fs::perms::owner_write);
  std::vector<std::string> expected;
  for (Group& group : golden_groups(dictionary)) {
    group.position = expected.size() + 1;
    expected.push_back(describe(group, dictionary));
  }
  return expected;
}

class GoldenSegmentTest : public ::testing::TestWithParam<int> {};

TEST_P(GoldenSegmentTest, IsReadFromAReadOnlyCopy) {
  if (std::getenv("SLOD_WRITE_GOLDEN") != nullptr && GetParam() == kFormatVersion) write_golden();
  const TempDir dir;
  Dictionary dictionary;
  const std::vector<std::string> expected = put_golden(dir, GetParam(), dictionary);
  fs::permissions(segment_path(dir.path(), 1), fs::perms::owner_read);
  Dictionary mine;
  auto reader = read_sqlite_journal(dir.path(), 0, mine);
  ASSERT_TRUE(reader);
  EXPECT_EQ(read_all(**reader, mine), expected);
  EXPECT_EQ(std::distance(fs::directory_iterator(dir.path()), fs::directory_iterator()), 1)
      << "reading writes nothing";
}

TEST_P(GoldenSegmentTest, CanBeAppendedTo) {
  const TempDir dir;
  Dictionary dictionary;
  std::vector<std::string> expected = put_golden(dir, GetParam(), dictionary);
  JournalOptions options;
  options.dir = dir.path();
  auto journal = open_sqlite_journal(options, dictionary);
  ASSERT_TRUE(journal) << journal.error().message;
  EXPECT_EQ((*journal)->last_position(), 3U);
  EXPECT_EQ((*journal)->positions().size(), 1U);
  EXPECT_EQ((*journal)->keys_since(at(0)).size(), 1U);
  Group group = golden_groups(dictionary)[1];
  ASSERT_TRUE((*journal)->append(group));
  expected.push_back(describe(group, dictionary));
  EXPECT_EQ(read_all(**journal, 0), expected);
}

INSTANTIATE_TEST_SUITE_P(Formats, GoldenSegmentTest, ::testing::Values(1, 2));

TEST(GoldenSealedTest, IsReadToTheSameFacts) {
  const TempDir dir;
  Dictionary dictionary;
  put_golden(dir, 2, dictionary);
  fs::copy_file(golden_sealed(), sealed_path(dir.path()));
  Dictionary mine;
  auto reader = read_sqlite_journal(dir.path(), 0, mine);
  ASSERT_TRUE(reader);
  const auto head = (*reader)->next();
  ASSERT_TRUE(head && *head);
  ASSERT_EQ((*head)->sealed.size(), 1U);
  EXPECT_EQ((*head)->sealed.front().position, 3U);
  EXPECT_EQ((*head)->sealed.front().until, at(1'795'000'080));
  SealedFleet fleet;
  ASSERT_TRUE(decode_fleet((*head)->sealed.front().fleet, dictionary, fleet));
  EXPECT_EQ(fleet, golden_fleet(dictionary));
  const auto second = (*reader)->next();
  ASSERT_TRUE(second && *second && !(*second)->sealed.empty());
  std::vector<SealedMinutes> minutes;
  ASSERT_TRUE(decode_minutes((*second)->sealed.front().minutes, dictionary, minutes));
  EXPECT_EQ(minutes, golden_minutes(dictionary));
}

TEST(GoldenSealedTest, AFlippedBitIsNamed) {
  const TempDir dir;
  Dictionary dictionary;
  put_golden(dir, 2, dictionary);
  fs::copy_file(golden_sealed(), sealed_path(dir.path()));
  {
    auto database = sqlite::Database::open(sealed_path(dir.path()), sqlite::Database::Mode::kReadWrite);
    ASSERT_TRUE(database);
    ASSERT_TRUE(database->exec("UPDATE sealed SET fleet=fleet||x'00'"));
  }
  auto reader = read_sqlite_journal(dir.path(), 0, dictionary);
  ASSERT_TRUE(reader);
  const auto head = (*reader)->next();
  ASSERT_FALSE(head);
  EXPECT_NE(head.error().message.find("sealed.db"), std::string::npos) << head.error().message;
}

}  // namespace
}  // namespace slod::journal::test

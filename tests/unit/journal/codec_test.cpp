// Columns, checksums, blobs: the parts of the format.
#include <gtest/gtest.h>

#include "journal/blob.h"
#include "journal/column.h"
#include "slod/core/crc32c.h"
#include "unit/journal/support.h"

namespace slod::journal::test {
namespace {

TEST(Crc32cTest, MatchesThePublishedVectors) {
  // RFC 3720, B.4.
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8a9136aaU);
  EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62a8ab43U);
  EXPECT_EQ(crc32c("123456789"), 0xe3069283U);
  EXPECT_EQ(crc32c("6789", crc32c("12345")), 0xe3069283U);
}

TEST(Crc32cTest, ThePortableWayGivesTheSame) {
  Random random(test_seed());
  for (int i = 0; i < 200; ++i) {
    const std::string bytes = random.text(100);
    EXPECT_EQ(crc32c(bytes, 5), crc32c_portable(bytes, 5));
  }
}

TEST(ColumnTest, AnyNumbersComeBack) {
  Random random(test_seed());
  for (int i = 0; i < 2000; ++i) {
    std::vector<std::int64_t> values(random.below(20));
    const std::int64_t unit = random.one_in(2) ? 1 : 1'000'000;
    const bool wild = random.one_in(3);
    for (std::int64_t& v : values)
      v = wild ? random.number() : static_cast<std::int64_t>(random.below(1000)) * unit;
    std::string out;
    put_offsets(out, values, kNoNumber);
    put_deltas(out, values, 77);
    ByteReader in(out);
    std::vector<std::int64_t> offsets(values.size()), deltas(values.size());
    ASSERT_TRUE(get_numbers(in, offsets, 0, kNoNumber));
    ASSERT_TRUE(get_numbers(in, deltas, 77));
    EXPECT_EQ(offsets, values);
    EXPECT_EQ(deltas, values);
    EXPECT_EQ(in.left(), 0U);
  }
}

TEST(ColumnTest, MillisecondsCostNoMoreThanTheirCount) {
  std::vector<std::int64_t> latencies;
  for (int i = 0; i < 100; ++i) latencies.push_back((1 + i) * 1'000'000);
  std::string out;
  put_offsets(out, latencies);
  EXPECT_LE(out.size(), 110U);
}

TEST(ColumnTest, DecimalsAreExactOrKeptAsTheyAre) {
  std::string out;
  put_decimals(out, std::vector<double>{35.658034, 139.701636, kNoValue, -0.5});
  EXPECT_LT(out.size(), 4 * 6U);
  put_decimals(out, std::vector<double>{1.0 / 3.0, -0.0, 1e300});
  ByteReader in(out);
  std::vector<double> first(4), second(3);
  ASSERT_TRUE(get_decimals(in, first));
  ASSERT_TRUE(get_decimals(in, second));
  EXPECT_EQ(first[0], 35.658034);
  EXPECT_EQ(first[1], 139.701636);
  EXPECT_TRUE(std::isnan(first[2]));
  EXPECT_EQ(first[3], -0.5);
  EXPECT_EQ(second[0], 1.0 / 3.0);
  EXPECT_TRUE(std::signbit(second[1]));
  EXPECT_EQ(second[2], 1e300);
}

TEST(ColumnTest, MalformedBytesNeverReadBeyondTheirEnd) {
  Random random(test_seed());
  for (int i = 0; i < 5000; ++i) {
    const std::string junk = random.text(30);
    ByteReader in(junk);
    std::vector<std::int64_t> numbers(random.below(10));
    std::vector<double> doubles(random.below(10));
    static_cast<void>(get_numbers(in, numbers, 0, -1));
    static_cast<void>(get_decimals(in, doubles));
    EXPECT_LE(in.left(), junk.size());
  }
}

TEST(BlobTest, EveryFlippedBitAndEveryOtherPlaceIsFound) {
  BlobWriter writer;
  BlobReader reader;
  const Place place{Part::kJourneys, 17, at(5)};
  const std::string blob = writer.seal(place, {std::string(500, 'a') + "tail", "loose"});
  const auto opened = reader.open(place, blob);
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->packed, std::string(500, 'a') + "tail");
  EXPECT_EQ(opened->loose, "loose");
  EXPECT_LT(blob.size(), 100U) << "compressed";
  for (std::size_t bit = 0; bit < blob.size() * 8; ++bit) {
    std::string flipped = blob;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(reader.open(place, flipped)) << "bit " << bit;
  }
  for (std::size_t size = 0; size < blob.size(); ++size)
    EXPECT_FALSE(reader.open(place, blob.substr(0, size)));
  EXPECT_FALSE(reader.open({Part::kFleet, 17, at(5)}, blob));
  EXPECT_FALSE(reader.open({Part::kJourneys, 18, at(5)}, blob));
  EXPECT_FALSE(reader.open({Part::kJourneys, 17, at(6)}, blob));
}

}  // namespace
}  // namespace slod::journal::test

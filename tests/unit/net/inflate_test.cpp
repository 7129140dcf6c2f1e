#include "slod/net/inflate.h"

#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

#include <string>

namespace slod::net {
namespace {

std::string gzip(const std::string& text) {
  z_stream z{};
  deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&z, text.size()) + 64, '\0');
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  z.avail_in = static_cast<uInt>(text.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  deflate(&z, Z_FINISH);
  out.resize(z.total_out);
  deflateEnd(&z);
  return out;
}

std::string zstd(const std::string& text) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 3));
  return out;
}

std::string sample() {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += "{\"n\":" + std::to_string(i * 7919) + "}\n";
  return text;
}

TEST(InflateTest, BothCodingsGiveBackWhatWasCompressed) {
  const std::string text = sample();
  for (const auto& [coding, bytes] :
       {std::pair{"gzip", gzip(text)}, {"zstd", zstd(text)}, {"identity", text}, {"", text}}) {
    std::string out;
    EXPECT_EQ(inflate(coding, bytes, 1 << 20, out), Inflated::kOk) << coding;
    EXPECT_EQ(out, text) << coding;
  }
}

TEST(InflateTest, MembersAndFramesThatFollowEachOtherAreOneBody) {
  std::string out;
  EXPECT_EQ(inflate("gzip", gzip("one\n") + gzip("two\n"), 100, out), Inflated::kOk);
  EXPECT_EQ(inflate("zstd", zstd("three\n") + zstd("four\n"), 100, out), Inflated::kOk);
  EXPECT_EQ(out, "one\ntwo\nthree\nfour\n");
}

TEST(InflateTest, EveryTruncationIsBroken) {
  for (const auto& [coding, bytes] :
       {std::pair{"gzip", gzip("hello hello hello")}, {"zstd", zstd("hello hello hello")}}) {
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      std::string out;
      EXPECT_EQ(inflate(coding, std::string_view(bytes).substr(0, size), 1000, out), Inflated::kBroken)
          << coding << " cut at " << size;
    }
  }
}

TEST(InflateTest, JunkAndTrailingJunkAreBroken) {
  std::string out;
  EXPECT_EQ(inflate("gzip", "not gzip at all", 1000, out), Inflated::kBroken);
  EXPECT_EQ(inflate("zstd", "not zstd at all", 1000, out), Inflated::kBroken);
  EXPECT_EQ(inflate("gzip", gzip("x") + "junk", 1000, out), Inflated::kBroken);
}

TEST(InflateTest, ABombStopsAtTheCap) {
  const std::string zeros(50'000'000, '\0');
  for (const auto& [coding, bytes] : {std::pair{"gzip", gzip(zeros)}, {"zstd", zstd(zeros)}}) {
    std::string out;
    EXPECT_EQ(inflate(coding, bytes, 1'000'000, out), Inflated::kTooLarge) << coding;
    EXPECT_LE(out.capacity(), 2'100'000U) << coding;
  }
}

TEST(InflateTest, ExactlyTheCapIsAllowedAndOneByteMoreIsNot) {
  std::string out;
  EXPECT_EQ(inflate("gzip", gzip(std::string(100'000, 'x')), 100'000, out), Inflated::kOk);
  EXPECT_EQ(inflate("gzip", gzip(std::string(100'001, 'x')), 100'000, out), Inflated::kTooLarge);
}

TEST(InflateTest, OtherCodingsAreUnknown) {
  std::string out;
  for (const char* coding : {"br", "deflate", "gzip, gzip", "GZIP?"}) {
    EXPECT_EQ(inflate(coding, "x", 10, out), Inflated::kUnknownCoding) << coding;
  }
}

}  // namespace
}  // namespace slod::net

#include "slod/store/checkpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "unit/window/seed.h"

namespace slod::store {
namespace {

namespace fs = std::filesystem;

class CheckpointTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "slod-checkpoint-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    dir_ = pattern + "/checkpoint";
  }
  void TearDown() override { fs::remove_all(fs::path(dir_).parent_path()); }

  static Checkpoint sample(std::uint64_t position) {
    Checkpoint checkpoint;
    checkpoint.position = position;
    checkpoint.stamp = from_nanos(1000 + static_cast<std::int64_t>(position));
    checkpoint.last_tick = from_nanos(990);
    checkpoint.made_with = {{"build", "abc"}, {"config", "12-34"}};
    checkpoint.figures = R"({"slos":[]})";
    test::Random random(position);
    for (int i = 0; i < 20'000; ++i) checkpoint.state += static_cast<char>(random.between(0, 40));
    return checkpoint;
  }
  void write(std::uint64_t position) {
    const auto written = write_checkpoint(dir_, sample(position));
    ASSERT_TRUE(written) << written.error().message;
  }
  [[nodiscard]] std::vector<std::uint64_t> positions() const {
    std::vector<std::uint64_t> all;
    for (const CheckpointFile& file : list_checkpoints(dir_)) all.push_back(file.position);
    return all;
  }
  static std::string bytes_of(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    std::stringstream bytes;
    bytes << in.rdbuf();
    return bytes.str();
  }
  static void overwrite(const std::string& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
  }
  std::string dir_;
};

TEST_F(CheckpointTest, WhatWasWrittenIsReadBack) {
  write(42);
  const auto read = read_checkpoint(list_checkpoints(dir_).front().path);
  ASSERT_TRUE(read) << read.error().message;
  const Checkpoint expected = sample(42);
  EXPECT_EQ(read->position, expected.position);
  EXPECT_EQ(read->stamp, expected.stamp);
  EXPECT_EQ(read->last_tick, expected.last_tick);
  EXPECT_EQ(read->made_with, expected.made_with);
  EXPECT_EQ(read->figures, expected.figures);
  EXPECT_EQ(read->state, expected.state);
}

TEST_F(CheckpointTest, TheNewestTwoAreKeptAndThoseOfALaterPositionAreNotOfThisJournal) {
  EXPECT_TRUE(positions().empty());
  for (const std::uint64_t position : {10U, 20U, 30U}) write(position);
  EXPECT_EQ(positions(), (std::vector<std::uint64_t>{30, 20}));
  write(25);  // the journal begins anew, shorter than the checkpoint
  EXPECT_EQ(positions(), (std::vector<std::uint64_t>{25, 20}));
  EXPECT_FALSE(fs::exists(dir_ + "/new.ckpt.tmp"));
}

TEST_F(CheckpointTest, EveryDamageIsNoticed) {
  write(7);
  const std::string path = list_checkpoints(dir_).front().path, bytes = bytes_of(path);
  const std::uint64_t first = test::first_seed();
  for (std::uint64_t seed = first; seed < first + 500; ++seed) {
    test::Random random(seed);
    std::string damaged = bytes;
    const auto at = static_cast<std::size_t>(random.between(0, static_cast<std::int64_t>(bytes.size()) - 1));
    if (random.one_in(3)) {
      damaged.resize(at);
    } else {
      damaged[at] = static_cast<char>(damaged[at] ^ (1 << random.between(0, 7)));
    }
    overwrite(path, damaged);
    EXPECT_FALSE(read_checkpoint(path)) << "SLOD_SEED=" << seed << " at " << at;
  }
  overwrite(path, bytes);
  EXPECT_TRUE(read_checkpoint(path));
  overwrite(path, bytes + "x");
  EXPECT_FALSE(read_checkpoint(path));
}

TEST_F(CheckpointTest, AnotherVersionOfTheFormatIsNamed) {
  write(7);
  const std::string path = list_checkpoints(dir_).front().path;
  std::string bytes = bytes_of(path);
  bytes[8] = 9;
  overwrite(path, bytes);
  EXPECT_THAT(read_checkpoint(path).error().message, testing::HasSubstr("version 9"));
}

TEST_F(CheckpointTest, WhatItWasMadeWithIsComparedByName) {
  const std::map<std::string, std::string> wanted = {{"build", "a"}, {"config", "b"}};
  EXPECT_EQ(first_difference(wanted, wanted), "");
  EXPECT_EQ(first_difference({{"build", "a"}, {"config", "c"}}, wanted), "config");
  EXPECT_EQ(first_difference({{"build", "a"}}, wanted), "config");
  EXPECT_EQ(first_difference({{"build", "a"}, {"config", "b"}, {"more", "c"}}, wanted), "more");
}

}  // namespace
}  // namespace slod::store

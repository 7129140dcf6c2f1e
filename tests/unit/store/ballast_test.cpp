#include "slod/store/ballast.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

namespace slod::store {
namespace {

class BallastTest : public ::testing::Test {
 protected:
  BallastTest() {
    std::string name = ::testing::TempDir() + "ballast_XXXXXX";
    dir_ = ::mkdtemp(name.data());
  }
  ~BallastTest() override { std::filesystem::remove_all(dir_); }
  [[nodiscard]] std::string path() const { return dir_ + "/ballast"; }
  std::string dir_;
};

TEST_F(BallastTest, TakesRoomGivesItBackOnceAndTakesItAgain) {
  Ballast ballast(path(), 1U << 20U);
  EXPECT_FALSE(ballast.there());
  EXPECT_FALSE(ballast.drop());
  ASSERT_TRUE(ballast.fill());
  EXPECT_EQ(std::filesystem::file_size(path()), 1U << 20U);
  EXPECT_TRUE(ballast.there());
  EXPECT_TRUE(ballast.drop());
  EXPECT_FALSE(ballast.there());
  EXPECT_FALSE(std::filesystem::exists(path()));
  EXPECT_FALSE(ballast.drop());
  EXPECT_TRUE(ballast.fill());
}

TEST_F(BallastTest, TheBallastOfTheRunBeforeIsUsed) {
  ASSERT_TRUE(Ballast(path(), 1U << 20U).fill());
  Ballast ballast(path());
  EXPECT_TRUE(ballast.fill());
  EXPECT_EQ(std::filesystem::file_size(path()), 1U << 20U);
}

TEST_F(BallastTest, WhereItCannotBeMadeThereIsNone) {
  Ballast ballast(dir_ + "/missing/ballast");
  EXPECT_FALSE(ballast.fill());
  EXPECT_FALSE(ballast.there());
}

}  // namespace
}  // namespace slod::store

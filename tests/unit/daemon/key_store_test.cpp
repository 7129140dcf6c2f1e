#include "daemon/key_store.h"

#include <gtest/gtest.h>

namespace slod::daemon {
namespace {

const Time kStart = from_nanos(1'795'000'000'000'000'000);

IdempotencyKey key(const std::string& name, const std::string& body) {
  return {name, digest_of(body), "answer to " + body};
}

TEST(KeyStore, TheFirstAnswerIsRepeatedAndAnotherBodyConflicts) {
  KeyStore keys;
  EXPECT_FALSE(keys.known("gateway", key("k1", "a")));
  keys.add("gateway", key("k1", "a"), kStart);
  ASSERT_TRUE(keys.known("gateway", key("k1", "a")));
  EXPECT_EQ(keys.known("gateway", key("k1", "a"))->result, Committed::kRepeated);
  EXPECT_EQ(keys.known("gateway", key("k1", "a"))->answer, "answer to a");
  EXPECT_EQ(keys.known("gateway", key("k1", "b"))->result, Committed::kConflict);
  EXPECT_FALSE(keys.known("other", key("k1", "a")));
}

TEST(KeyStore, ForgetsAfterItsTimeOldestFirst) {
  KeyStore keys;
  keys.add("gateway", key("old", "a"), kStart);
  keys.add("gateway", key("young", "a"), kStart + hours(1));
  keys.forget_before(kStart + minutes(30));
  EXPECT_FALSE(keys.known("gateway", key("old", "a")));
  EXPECT_TRUE(keys.known("gateway", key("young", "a")));
  EXPECT_EQ(keys.size(), 1U);
}

TEST(KeyStore, AtTheLimitTheOldestKeyIsForgottenAndItsBatchIsNewAgain) {
  KeyStore keys;
  for (std::size_t i = 0; i <= KeyStore::kMaxKeys; ++i)
    keys.add("gateway", key(std::to_string(i), "a"), kStart + Duration(i));
  EXPECT_EQ(keys.size(), KeyStore::kMaxKeys);
  EXPECT_FALSE(keys.known("gateway", key("0", "a")));
  EXPECT_TRUE(keys.known("gateway", key("1", "a")));
  EXPECT_TRUE(keys.known("gateway", key(std::to_string(KeyStore::kMaxKeys), "a")));
  keys.add("gateway", key("0", "b"), kStart + seconds(1));
  EXPECT_EQ(keys.known("gateway", key("0", "b"))->result, Committed::kRepeated);
}

}  // namespace
}  // namespace slod::daemon

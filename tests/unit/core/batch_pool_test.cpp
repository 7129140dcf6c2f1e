// Batches that go round.
#include "slod/core/batch_pool.h"

#include <gtest/gtest.h>

#include <thread>

namespace slod {
namespace {

TEST(BatchPoolTest, ABatchThatWasGivenBackComesOutEmpty) {
  const auto pool = std::make_shared<BatchPool>();
  auto batch = pool->take();
  const RecordBatch* const first = batch.get();
  batch->source = "gateway";
  batch->api.resize(100);
  batch->dictionary.intern("x");
  batch->counts.accepted = 100;
  batch.reset();
  batch = pool->take();
  EXPECT_EQ(batch.get(), first);
  EXPECT_TRUE(batch->api.empty());
  EXPECT_GE(batch->api.capacity(), 100U);
  EXPECT_EQ(batch->dictionary.string_count(), 1U);
  EXPECT_EQ(batch->counts.accepted, 0U);
}
TEST(BatchPoolTest, AVeryLargeBatchIsNotKept) {
  const auto pool = std::make_shared<BatchPool>();
  auto batch = pool->take();
  batch->api.resize(100'000);
  batch.reset();
  EXPECT_EQ(pool->take()->api.capacity(), 0U);
}
TEST(BatchPoolTest, ABatchOutlivesWhoeverTookIt) {
  auto pool = std::make_shared<BatchPool>();
  BatchPointer batch = pool->take();
  pool.reset();
  batch->api.resize(1);
  batch.reset();
  BatchPointer of_nobody = std::make_unique<RecordBatch>();
  EXPECT_NE(of_nobody, nullptr);
}
TEST(BatchPoolTest, OthersGiveBackWhileTheOwnerTakes) {
  const auto pool = std::make_shared<BatchPool>();
  Mailbox<BatchPointer> handed(16);
  std::thread committer([&] {
    for (int i = 0; i < 5000;) {
      if (handed.pop()) ++i;
    }
  });
  for (int i = 0; i < 5000; ++i) {
    auto batch = std::make_unique<BatchPointer>(pool->take());
    ASSERT_TRUE((*batch)->api.empty());
    (*batch)->api.resize(static_cast<std::size_t>(i % 50));
    while (!handed.push(batch)) std::this_thread::yield();
  }
  committer.join();
}

}  // namespace
}  // namespace slod

// Published and Mailbox under real threads; run under ThreadSanitizer too.
#include <gtest/gtest.h>

#include <array>
#include <thread>
#include <vector>

#include "slod/core/mailbox.h"
#include "slod/core/published.h"

namespace slod {
namespace {

/// Every number in it is the same: a reader that sees a mixture has seen two moments.
struct Picture {
  explicit Picture(int n) { numbers.fill(n); }
  std::array<int, 64> numbers;
};

TEST(Published, ReadersSeeOneMomentAndNeverGoBack) {
  Published<Picture> published;
  EXPECT_EQ(published.read(), nullptr);
  published.publish(std::make_shared<Picture>(0));
  std::vector<std::thread> readers;
  for (int r = 0; r < 3; ++r) {
    readers.emplace_back([&] {
      int last = 0;
      while (last < 20'000) {
        const auto picture = published.read();
        for (const int number : picture->numbers) ASSERT_EQ(number, picture->numbers[0]);
        ASSERT_GE(picture->numbers[0], last);
        last = picture->numbers[0];
      }
    });
  }
  for (int n = 1; n <= 20'000; ++n) published.publish(std::make_shared<Picture>(n));
  for (auto& reader : readers) reader.join();
}

TEST(Mailbox, DeliversEachItemOnceInEachProducersOrder) {
  struct Item {
    int producer, number;
  };
  constexpr int kProducers = 3, kItems = 20'000;
  Mailbox<Item> mailbox(64);
  std::vector<std::thread> producers;
  for (int p = 0; p < kProducers; ++p) {
    producers.emplace_back([&, p] {
      for (int n = 0; n < kItems; ++n) {
        auto item = std::make_unique<Item>(Item{p, n});
        while (!mailbox.push(item)) std::this_thread::yield();
      }
    });
  }
  std::array<int, kProducers> next{};
  for (int received = 0; received < kProducers * kItems;) {
    const auto item = mailbox.pop();
    if (!item) {
      mailbox.wait_until(std::chrono::steady_clock::now() + std::chrono::seconds(5));
      continue;
    }
    ASSERT_EQ(item->number, next[static_cast<std::size_t>(item->producer)]++);
    ++received;
  }
  for (auto& producer : producers) producer.join();
  EXPECT_EQ(mailbox.pop(), nullptr);
}

TEST(Mailbox, RefusesBeyondItsCapacityAndLeavesTheItem) {
  Mailbox<int> mailbox(2);
  auto a = std::make_unique<int>(1), b = std::make_unique<int>(2), c = std::make_unique<int>(3);
  EXPECT_TRUE(mailbox.push(a));
  EXPECT_TRUE(mailbox.push(b));
  EXPECT_FALSE(mailbox.push(c));
  ASSERT_NE(c, nullptr);
  EXPECT_EQ(*mailbox.pop(), 1);
  EXPECT_TRUE(mailbox.push(c));
}

TEST(Mailbox, ASleeperIsWokenByAPushAndByTheDeadline) {
  Mailbox<int> mailbox(4);
  const auto begin = std::chrono::steady_clock::now();
  mailbox.wait_until(begin + std::chrono::milliseconds(30));
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(30));
  std::thread pusher([&] {
    auto item = std::make_unique<int>(7);
    mailbox.push(item);
  });
  std::unique_ptr<int> got;
  while (!(got = mailbox.pop())) mailbox.wait_until(begin + std::chrono::seconds(20));
  EXPECT_EQ(*got, 7);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
  pusher.join();
}

}  // namespace
}  // namespace slod

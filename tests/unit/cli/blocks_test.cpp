#include "cli/backfill/blocks.h"

#include <gtest/gtest.h>

namespace slod::cli {
namespace {

/// Gives a text in pieces that end where they want to.
class Pieces final : public LineBlocks {
 public:
  Pieces(std::string text, std::size_t piece) : text_(std::move(text)), piece_(piece) {}
  Result<std::string_view> next() override {
    const std::string_view given = std::string_view(text_).substr(std::min(at_, text_.size()), piece_);
    at_ += given.size();
    return given;
  }
  [[nodiscard]] std::uint64_t bytes_read() const override { return at_; }
  [[nodiscard]] std::uint64_t bytes_total() const override { return text_.size(); }

 private:
  std::string text_;
  std::size_t piece_, at_ = 0;
};

struct Cut {
  std::string key;
  std::size_t bytes;
  friend bool operator==(const Cut&, const Cut&) = default;
};

std::vector<Cut> cuts(const std::string& text, std::size_t piece, const std::string& source = "edge") {
  Blocks blocks(source, std::make_unique<Pieces>(text, piece));
  std::vector<Cut> cuts;
  for (auto block = blocks.next(); block && !block->empty(); block = blocks.next()) {
    cuts.push_back({blocks.key(), block->size()});
    blocks.done(block->size());
  }
  return cuts;
}

std::string log_of(int lines) {
  std::string text;
  for (int i = 0; i < lines; ++i) text += "line number " + std::to_string(i) + " of a log\n";
  return text;
}

TEST(Blocks, DependOnTheBytesAloneAndNotOnHowTheyWereRead) {
  const std::string text = log_of(60000);
  const std::vector<Cut> whole = cuts(text, text.size());
  EXPECT_GT(whole.size(), 2U);
  EXPECT_EQ(cuts(text, 100'003), whole);
  EXPECT_NE(cuts(text, 100'003, "other"), whole);
}

TEST(Blocks, OfAFileThatHasGrownAreTheSameUpToTheOneInWhichItEnded) {
  const std::vector<Cut> before = cuts(log_of(60000), 1 << 20), after = cuts(log_of(90000), 1 << 20);
  ASSERT_GT(after.size(), before.size());
  for (std::size_t i = 0; i + 1 < before.size(); ++i) EXPECT_EQ(after[i], before[i]) << i;
  EXPECT_EQ(after[before.size() - 1].key, before.back().key);  // and slod says how much of it is known
  EXPECT_GT(after[before.size() - 1].bytes, before.back().bytes);
}

TEST(Blocks, ThatBeginAlikeBehindAnotherPastHaveAnotherKey) {
  const std::string text = log_of(30000);
  EXPECT_NE(cuts("another line\n" + text, 1 << 20)[0].key, cuts(text, 1 << 20)[0].key);
}

}  // namespace
}  // namespace slod::cli

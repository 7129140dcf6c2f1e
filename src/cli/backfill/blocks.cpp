#include "cli/backfill/blocks.h"

#include "slod/core/hash.h"

namespace slod::cli {
namespace {

std::string hex(std::uint64_t number) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text(16, '0');
  for (std::size_t i = 16; i-- > 0; number >>= 4U) text[i] = kDigits[number & 15U];
  return text;
}

Digest chained(const Digest& before, std::string_view bytes) {
  return {hash_bytes(bytes, before.hi ^ 0x9e3779b97f4a7c15),
          hash_bytes(bytes, before.lo ^ 0x2545f4914f6cdd1d)};
}

}  // namespace

Blocks::Blocks(const std::string& source, std::unique_ptr<LineBlocks> input)
    : input_(std::move(input)), chain_(digest_of(source)) {}

/// npos: more must be read to know.
std::size_t Blocks::block_end() const {
  const std::size_t left = buffer_.size() - begin_;
  const std::size_t newline = left < kBytes ? std::string::npos : buffer_.find('\n', begin_ + kBytes - 1);
  if (newline != std::string::npos) return newline + 1;
  return ended_ ? buffer_.size() : std::string::npos;
}

Result<std::string_view> Blocks::next() {
  while (block_end() == std::string::npos) {
    auto more = input_->next();
    if (!more) return more.error();
    if (more->empty()) {
      ended_ = true;
    } else {
      buffer_.erase(0, begin_);
      begin_ = 0;
      buffer_.append(*more);
    }
  }
  return std::string_view(buffer_).substr(begin_, block_end() - begin_);
}

void Blocks::done(std::size_t bytes) {
  chain_ = chained(chain_, std::string_view(buffer_).substr(begin_, bytes));
  begin_ += bytes;
}

std::string Blocks::key() const {
  const std::string_view rest = std::string_view(buffer_).substr(begin_);
  const Digest digest = chained(chain_, rest.substr(0, rest.find('\n')));
  return "backfill/" + hex(digest.hi) + hex(digest.lo);
}

}  // namespace slod::cli

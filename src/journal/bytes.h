// Bytes in and out: LEB128 varints, zigzag for signed values, length-prefixed texts, little-endian words.
// A ByteReader never reads past its end: it turns bad instead and gives zeros from then on.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace slod::journal {

static_assert(std::endian::native == std::endian::little, "words are written as they lie in memory");

inline constexpr std::size_t kMaxVarint = 10;

constexpr std::uint64_t zigzag(std::int64_t v) {
  return (static_cast<std::uint64_t>(v) << 1) ^ static_cast<std::uint64_t>(v >> 63);
}
constexpr std::int64_t unzigzag(std::uint64_t v) {
  return static_cast<std::int64_t>(v >> 1) ^ -static_cast<std::int64_t>(v & 1);
}

/// Writes to memory that has room for kMaxVarint bytes; returns the end.
inline char* write_varint(char* to, std::uint64_t v) {
  while (v >= 0x80) {
    *to++ = static_cast<char>(v | 0x80);
    v >>= 7;
  }
  *to++ = static_cast<char>(v);
  return to;
}

inline void put_varint(std::string& out, std::uint64_t v) {
  char bytes[kMaxVarint];
  out.append(bytes, static_cast<std::size_t>(write_varint(bytes, v) - bytes));
}

inline void put_signed(std::string& out, std::int64_t v) {
  put_varint(out, zigzag(v));
}

inline void put_text(std::string& out, std::string_view text) {
  put_varint(out, text.size());
  out.append(text);
}

template <typename Word>
void put_word(std::string& out, Word word) {
  char bytes[sizeof word];
  std::memcpy(bytes, &word, sizeof word);
  out.append(bytes, sizeof word);
}

class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  [[nodiscard]] bool good() const { return good_; }
  [[nodiscard]] std::size_t left() const { return static_cast<std::size_t>(end_ - at_); }

  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 70; shift += 7) {
      if (at_ == end_) return fail();
      const auto byte = static_cast<unsigned char>(*at_++);
      value |= static_cast<std::uint64_t>(byte & 0x7f) << (shift & 63);
      if ((byte & 0x80) == 0) return value;
    }
    return fail();
  }
  std::int64_t signed_varint() { return unzigzag(varint()); }
  /// Number of things that follow, each at least one byte: never more than bytes are left.
  std::size_t count() {
    const std::uint64_t n = varint();
    return n <= left() ? static_cast<std::size_t>(n) : static_cast<std::size_t>(fail());
  }
  std::string_view bytes(std::size_t n) {
    if (n > left()) {
      fail();
      return {};
    }
    const std::string_view out(at_, n);
    at_ += n;
    return out;
  }
  std::string_view text() { return bytes(static_cast<std::size_t>(varint())); }
  template <typename Word>
  Word word() {
    Word out{};
    const std::string_view raw = bytes(sizeof out);
    if (good_) std::memcpy(&out, raw.data(), sizeof out);
    return out;
  }

 private:
  std::uint64_t fail() {
    good_ = false;
    at_ = end_;
    return 0;
  }
  const char* at_;
  const char* end_;
  bool good_ = true;
};

}  // namespace slod::journal

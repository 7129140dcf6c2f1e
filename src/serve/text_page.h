// TextPage: families of lines in the Prometheus text format, each family's lines in a buffer of its own that
// keeps its memory when the page begins anew. A line asks for room once and is then copied there piece by
// piece. Thread: one owner.
#pragma once

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace slod::serve {

/// Bytes that only grow.
class TextBuffer {
 public:
  /// At least `size` bytes to write to; what was written counts after written_to().
  [[nodiscard]] char* room(std::size_t size) {
    if (capacity_ - size_ < size) grow(size);
    return bytes_.get() + size_;
  }
  void written_to(const char* end) { size_ = static_cast<std::size_t>(end - bytes_.get()); }
  void clear() { size_ = 0; }
  [[nodiscard]] std::string_view text() const { return {bytes_.get(), size_}; }

 private:
  void grow(std::size_t size);
  std::unique_ptr<char[]> bytes_;
  std::size_t size_ = 0, capacity_ = 0;
};

inline constexpr std::size_t kLongestNumber = 32;
/// Writes a number, at most kLongestNumber bytes, and says where it ends. A double comes as the shortest text
/// that reads back as the same value; integers without an exponent.
char* put_number(char* at, double value);
inline char* put_number(char* at, std::uint64_t value) {
  return std::to_chars(at, at + kLongestNumber, value).ptr;
}
inline char* put(char* at, std::string_view text) {
  std::memcpy(at, text.data(), text.size());
  return at + text.size();
}

/// Appends key="value", escaped, with a comma where one is needed.
void append_label(std::string& labels, std::string_view key, std::string_view value);
/// A label's name as Prometheus allows it: "device.model" is device_model.
[[nodiscard]] std::string prometheus_name(std::string name);

class TextPage {
 public:
  struct Head {
    std::string_view name, type, help;
  };
  /// Lifetime: the heads outlive the page. Families are numbered as they are.
  template <std::size_t N>
  explicit TextPage(const std::array<Head, N>& heads) : heads_(heads.data()), families_(N) {}

  void clear();
  /// A family that is there, be it without lines. Families come in the order in which they are first spoken
  /// of.
  TextBuffer& lines(std::size_t family) {
    Family& one = families_[family];
    if (!one.begun) begin(family);
    return one.lines;
  }
  /// `labels`, `more`: written by append_label, or "".
  template <typename Number>
  void line(std::size_t family, std::string_view labels, std::string_view more, Number value,
            std::string_view suffix = "") {
    TextBuffer& out = lines(family);
    const std::string_view name = heads_[family].name;
    char* at =
        out.room(name.size() + suffix.size() + labels.size() + more.size() + kLongestNumber + kPunctuation);
    at = put(at, name);
    if (!suffix.empty()) at = put(at, suffix);
    *at++ = '{';
    at = put(at, labels);
    if (!more.empty()) {
      *at++ = ',';
      at = put(at, more);
    }
    *at++ = '}';
    *at++ = ' ';
    at = put_number(at, value);
    *at++ = '\n';
    out.written_to(at);
  }
  void append_to(std::string& text) const;
  [[nodiscard]] std::size_t size() const;

 private:
  static constexpr std::size_t kPunctuation = 8;
  struct Family {
    TextBuffer lines;
    bool begun = false;
  };
  void begin(std::size_t family);

  const Head* heads_;
  std::vector<Family> families_;
  std::vector<std::size_t> order_;
};

}  // namespace slod::serve

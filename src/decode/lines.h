// The lines of a block, each with readable bytes behind it, so that whoever reads a line may load words
// without asking where it ends. Only what stands at the end of its memory is copied for that. Owned by one
// decoder.
#pragma once

#include <string>
#include <string_view>

namespace slod::decode {

/// Readable bytes behind a line. A newline or a zero is met in them, or blanks and then one of those.
inline constexpr std::size_t kPadding = 64;

/// `text` as it is, copied to where kPadding zeros follow. Lifetime: until the next call.
class PaddedCopy {
 public:
  std::string_view of(std::string_view text) {
    room_.assign(text);
    room_.append(kPadding, '\0');
    return std::string_view(room_).substr(0, text.size());
  }

 private:
  std::string room_;
};

class Lines {
 public:
  Lines(std::string_view block, PaddedCopy& copy) : rest_(block), copy_(copy) {}

  /// The next line that is not blank, without the blanks around it and kPadding behind it; false: no more.
  /// Lifetime: the block and the copy.
  bool next(std::string_view& line);

 private:
  std::string_view rest_;
  PaddedCopy& copy_;
};

}  // namespace slod::decode

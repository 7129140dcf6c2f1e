// The chunked transfer coding, undone as bytes come: what is not data (extensions, trailers) is bounded and
// dropped. Thread: its owner's. Source: RFC 9112 section 7.1.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace slod::net {

class ChunkDecoder {
 public:
  enum class State { kNeedMore, kDone, kBad, kTooLarge };

  /// `max_body`: of the data alone.
  explicit ChunkDecoder(std::size_t max_body) : max_body_(max_body) {}

  /// Reads `bytes`, appends the data to `body`, and says in `used` how many bytes it took. After kDone the
  /// rest of `bytes` is the next request's.
  State feed(std::string_view bytes, std::string& body, std::size_t& used);

 private:
  enum class Step {
    kSize,
    kExtension,
    kSizeEnd,
    kData,
    kDataEnd,
    kDataEndLf,
    kTrailer,
    kTrailerEnd,
    kFinalEnd,
    kDone
  };

  bool on_size(char c);
  bool on_extension(char c);
  bool after_size(char c);
  bool on_trailer(char c);
  bool on_byte(char c);

  std::size_t max_body_;
  Step step_ = Step::kSize;
  std::uint64_t left_ = 0;  ///< of the chunk
  std::size_t digits_ = 0;
  std::size_t extra_ = 0;  ///< bytes of extensions or trailers seen, bounded
};

}  // namespace slod::net

#include "slod/net/inflate.h"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <limits>
#include <memory>

namespace slod::net {

namespace {

constexpr std::size_t kStep = 64 * 1024;

/// Ends the stream however the function is left.
struct ZlibStream {
  z_stream z{};
  bool ready = false;
  ZlibStream() { ready = ::inflateInit2(&z, 15 + 16) == Z_OK; }  // 16: the gzip wrapper, nothing else
  ~ZlibStream() {
    if (ready) ::inflateEnd(&z);
  }
  ZlibStream(const ZlibStream&) = delete;
  ZlibStream& operator=(const ZlibStream&) = delete;
};

/// Appends the step's output unless that passes the cap.
bool take(std::string& out, const char* data, std::size_t size, std::size_t end) {
  if (size > end - out.size()) return false;
  out.append(data, size);
  return true;
}

Inflated gunzip(std::string_view bytes, std::size_t end, std::string& out) {
  ZlibStream stream;
  if (!stream.ready || bytes.empty() || bytes.size() > std::numeric_limits<uInt>::max())
    return Inflated::kBroken;
  z_stream& z = stream.z;
  // zlib's interface is not const-correct; it does not write to its input.
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  z.avail_in = static_cast<uInt>(bytes.size());
  std::array<char, kStep> step;  // NOLINT(cppcoreguidelines-pro-type-member-init): written into
  while (true) {
    z.next_out = reinterpret_cast<Bytef*>(step.data());
    z.avail_out = static_cast<uInt>(step.size());
    const int result = ::inflate(&z, Z_NO_FLUSH);
    if (!take(out, step.data(), step.size() - z.avail_out, end)) return Inflated::kTooLarge;
    if (result == Z_STREAM_END) {
      if (z.avail_in == 0) return Inflated::kOk;
      // Another gzip member follows (`cat a.gz b.gz`).
      if (::inflateReset(&z) != Z_OK) return Inflated::kBroken;
    } else if (result != Z_OK) {
      return Inflated::kBroken;  // Z_BUF_ERROR: the input ended in the middle
    }
  }
}

Inflated unzstd(std::string_view bytes, std::size_t end, std::string& out) {
  const std::unique_ptr<ZSTD_DStream, decltype(&ZSTD_freeDStream)> stream(ZSTD_createDStream(),
                                                                          &ZSTD_freeDStream);
  if (!stream || bytes.empty()) return Inflated::kBroken;
  // A frame may ask for a window of 2 GiB; 8 MiB is what every encoder up to level 19 stays within.
  ZSTD_DCtx_setParameter(stream.get(), ZSTD_d_windowLogMax, 23);
  ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
  std::array<char, kStep> step;  // NOLINT(cppcoreguidelines-pro-type-member-init): written into
  std::size_t hint = 1;
  while (true) {
    ZSTD_outBuffer produced{step.data(), step.size(), 0};
    const std::size_t before = in.pos;
    hint = ZSTD_decompressStream(stream.get(), &produced, &in);
    if (ZSTD_isError(hint)) return Inflated::kBroken;
    if (!take(out, step.data(), produced.pos, end)) return Inflated::kTooLarge;
    if (in.pos == in.size && hint == 0) return Inflated::kOk;
    if (in.pos == before && produced.pos == 0) return Inflated::kBroken;
  }
}

}  // namespace

Inflated inflate(std::string_view coding, std::string_view bytes, std::size_t max_bytes, std::string& out) {
  const std::size_t end = out.size() + std::min(max_bytes, out.max_size() - out.size());
  if (coding.empty() || coding == "identity")
    return take(out, bytes.data(), bytes.size(), end) ? Inflated::kOk : Inflated::kTooLarge;
  if (coding == "gzip") return gunzip(bytes, end, out);
  if (coding == "zstd") return unzstd(bytes, end, out);
  return Inflated::kUnknownCoding;
}

}  // namespace slod::net

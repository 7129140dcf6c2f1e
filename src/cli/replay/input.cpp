#include "input.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace slod::cli {
namespace {

constexpr std::size_t kBlock = 1024 * 1024;
constexpr std::size_t kReadSize = 256 * 1024;

/// Bytes of a file, counted.
class RawFile {
 public:
  RawFile(int file, std::uint64_t size) : file_(file), size_(size) {}
  ~RawFile() {
    if (file_ > 0) ::close(file_);
  }
  RawFile(const RawFile&) = delete;
  RawFile& operator=(const RawFile&) = delete;
  /// Bytes read, 0 at the end, -1 on an error.
  ssize_t read(char* to, std::size_t most) {
    for (;;) {
      const ssize_t n = ::read(file_, to, most);
      if (n < 0 && errno == EINTR) continue;
      if (n > 0) read_ += static_cast<std::uint64_t>(n);
      return n;
    }
  }
  [[nodiscard]] std::uint64_t bytes_read() const { return read_; }
  [[nodiscard]] std::uint64_t size() const { return size_; }

 private:
  int file_;
  std::uint64_t size_;
  std::uint64_t read_ = 0;
};

/// Text that is read at its end and given away at its front. What a string would fill with zeros first is
/// left as it is: a log of a gigabyte passes through here.
class Buffer {
 public:
  /// Room for `most` bytes at the end, of which grow() says how many were written.
  char* room(std::size_t most) {
    if (bytes_.size() < size_ + most) bytes_.resize(size_ + most);
    return bytes_.data() + size_;
  }
  void grow(std::size_t written) { size_ += written; }
  void append(std::string_view text) {
    std::memcpy(room(text.size()), text.data(), text.size());
    grow(text.size());
  }
  void drop_front(std::size_t count) {
    std::memmove(bytes_.data(), bytes_.data() + count, size_ - count);
    size_ -= count;
  }
  void clear() { size_ = 0; }
  [[nodiscard]] std::string_view text() const { return {bytes_.data(), size_}; }

 private:
  std::string bytes_;
  std::size_t size_ = 0;
};

/// Undoes one compression, chunk by chunk.
class Inflater {
 public:
  virtual ~Inflater() = default;
  /// Appends what `in` inflates to. False: the stream is damaged.
  virtual bool feed(std::string_view in, Buffer& out) = 0;
  /// True where the input may end.
  [[nodiscard]] virtual bool complete() const = 0;
};

class Gzip final : public Inflater {
 public:
  Gzip() { inflateInit2(&stream_, 15 + 32); }
  ~Gzip() override { inflateEnd(&stream_); }
  Gzip(const Gzip&) = delete;
  Gzip& operator=(const Gzip&) = delete;
  bool feed(std::string_view in, Buffer& out) override {
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
    stream_.avail_in = static_cast<uInt>(in.size());
    std::array<char, 64 * 1024> chunk;  // NOLINT(cppcoreguidelines-pro-type-member-init): written into
    while (stream_.avail_in > 0) {
      if (complete_) inflateReset(&stream_);  // another member follows, as log rotation concatenates them
      stream_.next_out = reinterpret_cast<Bytef*>(chunk.data());
      stream_.avail_out = chunk.size();
      const int code = inflate(&stream_, Z_NO_FLUSH);
      if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR) return false;
      out.append({chunk.data(), chunk.size() - stream_.avail_out});
      complete_ = code == Z_STREAM_END;
    }
    return true;
  }
  [[nodiscard]] bool complete() const override { return complete_; }

 private:
  z_stream stream_{};
  bool complete_ = false;
};

class Zstd final : public Inflater {
 public:
  Zstd() : stream_(ZSTD_createDStream()) {}
  ~Zstd() override { ZSTD_freeDStream(stream_); }
  Zstd(const Zstd&) = delete;
  Zstd& operator=(const Zstd&) = delete;
  bool feed(std::string_view in, Buffer& out) override {
    ZSTD_inBuffer input{in.data(), in.size(), 0};
    std::array<char, 64 * 1024> chunk;  // NOLINT(cppcoreguidelines-pro-type-member-init): written into
    bool filled = false;
    while (input.pos < input.size || filled) {
      ZSTD_outBuffer output{chunk.data(), chunk.size(), 0};
      const std::size_t left = ZSTD_decompressStream(stream_, &output, &input);
      if (ZSTD_isError(left) != 0) return false;
      out.append({chunk.data(), output.pos});
      complete_ = left == 0;
      filled = output.pos == output.size;
    }
    return true;
  }
  [[nodiscard]] bool complete() const override { return complete_; }

 private:
  ZSTD_DStream* stream_;
  bool complete_ = false;
};

/// Null: the bytes are the text itself.
std::unique_ptr<Inflater> inflater_for(std::string_view head) {
  if (head.starts_with("\x1f\x8b")) return std::make_unique<Gzip>();
  if (head.starts_with("\x28\xb5\x2f\xfd")) return std::make_unique<Zstd>();
  return nullptr;
}

class FileBlocks final : public LineBlocks {
 public:
  FileBlocks(std::string path, int file, std::uint64_t size) : path_(std::move(path)), file_(file, size) {}

  Result<std::string_view> next() override {
    buffer_.drop_front(given_);
    given_ = 0;
    while (!ended_ && (buffer_.text().size() < kBlock || buffer_.text().rfind('\n') == std::string::npos)) {
      if (const Status filled = fill(); !filled) return filled.error();
    }
    const std::size_t newline = buffer_.text().rfind('\n');
    given_ = ended_ || newline == std::string::npos ? buffer_.text().size() : newline + 1;
    return buffer_.text().substr(0, given_);
  }
  [[nodiscard]] std::uint64_t bytes_read() const override { return file_.bytes_read(); }
  [[nodiscard]] std::uint64_t bytes_total() const override { return file_.size(); }

 private:
  Status fill() {
    // Text goes straight to where it is decoded; only what is compressed is read elsewhere first.
    Buffer& to = inflater_ ? raw_ : buffer_;
    if (inflater_) raw_.clear();
    const ssize_t n = file_.read(to.room(kReadSize), kReadSize);
    to.grow(static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
    if (n < 0) return Error{"cannot read " + path_ + ": " + std::strerror(errno)};
    if (n == 0) {
      ended_ = true;
      if (inflater_ && !inflater_->complete())
        return Error{path_ + " is cut short: its compressed data does not end"};
      return ok();
    }
    return begun_ ? feed() : begin();
  }
  /// The first bytes say what the file is.
  Status begin() {
    begun_ = true;
    inflater_ = inflater_for(buffer_.text());
    if (!inflater_) return ok();
    std::swap(raw_, buffer_);
    return feed();
  }
  Status feed() {
    if (!inflater_ || inflater_->feed(raw_.text(), buffer_)) return ok();
    return Error{path_ + " is damaged: its compressed data cannot be read"};
  }

  std::string path_;
  RawFile file_;
  bool begun_ = false;
  std::unique_ptr<Inflater> inflater_;  // null: plain text
  Buffer raw_;                          // compressed
  Buffer buffer_;
  std::size_t given_ = 0;
  bool ended_ = false;
};

}  // namespace

Result<std::unique_ptr<LineBlocks>> LineBlocks::open(const std::string& path) {
  if (path == "-") return std::unique_ptr<LineBlocks>(std::make_unique<FileBlocks>("standard input", 0, 0));
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return Error{"cannot open " + path + ": " + std::strerror(errno)};
  struct stat info {};
  if (::fstat(file, &info) != 0 || S_ISDIR(info.st_mode)) {
    ::close(file);
    return Error{path + " is a directory; give a file"};
  }
  ::posix_fadvise(file, 0, 0, POSIX_FADV_SEQUENTIAL);
  const auto size = S_ISREG(info.st_mode) ? static_cast<std::uint64_t>(info.st_size) : 0;
  return std::unique_ptr<LineBlocks>(std::make_unique<FileBlocks>(path, file, size));
}

}  // namespace slod::cli

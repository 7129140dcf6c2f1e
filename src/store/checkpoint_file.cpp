#include "checkpoint_file.h"

#include <zstd.h>

#include <cstring>

#include "slod/core/archive.h"
#include "slod/core/crc32c.h"

namespace slod::store {
namespace {

constexpr std::string_view kMagic = "SLODCKPT";
constexpr std::uint32_t kVersion = 1;
/// Magic, version, checksum of the rest.
constexpr std::size_t kHead = kMagic.size() + 2 * sizeof(std::uint32_t);
constexpr int kLevel = 1;
/// More than that is no state of ours: a damaged size must not claim the memory.
constexpr std::uint64_t kMostPlain = std::uint64_t{64} << 30;

struct Packed {
  std::uint64_t plain = 0;
  std::string bytes;
  template <class A>
  void io(A& a) {
    a(plain, bytes);
  }
};

template <class A>
void body(A& a, Checkpoint& checkpoint, Packed& figures, Packed& state) {
  a(checkpoint.position, checkpoint.stamp, checkpoint.last_tick, checkpoint.made_with, figures, state);
}

Result<Packed> pack(const std::string& plain) {
  Packed packed{plain.size(), {}};
  packed.bytes.resize(ZSTD_compressBound(plain.size()));
  const std::size_t size =
      ZSTD_compress(packed.bytes.data(), packed.bytes.size(), plain.data(), plain.size(), kLevel);
  if (ZSTD_isError(size) != 0) return Error{std::string("zstd: ") + ZSTD_getErrorName(size)};
  packed.bytes.resize(size);
  return packed;
}

Result<std::string> unpack(const Packed& packed) {
  const unsigned long long claimed = ZSTD_getFrameContentSize(packed.bytes.data(), packed.bytes.size());
  if (packed.plain > kMostPlain || claimed != packed.plain) return Error{"its sizes contradict each other"};
  std::string plain(packed.plain, '\0');
  const std::size_t size =
      ZSTD_decompress(plain.data(), plain.size(), packed.bytes.data(), packed.bytes.size());
  if (ZSTD_isError(size) != 0 || size != packed.plain) return Error{"it does not decompress"};
  return plain;
}

std::uint32_t word_at(std::string_view bytes, std::size_t at) {
  std::uint32_t word = 0;
  std::memcpy(&word, bytes.data() + at, sizeof word);
  return word;
}

}  // namespace

Result<std::string> encode_checkpoint(const Checkpoint& checkpoint) {
  Result<Packed> figures = pack(checkpoint.figures);
  if (!figures) return figures.error();
  Result<Packed> state = pack(checkpoint.state);
  if (!state) return state.error();
  archive::Writer writer(state->bytes.size() + figures->bytes.size() + 4096);
  writer.raw(kMagic.data(), kMagic.size());
  writer.same(kVersion);
  writer.same(std::uint32_t{0});
  Checkpoint head{checkpoint.position, checkpoint.stamp, checkpoint.last_tick, checkpoint.made_with, {}, {}};
  body(writer, head, *figures, *state);
  std::string bytes = writer.take();
  const std::uint32_t sum = crc32c(std::string_view(bytes).substr(kHead));
  std::memcpy(bytes.data() + kHead - sizeof sum, &sum, sizeof sum);
  return bytes;
}

Result<Checkpoint> decode_checkpoint(std::string_view bytes) {
  if (bytes.size() < kHead || bytes.substr(0, kMagic.size()) != kMagic) return Error{"it is no checkpoint"};
  const std::uint32_t version = word_at(bytes, kMagic.size());
  if (version != kVersion) {
    return Error{"its format is version " + std::to_string(version) + ", this slod reads version " +
                 std::to_string(kVersion)};
  }
  if (word_at(bytes, kHead - sizeof version) != crc32c(bytes.substr(kHead)))
    return Error{"it is damaged: its checksum differs"};
  Checkpoint checkpoint;
  Packed figures, state;
  archive::Reader reader(bytes.substr(kHead));
  body(reader, checkpoint, figures, state);
  if (!reader.complete()) return Error{"it is damaged"};
  Result<std::string> plain_figures = unpack(figures);
  if (!plain_figures) return plain_figures.error();
  Result<std::string> plain_state = unpack(state);
  if (!plain_state) return plain_state.error();
  checkpoint.figures = std::move(*plain_figures);
  checkpoint.state = std::move(*plain_state);
  return checkpoint;
}

}  // namespace slod::store

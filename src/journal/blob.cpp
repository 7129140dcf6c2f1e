#include "journal/blob.h"

#include <zstd.h>

#include "journal/bytes.h"
#include "slod/core/crc32c.h"

namespace slod::journal {
namespace {

enum Codec : std::uint8_t { kStored = 0, kZstd = 1 };

constexpr std::size_t kWorthCompressing = 64;
constexpr int kLevel = 1;
/// A part comes from one group, whose bytes the intake bounds; what claims more is damaged.
constexpr std::uint64_t kMaxPlain = std::uint64_t{1} << 30;

std::uint32_t checksum(const Place& place, std::string_view rest) {
  std::string head;
  head.push_back(static_cast<char>(place.part));
  put_word(head, place.position);
  put_word(head, nanos(place.stamp));
  return crc32c(rest, crc32c(head));
}

}  // namespace

const char* name_of(Part part) {
  switch (part) {
    case Part::kControl:
      return "control";
    case Part::kCounts:
      return "counts";
    case Part::kPositions:
      return "positions";
    case Part::kKeys:
      return "keys";
    case Part::kJourneys:
      return "journeys";
    case Part::kFleet:
      return "fleet";
    case Part::kJourneyWords:
      return "words of journeys";
    case Part::kFleetWords:
      return "words of fleet";
    case Part::kLegs:
      return "commands and replies";
    case Part::kSealedMinutes:
      return "sealed minutes";
    case Part::kSealedFleet:
      return "sealed fleet";
    case Part::kTotals:
      return "hourly totals";
  }
  return "unknown part";
}

BlobWriter::BlobWriter() : context_(ZSTD_createCCtx()) {
  SLOD_ASSERT(context_ != nullptr);
}
BlobWriter::~BlobWriter() {
  ZSTD_freeCCtx(context_);
}

std::string BlobWriter::seal(const Place& place, const Parts& parts) {
  std::string_view packed = parts.packed;
  Codec codec = kStored;
  if (parts.packed.size() >= kWorthCompressing) {
    compressed_.resize(ZSTD_compressBound(parts.packed.size()));
    const std::size_t size = ZSTD_compressCCtx(context_, compressed_.data(), compressed_.size(),
                                               parts.packed.data(), parts.packed.size(), kLevel);
    if (ZSTD_isError(size) == 0 && size < parts.packed.size()) {
      codec = kZstd;
      packed = std::string_view(compressed_.data(), size);
    }
  }
  std::string out(sizeof(std::uint32_t), '\0');
  out.reserve(packed.size() + parts.loose.size() + 32);
  out.push_back(static_cast<char>(codec));
  put_varint(out, parts.packed.size());
  put_varint(out, packed.size());
  out.append(packed).append(parts.loose);
  const std::uint32_t sum = checksum(place, std::string_view(out).substr(sizeof sum));
  std::memcpy(out.data(), &sum, sizeof sum);
  return out;
}

BlobReader::BlobReader() : context_(ZSTD_createDCtx()) {
  SLOD_ASSERT(context_ != nullptr);
}
BlobReader::~BlobReader() {
  ZSTD_freeDCtx(context_);
}

Result<Parts> BlobReader::open(const Place& place, std::string_view blob) {
  const std::string name = name_of(place.part);
  ByteReader in(blob);
  const auto sum = in.word<std::uint32_t>();
  if (!in.good() || sum != checksum(place, blob.substr(sizeof sum)))
    return Error{"checksum of " + name + " differs"};
  const auto codec = in.word<std::uint8_t>();
  const std::uint64_t plain_size = in.varint();
  const std::string_view packed = in.bytes(static_cast<std::size_t>(in.varint()));
  if (!in.good() || codec > kZstd || plain_size > kMaxPlain) return Error{name + " is malformed"};
  Parts parts;
  parts.loose = in.bytes(in.left());
  if (codec == kStored) {
    parts.packed = packed;
    return parts;
  }
  parts.packed.resize(static_cast<std::size_t>(plain_size));
  const std::size_t size =
      ZSTD_decompressDCtx(context_, parts.packed.data(), parts.packed.size(), packed.data(), packed.size());
  if (ZSTD_isError(size) != 0 || size != plain_size) return Error{name + " does not decompress"};
  return parts;
}

}  // namespace slod::journal

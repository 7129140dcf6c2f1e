// Blob: a part of a group as it lies in a column of a segment: checksum, codec, packed part, loose part.
// docs/journal-format.md, "Blobs". The checksum covers the place (part, position, stamp) too, so that a part
// that turns up in another row is found as well as a flipped bit.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "slod/core/result.h"
#include "slod/core/time.h"

struct ZSTD_CCtx_s;
struct ZSTD_DCtx_s;

namespace slod::journal {

enum class Part : std::uint8_t {
  kControl = 1,
  kCounts = 2,
  kPositions = 3,
  kKeys = 4,
  kJourneys = 5,
  kFleet = 6,
  kJourneyWords = 7,
  kFleetWords = 8,
  kLegs = 9,
  kSealedMinutes = 10,
  kSealedFleet = 11,
  kTotals = 12
};
[[nodiscard]] const char* name_of(Part part);

struct Place {
  Part part = Part::kControl;
  std::uint64_t position = 0;
  Time stamp;
};

/// What a part is made of: `packed` is worth compressing, `loose` (hashes) is not.
struct Parts {
  std::string packed;
  std::string loose;
};

/// Owns zstd's working memory. One thread.
class BlobWriter {
 public:
  BlobWriter();
  ~BlobWriter();
  BlobWriter(const BlobWriter&) = delete;
  BlobWriter& operator=(const BlobWriter&) = delete;
  [[nodiscard]] std::string seal(const Place& place, const Parts& parts);

 private:
  ZSTD_CCtx_s* context_;
  std::string compressed_;
};

class BlobReader {
 public:
  BlobReader();
  ~BlobReader();
  BlobReader(const BlobReader&) = delete;
  BlobReader& operator=(const BlobReader&) = delete;
  /// Errors: what is wrong with it ("checksum of journeys differs"), without the place.
  Result<Parts> open(const Place& place, std::string_view blob);

 private:
  ZSTD_DCtx_s* context_;
};

}  // namespace slod::journal

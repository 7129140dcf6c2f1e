// A group as a whole: from rows to the blobs that a segment stores, and back.
#pragma once

#include <string>
#include <string_view>

#include "slod/journal/journal.h"

#include "journal/blob.h"
#include "journal/facts.h"
#include "journal/words.h"

namespace slod::journal {

/// Sealed blobs. Empty: the part is not stored.
struct GroupBlobs {
  std::string control, counts, positions, keys, journeys, legs, fleet, journey_words, fleet_words;
};

/// The same, borrowed from a row that is being read.
struct GroupColumns {
  std::string_view control, counts, positions, keys, journeys, legs, fleet;
};

/// Thread: the committer. One for the life of a journal; words belong to the segment that is written.
class GroupEncoder {
 public:
  explicit GroupEncoder(Dictionary& dictionary) : journeys_(dictionary), fleet_(dictionary) {}
  [[nodiscard]] GroupBlobs encode(const Group& group);
  void settle();
  void undo();
  void new_segment();
  void take_over(const WordsReader& journeys, const WordsReader& fleet);

 private:
  WordsWriter journeys_, fleet_;
  BlobWriter writer_;
};

/// Errors: what is wrong, without the place.
class GroupDecoder {
 public:
  explicit GroupDecoder(Dictionary& dictionary) : journeys_(dictionary), fleet_(dictionary) {}
  Status add_words(Part part, Position position, std::string_view blob);
  Result<Group> decode(Position position, Time stamp, const GroupColumns& columns);
  /// Controls and counts alone.
  Result<Group> decode_facts(Position position, Time stamp, const GroupColumns& columns);
  Status decode_keys(Position position, Time stamp, std::string_view blob, std::vector<StoredKey>& keys);
  [[nodiscard]] const WordsReader& journey_words() const { return journeys_; }
  [[nodiscard]] const WordsReader& fleet_words() const { return fleet_; }

 private:
  Status decode_rows(const GroupColumns& columns, const Contents& contents, Group& group);
  Status decode_device_rows(const GroupColumns& columns, const Contents& contents, Group& group);
  Result<Parts> open(Part part, const Group& group, std::string_view blob);
  WordsReader journeys_, fleet_;
  BlobReader reader_;
  Contents contents_;  ///< of the group that decode_facts saw last
};

}  // namespace slod::journal

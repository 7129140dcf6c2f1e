// Commands and replies lie apart from the fleet's rows: the two have different retentions.
#include "journal/bytes.h"
#include "journal/column.h"
#include "journal/rows.h"

namespace slod::journal {

DeviceParts split(const std::vector<DeviceRow>& rows) {
  DeviceParts parts;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const bool leg = rows[i].kind == MessageKind::kCommand || rows[i].kind == MessageKind::kReply;
    (leg ? parts.legs : parts.fleet).push_back(rows[i]);
    if (leg) parts.places.push_back(static_cast<std::int64_t>(i));
  }
  return parts;
}

bool join(DeviceParts& parts, std::size_t all, std::vector<DeviceRow>& rows) {
  std::int64_t before = -1;
  for (const std::int64_t place : parts.places) {
    if (place <= before || place >= static_cast<std::int64_t>(all)) return false;
    before = place;
  }
  if (parts.legs.empty() || parts.fleet.empty()) {
    rows = std::move(parts.legs.empty() ? parts.fleet : parts.legs);
    return true;
  }
  rows.resize(all);
  std::size_t leg = 0, report = 0;
  for (std::size_t i = 0; i < all; ++i) {
    const bool is_leg = leg < parts.places.size() && parts.places[leg] == static_cast<std::int64_t>(i);
    rows[i] = is_leg ? parts.legs[leg++] : parts.fleet[report++];
  }
  return true;
}

Parts encode_legs(const DeviceParts& device, Time stamp, WordsWriter& words) {
  std::string places;
  put_deltas(places, device.places, 0);
  Parts rows = encode_device(device.legs, stamp, words);
  Parts out;
  put_text(out.packed, places);
  out.packed += rows.packed;
  out.loose = std::move(rows.loose);
  return out;
}

bool decode_legs(const Parts& parts, Time stamp, const WordsReader& words, DeviceParts& device) {
  ByteReader in(parts.packed);
  ByteReader places(in.text());
  device.places.resize(device.legs.size());
  if (!in.good() || !get_numbers(places, device.places, 0) || places.left() != 0) return false;
  const Parts rows{std::string(in.bytes(in.left())), parts.loose};
  return decode_device(rows, stamp, words, device.legs);
}

}  // namespace slod::journal

#include "journal/group_codec.h"

#include "journal/rows.h"

namespace slod::journal {
namespace {

Error malformed(Part part) {
  return Error{std::string(name_of(part)) + " is malformed"};
}
Error missing(Part part) {
  return Error{std::string(name_of(part)) + " is missing"};
}

/// Words are looked up without their group's stamp.
Place words_place(Part part, Position position) {
  return {part, position, Time()};
}

}  // namespace

GroupBlobs GroupEncoder::encode(const Group& group) {
  const auto seal = [&](Part part, const Parts& parts) {
    return writer_.seal({part, group.position, group.stamp}, parts);
  };
  GroupBlobs out;
  const DeviceParts device = split(group.device);
  const Contents contents{group.api.size(), group.device.size(), !group.counts.empty(),
                          !group.positions.empty(), device.legs.size()};
  out.control = seal(Part::kControl, {encode_controls(contents, group.controls, group.stamp), {}});
  if (contents.counts) out.counts = seal(Part::kCounts, {encode_counts(group.counts), {}});
  if (contents.positions) out.positions = seal(Part::kPositions, {encode_positions(group.positions), {}});
  if (!group.keys.empty()) out.keys = seal(Part::kKeys, {encode_keys(group.keys, group.stamp), {}});
  if (contents.api > 0) out.journeys = seal(Part::kJourneys, encode_api(group.api, group.stamp, journeys_));
  if (!device.legs.empty()) out.legs = seal(Part::kLegs, encode_legs(device, group.stamp, journeys_));
  if (!device.fleet.empty()) out.fleet = seal(Part::kFleet, encode_device(device.fleet, group.stamp, fleet_));
  const auto seal_words = [&](Part part, const WordsWriter& words) {
    std::string entries = words.entries();
    if (entries.empty()) return entries;
    return writer_.seal(words_place(part, group.position), {std::move(entries), {}});
  };
  out.journey_words = seal_words(Part::kJourneyWords, journeys_);
  out.fleet_words = seal_words(Part::kFleetWords, fleet_);
  return out;
}

void GroupEncoder::settle() {
  journeys_.settle();
  fleet_.settle();
}

void GroupEncoder::undo() {
  journeys_.undo();
  fleet_.undo();
}

void GroupEncoder::new_segment() {
  journeys_.clear();
  fleet_.clear();
}

void GroupEncoder::take_over(const WordsReader& journeys, const WordsReader& fleet) {
  journeys_.take_over(journeys);
  fleet_.take_over(fleet);
}

Status GroupDecoder::add_words(Part part, Position position, std::string_view blob) {
  if (part != Part::kJourneyWords && part != Part::kFleetWords) return Error{"words of an unknown stream"};
  const Result<Parts> parts = reader_.open(words_place(part, position), blob);
  if (!parts) return parts.error();
  WordsReader& words = part == Part::kJourneyWords ? journeys_ : fleet_;
  if (!words.add(parts->packed)) return malformed(part);
  return ok();
}

Result<Group> GroupDecoder::decode_facts(Position position, Time stamp, const GroupColumns& columns) {
  Group group;
  group.position = position;
  group.stamp = stamp;
  const Result<Parts> control = reader_.open({Part::kControl, position, stamp}, columns.control);
  if (!control) return control.error();
  contents_ = {};
  if (!decode_controls(control->packed, stamp, contents_, group.controls)) return malformed(Part::kControl);
  if (contents_.counts && columns.counts.empty()) return missing(Part::kCounts);
  if (columns.counts.empty()) return group;
  const Result<Parts> counts = reader_.open({Part::kCounts, position, stamp}, columns.counts);
  if (!counts) return counts.error();
  if (!decode_counts(counts->packed, group.counts)) return malformed(Part::kCounts);
  return group;
}

Status GroupDecoder::decode_keys(Position position, Time stamp, std::string_view blob,
                                 std::vector<StoredKey>& keys) {
  const Result<Parts> parts = reader_.open({Part::kKeys, position, stamp}, blob);
  if (!parts) return parts.error();
  if (!journal::decode_keys(parts->packed, stamp, keys)) return malformed(Part::kKeys);
  return ok();
}

Status GroupDecoder::decode_rows(const GroupColumns& columns, const Contents& contents, Group& group) {
  if (contents.api > 0) {
    if (columns.journeys.empty()) return missing(Part::kJourneys);
    const Result<Parts> parts =
        reader_.open({Part::kJourneys, group.position, group.stamp}, columns.journeys);
    if (!parts) return parts.error();
    group.api.resize(contents.api);
    if (!decode_api(*parts, group.stamp, journeys_, group.api)) return malformed(Part::kJourneys);
  }
  return decode_device_rows(columns, contents, group);
}

Result<Parts> GroupDecoder::open(Part part, const Group& group, std::string_view blob) {
  return reader_.open({part, group.position, group.stamp}, blob);
}

Status GroupDecoder::decode_device_rows(const GroupColumns& columns, const Contents& contents, Group& group) {
  DeviceParts device;
  if (contents.legs > 0) {
    if (columns.legs.empty()) return missing(Part::kLegs);
    const Result<Parts> parts = open(Part::kLegs, group, columns.legs);
    if (!parts) return parts.error();
    device.legs.resize(contents.legs);
    if (!decode_legs(*parts, group.stamp, journeys_, device)) return malformed(Part::kLegs);
  }
  const std::size_t fleet = contents.device - contents.legs;
  if (fleet > 0 && !columns.fleet.empty()) {  // fleet may be gone: its retention is shorter
    const Result<Parts> parts = open(Part::kFleet, group, columns.fleet);
    if (!parts) return parts.error();
    device.fleet.resize(fleet);
    if (!decode_device(*parts, group.stamp, fleet_, device.fleet)) return malformed(Part::kFleet);
  }
  if (!join(device, contents.device, group.device)) return malformed(Part::kLegs);
  return ok();
}

Result<Group> GroupDecoder::decode(Position position, Time stamp, const GroupColumns& columns) {
  Result<Group> group = decode_facts(position, stamp, columns);
  if (!group) return group;
  if (contents_.positions) {
    if (columns.positions.empty()) return missing(Part::kPositions);
    const Result<Parts> parts = reader_.open({Part::kPositions, position, stamp}, columns.positions);
    if (!parts) return parts.error();
    if (!decode_positions(parts->packed, group->positions)) return malformed(Part::kPositions);
  }
  if (!columns.keys.empty()) {
    const Status keys = decode_keys(position, stamp, columns.keys, group->keys);
    if (!keys) return keys.error();
  }
  const Status rows = decode_rows(columns, contents_, *group);
  if (!rows) return rows.error();
  return group;
}

}  // namespace slod::journal

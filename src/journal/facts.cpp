#include "journal/facts.h"

#include <algorithm>

#include "journal/bytes.h"

namespace slod::journal {
namespace {

void put_time(std::string& out, Time at, Time stamp) {
  put_signed(out, static_cast<std::int64_t>(static_cast<std::uint64_t>(nanos(at)) -
                                            static_cast<std::uint64_t>(nanos(stamp))));
}

Time get_time(ByteReader& in, Time stamp) {
  return from_nanos(static_cast<std::int64_t>(static_cast<std::uint64_t>(nanos(stamp)) +
                                              static_cast<std::uint64_t>(in.signed_varint())));
}

bool done(const ByteReader& in) {
  return in.good() && in.left() == 0;
}

}  // namespace

std::string encode_controls(const Contents& contents, const std::vector<Control>& controls, Time stamp) {
  std::string out;
  put_varint(out, contents.api);
  put_varint(out, contents.device);
  out.push_back(static_cast<char>((contents.counts ? 1 : 0) | (contents.positions ? 2 : 0) |
                                  (contents.legs > 0 ? 4 : 0)));
  if (contents.legs > 0) put_varint(out, contents.legs);
  put_varint(out, controls.size());
  for (const Control& control : controls) {
    out.push_back(static_cast<char>(control.kind));
    put_time(out, control.at, stamp);
    put_text(out, control.subject);
    put_text(out, control.text);
  }
  return out;
}

bool decode_controls(std::string_view bytes, Time stamp, Contents& contents, std::vector<Control>& controls) {
  ByteReader in(bytes);
  constexpr std::uint64_t kMaxRows = std::uint64_t{1} << 28;
  const std::uint64_t api = in.varint();
  const std::uint64_t device = in.varint();
  if (api > kMaxRows || device > kMaxRows) return false;
  contents.api = static_cast<std::size_t>(api);
  contents.device = static_cast<std::size_t>(device);
  const auto flags = in.word<std::uint8_t>();
  contents.counts = (flags & 1) != 0;
  contents.positions = (flags & 2) != 0;
  contents.legs = (flags & 4) != 0 ? static_cast<std::size_t>(in.varint()) : 0;
  if (contents.legs > contents.device) return false;
  for (std::size_t n = in.count(); n > 0 && in.good(); --n) {
    Control& control = controls.emplace_back();
    control.kind = static_cast<ControlKind>(in.word<std::uint8_t>());
    control.at = get_time(in, stamp);
    control.subject = in.text();
    control.text = in.text();
  }
  return done(in);
}

std::string encode_counts(const Counts& counts) {
  std::string out;
  put_varint(out, counts.size());
  for (const auto& [source, count] : counts) {
    put_text(out, source);
    for (const std::uint64_t n : {count.accepted, count.ignored, count.late, count.shed}) put_varint(out, n);
    put_varint(out, count.rejected.size());
    for (const auto& [reason, n] : count.rejected) {
      put_text(out, reason);
      put_varint(out, n);
    }
  }
  const bool repeated =
      std::any_of(counts.begin(), counts.end(), [](const auto& count) { return count.second.duplicate > 0; });
  if (!repeated) return out;
  for (const auto& [source, count] : counts) put_varint(out, count.duplicate);
  return out;
}

bool decode_counts(std::string_view bytes, Counts& counts) {
  ByteReader in(bytes);
  for (std::size_t n = in.count(); n > 0 && in.good(); --n) {
    auto& [source, count] = counts.emplace_back();
    source = in.text();
    for (std::uint64_t* number : {&count.accepted, &count.ignored, &count.late, &count.shed})
      *number = in.varint();
    for (std::size_t reasons = in.count(); reasons > 0 && in.good(); --reasons) {
      const std::string reason(in.text());
      count.rejected[reason] = in.varint();
    }
  }
  if (done(in)) return true;  // nothing was repeated
  for (auto& [source, count] : counts) count.duplicate = in.varint();
  return done(in);
}

std::string encode_positions(const std::vector<SourcePosition>& positions) {
  std::string out;
  put_varint(out, positions.size());
  for (const SourcePosition& position : positions) {
    put_text(out, position.source);
    put_text(out, position.stream);
    put_varint(out, position.offset);
    put_text(out, position.check);
  }
  return out;
}

bool decode_positions(std::string_view bytes, std::vector<SourcePosition>& positions) {
  ByteReader in(bytes);
  for (std::size_t n = in.count(); n > 0 && in.good(); --n) {
    SourcePosition& position = positions.emplace_back();
    position.source = in.text();
    position.stream = in.text();
    position.offset = in.varint();
    position.check = in.text();
  }
  return done(in);
}

std::string encode_keys(const std::vector<StoredKey>& keys, Time stamp) {
  std::string out;
  put_varint(out, keys.size());
  for (const StoredKey& key : keys) {
    put_text(out, key.source);
    put_text(out, key.key.key);
    put_word(out, key.key.body.hi);
    put_word(out, key.key.body.lo);
    put_text(out, key.key.answer);
    put_time(out, key.at, stamp);
  }
  return out;
}

bool decode_keys(std::string_view bytes, Time stamp, std::vector<StoredKey>& keys) {
  ByteReader in(bytes);
  for (std::size_t n = in.count(); n > 0 && in.good(); --n) {
    StoredKey& key = keys.emplace_back();
    key.source = in.text();
    key.key.key = in.text();
    key.key.body.hi = in.word<std::uint64_t>();
    key.key.body.lo = in.word<std::uint64_t>();
    key.key.answer = in.text();
    key.at = get_time(in, stamp);
  }
  return done(in);
}

}  // namespace slod::journal

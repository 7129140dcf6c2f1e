// Hash columns: which rows have one goes to the packed part, the hashes themselves to the loose part.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "slod/core/record.h"

#include "journal/blob.h"
#include "journal/bytes.h"

namespace slod::journal {

/// Reads what put_* wrote, column by column.
struct PartsReader {
  explicit PartsReader(const Parts& parts) : packed(parts.packed), loose(parts.loose) {}
  ByteReader packed;
  ByteReader loose;
  [[nodiscard]] bool finished() const {
    return packed.good() && loose.good() && packed.left() == 0 && loose.left() == 0;
  }
};

enum class Presence : std::uint8_t { kNone = 0, kAll = 1, kSome = 2 };

/// One byte, and a bitmap only where some have and some have not.
template <typename Rows, typename Has>
void put_presence(std::string& out, const Rows& rows, Has has) {
  std::size_t n = 0;
  for (const auto& row : rows) n += has(row) ? 1 : 0;
  const Presence presence = n == 0 ? Presence::kNone : n == rows.size() ? Presence::kAll : Presence::kSome;
  out.push_back(static_cast<char>(presence));
  if (presence != Presence::kSome) return;
  std::string bits((rows.size() + 7) / 8, '\0');
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (has(rows[i])) bits[i / 8] = static_cast<char>(bits[i / 8] | (1 << (i % 8)));
  }
  out += bits;
}

/// Calls `read(row)` for the rows that have one. False: malformed.
template <typename Rows, typename Read>
bool get_present(ByteReader& packed, Rows& rows, Read read) {
  const auto presence = packed.word<std::uint8_t>();
  if (presence > static_cast<std::uint8_t>(Presence::kSome)) return false;
  if (presence == static_cast<std::uint8_t>(Presence::kNone)) return packed.good();
  const bool some = presence == static_cast<std::uint8_t>(Presence::kSome);
  const std::string_view bits = some ? packed.bytes((rows.size() + 7) / 8) : std::string_view();
  if (!packed.good()) return false;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (!some || ((bits[i / 8] >> (i % 8)) & 1) != 0) read(rows[i]);
  }
  return true;
}

/// 10 bytes each: hi, then the upper 16 bits of lo.
template <typename Rows>
void put_digests(Parts& out, const Rows& rows,
                 Digest std::decay_t<decltype(std::declval<Rows>()[0])>::*field) {
  put_presence(out.packed, rows, [&](const auto& row) { return !(row.*field).empty(); });
  for (const auto& row : rows) {
    const Digest& digest = row.*field;
    if (digest.empty()) continue;
    put_word(out.loose, digest.hi);
    put_word(out.loose, static_cast<std::uint16_t>(digest.lo >> 48));
  }
}

template <typename Rows>
bool get_digests(PartsReader& in, Rows& rows,
                 Digest std::decay_t<decltype(std::declval<Rows>()[0])>::*field) {
  return get_present(in.packed, rows, [&](auto& row) {
    (row.*field).hi = in.loose.word<std::uint64_t>();
    (row.*field).lo = static_cast<std::uint64_t>(in.loose.word<std::uint16_t>()) << 48;
  });
}

}  // namespace slod::journal

#include "journal/rows.h"

#include <type_traits>

#include "journal/column.h"
#include "journal/hashes.h"

namespace slod::journal {
namespace {

/// A time that is in the journal is a difference to another one; both wrap, so every pair round-trips.
std::int64_t wrapped_sum(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}
std::int64_t wrapped_difference(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}

template <typename Rows, typename Get>
const std::vector<std::int64_t>& gather(std::vector<std::int64_t>& column, const Rows& rows, Get get) {
  column.clear();
  column.reserve(rows.size());
  for (const auto& row : rows) column.push_back(get(row));
  return column;
}

/// Reads a column of `rows.size()` numbers and hands each to its row; `set` returns false for a bad one.
template <typename Rows, typename Set>
bool scatter(const std::vector<std::int64_t>& column, Rows& rows, Set set) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (!set(rows[i], column[i])) return false;
  }
  return true;
}

/// The end of the request: logs are written at the end, so ends ascend where starts jump about.
std::int64_t end_of(const ApiRow& row) {
  return row.latency == kNoLatency ? nanos(row.start) : wrapped_sum(nanos(row.start), row.latency.count());
}

void put_numbers_of(std::string& out, const std::vector<DeviceRow>& rows, double DeviceRow::*field) {
  std::vector<double> column;
  column.reserve(rows.size());
  for (const DeviceRow& row : rows) column.push_back(row.*field);
  put_decimals(out, column);
}

bool get_numbers_of(ByteReader& in, std::vector<DeviceRow>& rows, double DeviceRow::*field) {
  std::vector<double> column(rows.size());
  if (!get_decimals(in, column)) return false;
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i].*field = column[i];
  return true;
}

std::int64_t flags_of(const DeviceRow& row) {
  return static_cast<std::int64_t>(row.kind) | (row.retained ? 4 : 0) | (row.has_time ? 8 : 0);
}

}  // namespace

Parts encode_api(const std::vector<ApiRow>& rows, Time stamp, WordsWriter& words) {
  Parts out;
  std::vector<std::int64_t> c;
  std::string& packed = out.packed;
  put_deltas(packed, gather(c, rows, [](const ApiRow& r) { return nanos(r.received); }), nanos(stamp));
  put_deltas(packed, gather(c, rows, end_of), nanos(stamp));
  put_offsets(packed, gather(c, rows, [](const ApiRow& r) { return r.latency.count(); }), kNoLatency.count());
  put_offsets(packed, gather(c, rows, [&](const ApiRow& r) { return words.string(r.source); }));
  put_offsets(packed, gather(c, rows, [&](const ApiRow& r) { return words.string(r.route); }));
  put_offsets(packed, gather(c, rows, [&](const ApiRow& r) { return words.string(r.device); }));
  put_offsets(packed, gather(c, rows, [&](const ApiRow& r) { return words.labels(r.labels); }));
  put_offsets(packed, gather(c, rows, [](const ApiRow& r) { return r.status; }));
  put_digests(out, rows, &ApiRow::id);
  put_presence(packed, rows, [](const ApiRow& r) { return r.user != 0; });
  for (const ApiRow& row : rows) {
    if (row.user != 0) out.loose.append(reinterpret_cast<const char*>(&row.user), 6);
  }
  return out;
}

bool decode_api(const Parts& parts, Time stamp, const WordsReader& words, std::vector<ApiRow>& rows) {
  PartsReader in(parts);
  ByteReader& packed = in.packed;
  std::vector<std::int64_t> c(rows.size());
  const auto column = [&](auto set, std::int64_t origin = 0,
                          std::optional<std::int64_t> none = std::nullopt) {
    return get_numbers(packed, c, origin, none) && scatter(c, rows, set);
  };
  const auto always = [](auto assign) {
    return [assign](ApiRow& r, std::int64_t v) { return assign(r, v), true; };
  };
  const auto word = [&](StringId ApiRow::*field) {
    return column([&words, field](ApiRow& r, std::int64_t v) {
      return words.string(static_cast<std::uint64_t>(v), r.*field);
    });
  };
  const std::int64_t origin = nanos(stamp);
  return column(always([](ApiRow& r, std::int64_t v) { r.received = from_nanos(v); }), origin) &&
         column(always([](ApiRow& r, std::int64_t v) { r.start = from_nanos(v); }), origin) &&
         column(always([](ApiRow& r, std::int64_t v) {
                  r.latency = Duration(v);
                  if (r.latency != kNoLatency) r.start = from_nanos(wrapped_difference(nanos(r.start), v));
                }),
                0, kNoLatency.count()) &&
         word(&ApiRow::source) && word(&ApiRow::route) && word(&ApiRow::device) &&
         column([&](ApiRow& r, std::int64_t v) {
           return words.labels(static_cast<std::uint64_t>(v), r.labels);
         }) &&
         column(always([](ApiRow& r, std::int64_t v) { r.status = static_cast<std::uint16_t>(v); })) &&
         get_digests(in, rows, &ApiRow::id) &&
         get_present(packed, rows,
                     [&](ApiRow& r) {
                       const std::string_view bytes = in.loose.bytes(6);
                       if (!bytes.empty()) std::memcpy(&r.user, bytes.data(), bytes.size());
                     }) &&
         in.finished();
}

Parts encode_device(const std::vector<DeviceRow>& rows, Time stamp, WordsWriter& words) {
  Parts out;
  std::vector<std::int64_t> c;
  std::string& packed = out.packed;
  put_offsets(packed, gather(c, rows, flags_of));
  put_deltas(packed, gather(c, rows, [](const DeviceRow& r) { return nanos(r.received); }), nanos(stamp));
  // Most devices stamp just before we receive, or not at all: the age is small or zero.
  put_offsets(packed, gather(c, rows, [](const DeviceRow& r) {
                return wrapped_difference(nanos(r.received), nanos(r.time));
              }));
  put_offsets(packed, gather(c, rows, [](const DeviceRow& r) { return r.seq; }), kNoNumber);
  put_offsets(packed, gather(c, rows, [](const DeviceRow& r) { return r.boot; }), kNoNumber);
  put_offsets(packed, gather(c, rows, [&](const DeviceRow& r) { return words.string(r.source); }));
  put_offsets(packed, gather(c, rows, [&](const DeviceRow& r) { return words.string(r.device); }));
  put_offsets(packed, gather(c, rows, [&](const DeviceRow& r) { return words.string(r.word); }));
  put_offsets(packed, gather(c, rows, [&](const DeviceRow& r) { return words.labels(r.labels); }));
  put_offsets(packed, gather(c, rows, [&](const DeviceRow& r) { return words.labels(r.values); }));
  put_numbers_of(packed, rows, &DeviceRow::battery);
  put_numbers_of(packed, rows, &DeviceRow::lat);
  put_numbers_of(packed, rows, &DeviceRow::lon);
  put_digests(out, rows, &DeviceRow::id);
  put_digests(out, rows, &DeviceRow::payload);
  return out;
}

bool decode_device(const Parts& parts, Time stamp, const WordsReader& words, std::vector<DeviceRow>& rows) {
  PartsReader in(parts);
  ByteReader& packed = in.packed;
  std::vector<std::int64_t> c(rows.size());
  const auto column = [&](auto set, std::int64_t origin = 0,
                          std::optional<std::int64_t> none = std::nullopt) {
    return get_numbers(packed, c, origin, none) && scatter(c, rows, set);
  };
  const auto always = [](auto assign) {
    return [assign](DeviceRow& r, std::int64_t v) { return assign(r, v), true; };
  };
  const auto word = [&](StringId DeviceRow::*field) {
    return column([&words, field](DeviceRow& r, std::int64_t v) {
      return words.string(static_cast<std::uint64_t>(v), r.*field);
    });
  };
  const auto labels = [&](LabelSetId DeviceRow::*field) {
    return column([&words, field](DeviceRow& r, std::int64_t v) {
      return words.labels(static_cast<std::uint64_t>(v), r.*field);
    });
  };
  return column(always([](DeviceRow& r, std::int64_t v) {
           r.kind = static_cast<MessageKind>(v & 3);
           r.retained = (v & 4) != 0;
           r.has_time = (v & 8) != 0;
         })) &&
         column(always([](DeviceRow& r, std::int64_t v) { r.received = from_nanos(v); }), nanos(stamp)) &&
         column(always([](DeviceRow& r, std::int64_t v) {
           r.time = from_nanos(wrapped_difference(nanos(r.received), v));
         })) &&
         column(always([](DeviceRow& r, std::int64_t v) { r.seq = v; }), 0, kNoNumber) &&
         column(always([](DeviceRow& r, std::int64_t v) { r.boot = v; }), 0, kNoNumber) &&
         word(&DeviceRow::source) && word(&DeviceRow::device) && word(&DeviceRow::word) &&
         labels(&DeviceRow::labels) && labels(&DeviceRow::values) &&
         get_numbers_of(packed, rows, &DeviceRow::battery) && get_numbers_of(packed, rows, &DeviceRow::lat) &&
         get_numbers_of(packed, rows, &DeviceRow::lon) && get_digests(in, rows, &DeviceRow::id) &&
         get_digests(in, rows, &DeviceRow::payload) && in.finished();
}

}  // namespace slod::journal

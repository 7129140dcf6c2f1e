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

/// Reads one column after the other, each into a field of all rows. False: malformed.
template <typename Row>
class Columns {
 public:
  Columns(ByteReader& in, const WordsReader& words, std::vector<Row>& rows)
      : in_(in), words_(words), rows_(rows), column_(rows.size()) {}

  template <typename Assign>
  bool number(Assign assign, std::int64_t origin = 0, std::optional<std::int64_t> none = std::nullopt) {
    return column([&](Row& row, std::int64_t value) { return assign(row, value), true; }, origin, none);
  }
  bool word(StringId Row::*field) {
    return column([&](Row& row, std::int64_t value) {
      return words_.string(static_cast<std::uint64_t>(value), row.*field);
    });
  }
  bool labels(LabelSetId Row::*field) {
    return column([&](Row& row, std::int64_t value) {
      return words_.labels(static_cast<std::uint64_t>(value), row.*field);
    });
  }

 private:
  template <typename Set>
  bool column(Set set, std::int64_t origin = 0, std::optional<std::int64_t> none = std::nullopt) {
    return get_numbers(in_, column_, origin, none) && scatter(column_, rows_, set);
  }

  ByteReader& in_;
  const WordsReader& words_;
  std::vector<Row>& rows_;
  std::vector<std::int64_t> column_;
};

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
  Columns<ApiRow> columns(in.packed, words, rows);
  const std::int64_t origin = nanos(stamp);
  const auto latency = [](ApiRow& r, std::int64_t v) {
    r.latency = Duration(v);
    if (r.latency != kNoLatency) r.start = from_nanos(wrapped_difference(nanos(r.start), v));
  };
  const auto user = [&](ApiRow& r) {
    const std::string_view bytes = in.loose.bytes(6);
    if (!bytes.empty()) std::memcpy(&r.user, bytes.data(), bytes.size());
  };
  return columns.number([](ApiRow& r, std::int64_t v) { r.received = from_nanos(v); }, origin) &&
         columns.number([](ApiRow& r, std::int64_t v) { r.start = from_nanos(v); }, origin) &&
         columns.number(latency, 0, kNoLatency.count()) && columns.word(&ApiRow::source) &&
         columns.word(&ApiRow::route) && columns.word(&ApiRow::device) && columns.labels(&ApiRow::labels) &&
         columns.number([](ApiRow& r, std::int64_t v) { r.status = static_cast<std::uint16_t>(v); }) &&
         get_digests(in, rows, &ApiRow::id) && get_present(in.packed, rows, user) && in.finished();
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
  Columns<DeviceRow> columns(in.packed, words, rows);
  const auto flags = [](DeviceRow& r, std::int64_t v) {
    r.kind = static_cast<MessageKind>(v & 3);
    r.retained = (v & 4) != 0;
    r.has_time = (v & 8) != 0;
  };
  const auto age = [](DeviceRow& r, std::int64_t v) {
    r.time = from_nanos(wrapped_difference(nanos(r.received), v));
  };
  const auto numbers = [&](double DeviceRow::*field) { return get_numbers_of(in.packed, rows, field); };
  return columns.number(flags) &&
         columns.number([](DeviceRow& r, std::int64_t v) { r.received = from_nanos(v); }, nanos(stamp)) &&
         columns.number(age) &&
         columns.number([](DeviceRow& r, std::int64_t v) { r.seq = v; }, 0, kNoNumber) &&
         columns.number([](DeviceRow& r, std::int64_t v) { r.boot = v; }, 0, kNoNumber) &&
         columns.word(&DeviceRow::source) && columns.word(&DeviceRow::device) &&
         columns.word(&DeviceRow::word) && columns.labels(&DeviceRow::labels) &&
         columns.labels(&DeviceRow::values) && numbers(&DeviceRow::battery) && numbers(&DeviceRow::lat) &&
         numbers(&DeviceRow::lon) && get_digests(in, rows, &DeviceRow::id) &&
         get_digests(in, rows, &DeviceRow::payload) && in.finished();
}

}  // namespace slod::journal

#include <algorithm>
#include <limits>
#include <type_traits>

#include "slod/journal/sealed.h"

#include "journal/bytes.h"
#include "journal/column.h"
#include "journal/words.h"

namespace slod::journal {
namespace {

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kAlways = std::numeric_limits<std::int64_t>::min();

/// Columns behind the words that they use.
class Writer {
 public:
  explicit Writer(Dictionary& dictionary) : words_(dictionary) {}
  void count(std::uint64_t n) { put_varint(columns_, n); }
  template <typename Rows, typename Get>
  void numbers(const Rows& rows, Get get, std::optional<std::int64_t> none = std::nullopt) {
    std::vector<std::int64_t> column;
    column.reserve(rows.size());
    for (const auto& row : rows) column.push_back(static_cast<std::int64_t>(get(row)));
    put_offsets(columns_, column, none);
  }
  template <typename Rows, typename Get>
  void strings(const Rows& rows, Get get) {
    numbers(rows, [&](const auto& row) { return words_.string(get(row)); });
  }
  template <typename Rows, typename Get>
  void labels(const Rows& rows, Get get) {
    numbers(rows, [&](const auto& row) { return words_.labels(get(row)); });
  }
  void doubles(const std::vector<double>& values) { put_decimals(columns_, values); }
  [[nodiscard]] std::string take() const {
    std::string out;
    put_text(out, words_.entries());
    return out + columns_;
  }

 private:
  WordsWriter words_;
  std::string columns_;
};

class Columns {
 public:
  Columns(std::string_view bytes, Dictionary& dictionary) : in_(bytes), words_(dictionary) {
    const std::string_view entries = in_.text();
    good_ = in_.good() && (entries.empty() || words_.add(entries));
  }
  /// Rows that follow.
  std::size_t count() {
    const std::uint64_t n = in_.varint();
    if (n > kMostRows) good_ = false;
    return good_ && in_.good() ? static_cast<std::size_t>(n) : 0;
  }
  std::uint64_t number() { return in_.varint(); }
  template <typename Rows, typename Set>
  void numbers(Rows& rows, Set set, std::optional<std::int64_t> none = std::nullopt) {
    std::vector<std::int64_t> column(good_ ? rows.size() : 0);
    good_ = good_ && get_numbers(in_, column, 0, none);
    for (std::size_t i = 0; good_ && i < column.size(); ++i) set(rows[i], column[i]);
  }
  template <typename Rows, typename At>
  void strings(Rows& rows, At at) {
    numbers(rows, [&](auto& row, std::int64_t v) {
      if (!words_.string(static_cast<std::uint64_t>(v), at(row))) good_ = false;
    });
  }
  template <typename Rows, typename At>
  void labels(Rows& rows, At at) {
    numbers(rows, [&](auto& row, std::int64_t v) {
      if (!words_.labels(static_cast<std::uint64_t>(v), at(row))) good_ = false;
    });
  }
  void doubles(std::vector<double>& values) { good_ = good_ && get_decimals(in_, values); }
  [[nodiscard]] bool finished() const { return good_ && in_.good() && in_.left() == 0; }

 private:
  static constexpr std::uint64_t kMostRows = 1u << 28;
  ByteReader in_;
  WordsReader words_;
  bool good_ = true;
};

using Seen = std::vector<std::pair<std::uint64_t, std::int64_t>>;

// One list of fields for both directions: `io(field)` is given the member.
template <typename F>
void plain_fields(F io, SealedDevice*) {
  io(&SealedDevice::seen, kNever);
  io(&SealedDevice::expected_from, kNever);
  io(&SealedDevice::evidence, kNever);
  io(&SealedDevice::missed, kNever);
  io(&SealedDevice::lost, kNever);
  io(&SealedDevice::offline, kNever);
  io(&SealedDevice::time, kAlways);
}

void put_seen(Writer& out, const Seen& seen) {
  out.count(seen.size());
  out.numbers(seen, [](const auto& one) { return one.first; });
  out.numbers(seen, [](const auto& one) { return one.second; });
}

void get_seen(Columns& in, Seen& seen) {
  seen.resize(in.count());
  in.numbers(seen, [](auto& one, std::int64_t v) { one.first = static_cast<std::uint64_t>(v); });
  in.numbers(seen, [](auto& one, std::int64_t v) { one.second = v; });
}

void put_devices(Writer& out, const SealedFleet& fleet) {
  out.count(fleet.devices.size());
  out.strings(fleet.devices, [](const SealedDevice& d) { return d.device; });
  out.strings(fleet.devices, [](const SealedDevice& d) { return d.source; });
  plain_fields(
      [&](std::int64_t SealedDevice::*field, std::int64_t none) {
        out.numbers(
            fleet.devices, [field](const SealedDevice& d) { return d.*field; }, none);
      },
      static_cast<SealedDevice*>(nullptr));
  out.strings(fleet.devices, [](const SealedDevice& d) { return d.state; });
  out.labels(fleet.devices, [](const SealedDevice& d) { return d.labels; });
  out.numbers(
      fleet.states, [](const SealedCheck& c) { return c.since; }, kAlways);
  out.numbers(
      fleet.states, [](const SealedCheck& c) { return c.holds_until; }, kAlways);
  out.numbers(fleet.states, [](const SealedCheck& c) { return c.condition * 2 + c.unhealthy; });
}

void get_devices(Columns& in, SealedFleet& fleet) {
  std::vector<SealedDevice>& devices = fleet.devices;
  devices.resize(in.count());
  in.strings(devices, [](SealedDevice& d) -> StringId& { return d.device; });
  in.strings(devices, [](SealedDevice& d) -> StringId& { return d.source; });
  plain_fields(
      [&](std::int64_t SealedDevice::*field, std::int64_t none) {
        in.numbers(
            devices, [field](SealedDevice& d, std::int64_t v) { d.*field = v; }, none);
      },
      static_cast<SealedDevice*>(nullptr));
  in.strings(devices, [](SealedDevice& d) -> StringId& { return d.state; });
  in.labels(devices, [](SealedDevice& d) -> LabelSetId& { return d.labels; });
  fleet.states.resize(devices.size() * fleet.checks.size());
  in.numbers(
      fleet.states, [](SealedCheck& c, std::int64_t v) { c.since = v; }, kAlways);
  in.numbers(
      fleet.states, [](SealedCheck& c, std::int64_t v) { c.holds_until = v; }, kAlways);
  in.numbers(fleet.states, [](SealedCheck& c, std::int64_t v) {
    c.condition = static_cast<std::uint8_t>((v >> 1) & 3);
    c.unhealthy = static_cast<std::uint8_t>(v & 1);
  });
}

void put_ahead(Writer& out, const SealedFleet& fleet) {
  out.count(fleet.ahead.size());
  out.numbers(fleet.ahead, [](const SealedReport& r) { return r.device; });
  out.numbers(fleet.ahead, [](const SealedReport& r) { return r.time; });
  out.strings(fleet.ahead, [](const SealedReport& r) { return r.state; });
  out.labels(fleet.ahead, [](const SealedReport& r) { return r.labels; });
  out.doubles(fleet.values);
}

void get_ahead(Columns& in, SealedFleet& fleet) {
  fleet.ahead.resize(in.count());
  in.numbers(fleet.ahead, [](SealedReport& r, std::int64_t v) { r.device = static_cast<std::uint32_t>(v); });
  in.numbers(fleet.ahead, [](SealedReport& r, std::int64_t v) { r.time = v; });
  in.strings(fleet.ahead, [](SealedReport& r) -> StringId& { return r.state; });
  in.labels(fleet.ahead, [](SealedReport& r) -> LabelSetId& { return r.labels; });
  fleet.values.resize(fleet.ahead.size() * fleet.checks.size());
  in.doubles(fleet.values);
}

}  // namespace

std::string encode_minutes(const std::vector<SealedMinutes>& minutes, Dictionary& dictionary) {
  Writer out(dictionary);
  out.count(minutes.size());
  out.numbers(minutes, [](const SealedMinutes& m) { return m.slot; });
  out.strings(minutes, [](const SealedMinutes& m) { return m.check; });
  out.numbers(minutes, [](const SealedMinutes& m) { return m.state; });
  out.strings(minutes, [](const SealedMinutes& m) { return m.reason; });
  out.labels(minutes, [](const SealedMinutes& m) { return m.labels; });
  out.numbers(minutes, [](const SealedMinutes& m) { return m.count; });
  return out.take();
}

bool decode_minutes(std::string_view bytes, Dictionary& dictionary, std::vector<SealedMinutes>& minutes) {
  Columns in(bytes, dictionary);
  minutes.assign(in.count(), {});
  in.numbers(minutes, [](SealedMinutes& m, std::int64_t v) { m.slot = static_cast<Slot>(v); });
  in.strings(minutes, [](SealedMinutes& m) -> StringId& { return m.check; });
  in.numbers(minutes, [](SealedMinutes& m, std::int64_t v) { m.state = static_cast<std::uint8_t>(v); });
  in.strings(minutes, [](SealedMinutes& m) -> StringId& { return m.reason; });
  in.labels(minutes, [](SealedMinutes& m) -> LabelSetId& { return m.labels; });
  in.numbers(minutes, [](SealedMinutes& m, std::int64_t v) { m.count = v; });
  return in.finished();
}

std::string encode_fleet(const SealedFleet& fleet, Dictionary& dictionary) {
  Writer out(dictionary);
  out.count(fleet.checks.size());
  out.strings(fleet.checks, [](StringId id) { return id; });
  put_devices(out, fleet);
  put_ahead(out, fleet);
  put_seen(out, fleet.recent);
  put_seen(out, fleet.older);
  out.count(fleet.duplicates);
  out.count(fleet.sources.size());
  out.strings(fleet.sources, [](const SealedSource& s) { return s.source; });
  out.numbers(fleet.sources, [](const SealedSource& s) { return s.duplicates; });
  out.numbers(fleet.sources, [](const SealedSource& s) { return s.late; });
  out.numbers(fleet.sources, [](const SealedSource& s) { return s.last_event; });
  return out.take();
}

bool decode_fleet(std::string_view bytes, Dictionary& dictionary, SealedFleet& fleet) {
  Columns in(bytes, dictionary);
  fleet = {};
  fleet.checks.resize(in.count());
  in.strings(fleet.checks, [](StringId& id) -> StringId& { return id; });
  get_devices(in, fleet);
  get_ahead(in, fleet);
  get_seen(in, fleet.recent);
  get_seen(in, fleet.older);
  fleet.duplicates = in.number();
  fleet.sources.resize(in.count());
  in.strings(fleet.sources, [](SealedSource& s) -> StringId& { return s.source; });
  in.numbers(fleet.sources,
             [](SealedSource& s, std::int64_t v) { s.duplicates = static_cast<std::uint64_t>(v); });
  in.numbers(fleet.sources, [](SealedSource& s, std::int64_t v) { s.late = static_cast<std::uint64_t>(v); });
  in.numbers(fleet.sources, [](SealedSource& s, std::int64_t v) { s.last_event = v; });
  return in.finished() && std::all_of(fleet.ahead.begin(), fleet.ahead.end(),
                                      [&](const SealedReport& r) { return r.device < fleet.devices.size(); });
}

}  // namespace slod::journal

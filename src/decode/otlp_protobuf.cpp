#include <array>
#include <charconv>
#include <cmath>
#include <protozero/pbf_reader.hpp>
#include <protozero/pbf_writer.hpp>
#include <vector>

#include "decode/flat_record.h"
#include "slod/decode/otlp.h"

namespace slod::decode {
namespace {

using Reader = protozero::pbf_reader;
using protozero::data_view;
using protozero::tag_and_type;

// A field with another wire type than its own is skipped like an unknown one: the reader's getters require
// theirs.
using Type = protozero::pbf_wire_type;
constexpr auto kText = Type::length_delimited;

/// Field numbers, with the wire type where several fields are read in one go.
namespace field {
constexpr protozero::pbf_tag_type kResourceLogs = 1;  // of ExportLogsServiceRequest
constexpr std::uint32_t kResource = tag_and_type(1, kText),
                        kScopeLogs = tag_and_type(2, kText);     // ResourceLogs
constexpr protozero::pbf_tag_type kResourceAttributes = 1;       // Resource
constexpr protozero::pbf_tag_type kLogRecords = 2;               // ScopeLogs
constexpr std::uint32_t kTime = tag_and_type(1, Type::fixed64);  // LogRecord
constexpr std::uint32_t kBody = tag_and_type(5, kText);
constexpr protozero::pbf_tag_type kLogAttributes = 6;
constexpr std::uint32_t kObservedTime = tag_and_type(11, Type::fixed64);
constexpr std::uint32_t kKey = tag_and_type(1, kText), kValue = tag_and_type(2, kText);  // KeyValue
constexpr std::uint32_t kString = tag_and_type(1, kText);                                // AnyValue
constexpr std::uint32_t kBool = tag_and_type(2, Type::varint);
constexpr std::uint32_t kInt = tag_and_type(3, Type::varint);
constexpr std::uint32_t kDouble = tag_and_type(4, Type::fixed64);
constexpr protozero::pbf_tag_type kMap = 6;
constexpr protozero::pbf_tag_type kMapValues = 1;  // KeyValueList
}  // namespace field

std::string_view view_of(const data_view& view) {
  return {view.data(), view.size()};
}

template <typename Number>
std::string number(Number value) {
  std::array<char, 32> room{};
  return {room.data(), std::to_chars(room.data(), room.data() + room.size(), value).ptr};
}

/// A scalar as JSON; "" where the value holds none.
std::string scalar(Reader value) {
  std::string out;
  while (value.next()) {
    switch (value.tag_and_type()) {
      case field::kString:
        out = quoted(view_of(value.get_view()));
        break;
      case field::kBool:
        out = value.get_bool() ? "true" : "false";
        break;
      case field::kInt:
        out = number(value.get_int64());
        break;
      case field::kDouble: {
        const double real = value.get_double();
        out = std::isfinite(real) ? number(real) : "";
        break;
      }
      default:
        value.skip();
    }
  }
  return out;
}

void add_attribute(FlatRecord& record, Reader attribute) {
  data_view key("", 0);
  std::string value;
  while (attribute.next()) {
    if (attribute.tag_and_type() == field::kKey) {
      key = attribute.get_view();
    } else if (attribute.tag_and_type() == field::kValue) {
      value = scalar(attribute.get_message());
    } else {
      attribute.skip();
    }
  }
  record.add(view_of(key), value);
}

/// The attributes of `owner`, which are its fields `tag`.
void add_all(FlatRecord& record, Reader owner, protozero::pbf_tag_type tag) {
  while (owner.next(tag, kText)) add_attribute(record, owner.get_message());
}

void add_body(FlatRecord& record, const data_view& body) {
  Reader fields(body);
  while (fields.next(field::kMap, kText)) add_all(record, fields.get_message(), field::kMapValues);
  record.add("body", scalar(Reader(body)));
}

/// One log record with what it belongs to; what is nearer to it comes first.
std::string flat(const data_view& log, const data_view& resource_of_it) {
  FlatRecord out;
  std::uint64_t time = 0, observed = 0;
  data_view body("", 0);
  for (Reader fields(log); fields.next();) {
    if (fields.tag_and_type() == field::kTime) {
      time = fields.get_fixed64();
    } else if (fields.tag_and_type() == field::kObservedTime) {
      observed = fields.get_fixed64();
    } else if (fields.tag_and_type() == field::kBody) {
      body = fields.get_view();
    } else {
      fields.skip();
    }
  }
  // In JSON these are text.
  if (time != 0) out.add("timeUnixNano", quoted(number(time)));
  if (observed != 0) out.add("observedTimeUnixNano", quoted(number(observed)));
  add_all(out, Reader(log), field::kLogAttributes);
  if (body.size() > 0) add_body(out, body);
  add_all(out, Reader(resource_of_it), field::kResourceAttributes);
  return out.object();
}

/// The records of one resource, whose own field may come behind them.
void add_resource_logs(std::string& lines, Reader fields) {
  data_view about("", 0);
  std::vector<data_view> scopes;
  while (fields.next()) {
    if (fields.tag_and_type() == field::kResource) {
      about = fields.get_view();
    } else if (fields.tag_and_type() == field::kScopeLogs) {
      scopes.push_back(fields.get_view());
    } else {
      fields.skip();
    }
  }
  for (const data_view& scope : scopes) {
    Reader logs(scope);
    while (logs.next(field::kLogRecords, kText)) add_line(lines, flat(logs.get_view(), about));
  }
}

}  // namespace

std::optional<std::string> otlp_lines(std::string_view message) {
  std::string lines;
  try {
    Reader fields(message.data(), message.size());
    while (fields.next(field::kResourceLogs, kText)) add_resource_logs(lines, fields.get_message());
  } catch (const protozero::exception&) {
    return std::nullopt;
  }
  return lines;
}

std::string otlp_response(std::uint64_t rejected, std::string_view why) {
  std::string out;
  if (rejected == 0) return out;
  protozero::pbf_writer response(out);
  protozero::pbf_writer partial(response, 1);
  partial.add_int64(1, static_cast<std::int64_t>(rejected));
  partial.add_string(2, why.data(), why.size());
  return out;
}

std::string otlp_status(std::string_view message) {
  std::string out;
  protozero::pbf_writer status(out);
  status.add_string(2, message.data(), message.size());
  return out;
}

}  // namespace slod::decode

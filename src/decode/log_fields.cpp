#include "decode/log_fields.h"

#include <algorithm>

#include "decode/utf8.h"
#include "slod/core/bytes.h"

namespace slod::decode {
namespace {

/// Text formats have names of their own for what a format does not map.
std::vector<FieldPath> paths_of(const LogFormat& format) {
  const LogFields& fields = format.fields;
  std::vector<FieldPath> paths = {fields.time,    fields.method, fields.path,   fields.status,
                                  fields.latency, fields.id,     fields.device, fields.user};
  const bool text = format.syntax == LogFormat::Syntax::kCombined || format.syntax == LogFormat::Syntax::kAlb;
  if (text) {
    constexpr const char* kNames[] = {"time", "method", "path", "status"};
    for (std::size_t slot = 0; slot < std::size(kNames); ++slot) {
      if (paths[slot].empty()) paths[slot] = kNames[slot];
    }
    if (paths[LogReader::kLatency].empty()) paths[LogReader::kLatency] = "request_time";
  }
  for (const auto& [name, path] : fields.labels) paths.push_back(path);
  return paths;
}

std::string_view cut(std::string_view label) {
  return label.size() <= kMaxLabel ? label : cut_utf8(label, kMaxLabel);
}

Reject reject_of(Read read, Reject missing, Reject bad) {
  return read == Read::kOk ? Reject::kNone : read == Read::kMissing ? missing : bad;
}

}  // namespace

void split_request(std::string_view request, std::string_view& method, std::string_view& path) {
  method = path = {};
  const std::size_t first = request.find(' ');
  if (first == std::string_view::npos || first == 0) return;
  std::string_view rest = request.substr(first + 1);
  constexpr std::string_view kHttp = " HTTP/";
  const std::size_t usual = rest.size() - std::min(rest.size(), kHttp.size() + 3);  // "1.1"
  const bool found =
      rest.size() > usual + kHttp.size() && same_bytes(rest.data() + usual, kHttp.data(), kHttp.size());
  const std::size_t last = found ? usual : rest.rfind(kHttp);
  if (last != std::string_view::npos) rest = rest.substr(0, last);
  if (rest.empty()) return;
  method = request.substr(0, first);
  path = rest;
}

LogReader::LogReader(const LogFormat& format)
    : time_unit_(format.fields.time_unit),
      latency_unit_(format.fields.latency_unit),
      stamp_is_end_(format.stamp_is_end),
      split_request_(format.fields.method.empty() || format.fields.method == format.fields.path),
      paths_(paths_of(format)) {
  for (const auto& [name, path] : format.fields.labels) label_names_.push_back(name);
  rooms_.resize(paths_.size());
  labels_.resize(label_names_.size());
}

Reject LogReader::read_request(std::span<const Value> values, LogRecord& record) {
  record.method = text(values, kMethod);
  record.path = text(values, kPath);
  if (split_request_ && !record.path.starts_with('/') && record.path.find(' ') != std::string_view::npos)
    split_request(text(values, kPath), record.method, record.path);
  return record.path.empty() ? Reject::kMissingPath : Reject::kNone;
}

Reject LogReader::read(std::span<const Value> values, LogRecord& record) {
  const Read time = time_.read(values[kTime], time_unit_, record.stamp);
  if (time != Read::kOk) return reject_of(time, Reject::kMissingTime, Reject::kBadTime);
  const Read status = read_status(values[kStatus], record.status);
  if (status != Read::kOk) return reject_of(status, Reject::kMissingStatus, Reject::kBadStatus);
  record.latency = kNoLatency;
  if (read_latency(values[kLatency], latency_unit_, record.latency) == Read::kBad) return Reject::kBadLatency;
  if (const Reject why = read_request(values, record); why != Reject::kNone) return why;

  const bool shift = stamp_is_end_ && record.latency != kNoLatency;
  record.start = shift ? record.stamp - record.latency : record.stamp;
  record.id = text(values, kId);
  record.device = text(values, kDevice);
  record.user = text(values, kUser);
  for (std::size_t i = 0; i < labels_.size(); ++i) labels_[i] = cut(text(values, kFirstLabel + i));
  record.labels = labels_;
  return Reject::kNone;
}

}  // namespace slod::decode

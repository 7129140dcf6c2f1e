#include "source/http/ingest_answer.h"

#include <charconv>
#include <cstdio>

#include "slod/decode/otlp.h"

namespace slod::source {

namespace {

constexpr std::size_t kMaxErrors = 20;

void append_string(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char code[8];
      std::snprintf(code, sizeof code, "\\u%04x", static_cast<unsigned>(c));
      out += code;
    } else {
      out += c;
    }
  }
  out += '"';
}

void append_number(std::string& out, std::string_view name, std::uint64_t value) {
  out += '"';
  out += name;
  out += "\":" + std::to_string(value) + ",";
}

void append_counts(std::string& out, const SourceCounts& counts, const route::IntakeReport& report) {
  append_number(out, "accepted", counts.accepted);
  append_number(out, "duplicate", 0);  // the fold finds duplicates, after the answer
  append_number(out, "ignored", counts.ignored);
  append_number(out, "rejected", counts.rejected_total());
  append_number(out, "late", counts.late);
  out += "\"errors\":[";
  for (std::size_t i = 0; i < report.errors.size() && i < kMaxErrors; ++i) {
    out +=
        (i == 0 ? "{\"index\":" : ",{\"index\":") + std::to_string(report.errors[i].index) + ",\"reason\":";
    append_string(out, report.errors[i].reason);
    out += '}';
  }
  out += "]}";
}

/// The text of our own JSON that begins behind `mark`, up to its closing quote; "" without.
std::string text_behind(std::string_view json, std::string_view mark) {
  std::string out;
  const std::size_t found = json.find(mark);
  if (found == std::string_view::npos) return out;
  for (std::size_t at = found + mark.size(); at < json.size() && json[at] != '"'; ++at) {
    if (json[at] == '\\') ++at;
    if (at < json.size()) out += json[at];
  }
  return out;
}

std::uint64_t number_behind(std::string_view json, std::string_view mark) {
  std::uint64_t value = 0;
  const std::size_t found = json.find(mark);
  if (found != std::string_view::npos)
    std::from_chars(json.data() + found + mark.size(), json.data() + json.size(), value);
  return value;
}

}  // namespace

std::string counts_answer(const SourceCounts& counts, const route::IntakeReport& report) {
  std::string out = "{";
  append_counts(out, counts, report);
  return out;
}

std::string unreadable_answer(std::string_view advice, const SourceCounts& counts,
                              const route::IntakeReport& report) {
  std::string out = error_answer(advice);
  out.back() = ',';
  append_counts(out, counts, report);
  return out;
}

std::string none_readable_answer(const SourceCounts& counts, const route::IntakeReport& report) {
  return unreadable_answer(
      "no record was readable: errors says why, and slod explain of one of them what to do", counts, report);
}

std::string error_answer(std::string_view advice) {
  std::string out = "{\"error\":";
  append_string(out, advice);
  out += '}';
  return out;
}

std::string otlp_counts_answer(const SourceCounts& counts, const route::IntakeReport& report) {
  std::string out = counts_answer(counts, report);
  if (counts.rejected_total() == 0) return out;
  out.back() = ',';
  out += R"("partialSuccess":{"rejectedLogRecords":")" + std::to_string(counts.rejected_total()) +
         R"(","errorMessage":)";
  append_string(out, report.errors.empty() ? "" : report.errors.front().reason);
  return out + "}}";
}

std::string otlp_protobuf_answer(int status, std::string_view answer) {
  if (status != 200) return decode::otlp_status(text_behind(answer, R"("error":")"));
  return decode::otlp_response(number_behind(answer, R"("rejected":)"), text_behind(answer, R"("reason":")"));
}

int status_of_answer(std::string_view answer) {
  return answer.starts_with("{\"error\":") ? 400 : 200;
}

}  // namespace slod::source

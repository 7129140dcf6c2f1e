#include "source/http/ingest_answer.h"

#include <cstdio>

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

std::string error_answer(std::string_view advice) {
  std::string out = "{\"error\":";
  append_string(out, advice);
  out += '}';
  return out;
}

int status_of_answer(std::string_view answer) {
  return answer.starts_with("{\"error\":") ? 400 : 200;
}

}  // namespace slod::source

#include "slod/fleet/registry.h"

#include <set>

namespace slod::fleet {
namespace {

constexpr std::size_t kMaxFaults = 20;

struct CsvRow {
  std::size_t line = 0;  ///< where it begins, from 1
  std::vector<std::string> fields;
};

class Faults {
 public:
  void add(std::size_t line, const std::string& what) {
    if (++count_ > kMaxFaults) return;
    if (!text_.empty()) text_ += '\n';
    text_.append("line ").append(std::to_string(line)).append(": ").append(what);
  }
  [[nodiscard]] bool any() const { return count_ > 0; }
  [[nodiscard]] Error error() const {
    const std::string more =
        count_ > kMaxFaults ? "\nand " + std::to_string(count_ - kMaxFaults) + " more" : "";
    return Error{text_ + more};
  }

 private:
  std::size_t count_ = 0;
  std::string text_;
};

class CsvReader {
 public:
  CsvReader(std::string_view text, Faults& faults) : text_(text), faults_(faults) {
    if (text_.starts_with("\xEF\xBB\xBF")) text_.remove_prefix(3);
  }

  /// The next row that is not empty; false at the end.
  bool next(CsvRow& row) {
    while (at_ < text_.size()) {
      row.line = line_;
      row.fields.clear();
      do row.fields.push_back(field());
      while (take(','));
      end_line();
      if (row.fields.size() > 1 || !row.fields[0].empty()) return true;
    }
    return false;
  }

 private:
  [[nodiscard]] bool take(char c) {
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  std::string field() {
    if (take('"')) return quoted();
    const std::size_t end = std::min(text_.find_first_of(",\r\n", at_), text_.size());
    std::string value(text_.substr(at_, end - at_));
    at_ = end;
    return value;
  }

  std::string quoted() {
    const std::size_t opened = line_;
    std::string value;
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (c == '"' && !take('"')) return value;
      if (c == '\n') ++line_;
      value += c;
    }
    faults_.add(opened, "a quote is not closed");
    return value;
  }

  void end_line() {
    if (at_ < text_.size() && text_[at_] != '\r' && text_[at_] != '\n') {
      faults_.add(line_, "text after a closing quote");
      at_ = std::min(text_.find('\n', at_), text_.size());
    }
    static_cast<void>(take('\r'));
    if (take('\n')) ++line_;
  }

  std::string_view text_;
  Faults& faults_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
};

std::optional<Time> parse_moment(const std::string& text) {
  constexpr std::size_t kDateLength = 10;
  return parse_rfc3339(text.size() == kDateLength ? text + "T00:00:00Z" : text);
}

void check_header(const CsvRow& header, Faults& faults) {
  std::set<std::string> seen;
  for (const std::string& name : header.fields) {
    if (name.empty()) faults.add(header.line, "a column has no name");
    if (!seen.insert(name).second) faults.add(header.line, "column '" + name + "' occurs twice");
  }
  if (!seen.contains("device")) faults.add(header.line, "the header has no column 'device'");
}

RegistryEntry entry_of(const CsvRow& header, const CsvRow& row, Faults& faults) {
  RegistryEntry entry;
  const auto moment = [&](const std::string& name, const std::string& value) -> std::optional<Time> {
    if (value.empty()) return std::nullopt;
    const std::optional<Time> time = parse_moment(value);
    if (!time) {
      faults.add(row.line,
                 name + " '" + value + "' is not a time such as 2026-01-31T09:00:00Z or 2026-01-31");
    }
    return time;
  };
  for (std::size_t c = 0; c < header.fields.size(); ++c) {
    const std::string& name = header.fields[c];
    const std::string& value = row.fields[c];
    if (name == "device") {
      entry.device = value;
    } else if (name == "state") {
      entry.state = value;
    } else if (name == "commissioned_at") {
      entry.commissioned_at = moment(name, value);
    } else if (name == "decommissioned_at") {
      entry.decommissioned_at = moment(name, value);
    } else if (!value.empty()) {
      entry.labels[name] = value;
    }
  }
  if (entry.device.empty()) faults.add(row.line, "no device");
  if (entry.commissioned_at && entry.decommissioned_at && *entry.decommissioned_at < *entry.commissioned_at) {
    faults.add(row.line, "decommissioned before it was commissioned");
  }
  return entry;
}

}  // namespace

Result<std::vector<RegistryEntry>> parse_registry(std::string_view text) {
  Faults faults;
  CsvReader reader(text, faults);
  CsvRow header, row;
  if (!reader.next(header)) return Error{"line 1: the registry is empty; its first line names the columns"};
  check_header(header, faults);
  if (faults.any()) return faults.error();
  std::vector<RegistryEntry> entries;
  std::map<std::string, std::size_t> lines;
  while (reader.next(row)) {
    if (row.fields.size() != header.fields.size()) {
      faults.add(row.line, std::to_string(row.fields.size()) + " fields, the header has " +
                               std::to_string(header.fields.size()));
      continue;
    }
    RegistryEntry entry = entry_of(header, row, faults);
    const auto [first, added] = lines.emplace(entry.device, row.line);
    if (!added) {
      faults.add(row.line,
                 "device '" + entry.device + "' is already on line " + std::to_string(first->second));
    }
    entries.push_back(std::move(entry));
  }
  if (faults.any()) return faults.error();
  return entries;
}

}  // namespace slod::fleet

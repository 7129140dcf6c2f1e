#include "config/faults.h"

#include <algorithm>
#include <tuple>

#include "config/utf8.h"

namespace slod::config {

namespace {

constexpr std::size_t kMostFaults = 200;

}  // namespace

SourceText::SourceText(std::string name, std::string text, int order)
    : name_(std::move(name)), text_(std::move(text)), order_(order) {
  starts_.push_back(0);
  for (std::size_t i = 0; i < text_.size(); ++i) {
    if (text_[i] == '\n') starts_.push_back(i + 1);
  }
}

std::string_view SourceText::line(int n) const {
  if (n < 1 || static_cast<std::size_t>(n) > starts_.size()) return {};
  const std::size_t begin = starts_[static_cast<std::size_t>(n) - 1];
  std::string_view rest = std::string_view(text_).substr(begin);
  rest = rest.substr(0, rest.find('\n'));
  if (rest.ends_with('\r')) rest.remove_suffix(1);
  return rest;
}

std::string SourceText::directory() const {
  const std::size_t slash = name_.rfind('/');
  return slash == std::string::npos ? "" : name_.substr(0, slash + 1);
}

void FaultList::add(const Place& place, std::string message, bool warning) {
  if (!warning) ++errors_;
  Fault fault;
  fault.warning = warning;
  fault.message = std::move(message);
  int order = -1;
  if (place.file != nullptr) {
    order = place.file->order();
    const std::string_view line = place.file->line(place.line);
    const std::size_t before = place.column > 0 ? static_cast<std::size_t>(place.column) - 1 : 0;
    fault.file = place.file->name();
    fault.line = place.line;
    fault.column = place.column > 0 ? static_cast<int>(characters(line.substr(0, before))) + 1 : 0;
    const std::size_t length = place.width > 0 ? static_cast<std::size_t>(place.width) : 1;
    const std::string_view marked = before < line.size() ? line.substr(before, length) : std::string_view();
    fault.width = std::max(1, static_cast<int>(characters(marked)));
    fault.source_line = std::string(line);
  }
  entries_.push_back({order, std::move(fault)});
}

std::vector<Fault> FaultList::sorted() const {
  std::vector<Entry> entries = entries_;
  std::stable_sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return std::tie(a.order, a.fault.line, a.fault.column) < std::tie(b.order, b.fault.line, b.fault.column);
  });
  std::vector<Fault> faults;
  for (Entry& entry : entries) {
    const bool repeated = std::any_of(faults.begin(), faults.end(), [&](const Fault& f) {
      return f.file == entry.fault.file && f.line == entry.fault.line && f.column == entry.fault.column &&
             f.message == entry.fault.message;
    });
    if (repeated) continue;
    if (faults.size() == kMostFaults) {
      Fault more;
      more.warning = !has_errors();
      more.message = "there are further faults; correct these first";
      faults.push_back(more);
      break;
    }
    faults.push_back(std::move(entry.fault));
  }
  return faults;
}

std::string resolve_path(const SourceText* file, const std::string& path) {
  if (file == nullptr || path.empty() || path.front() == '/') return path;
  return file->directory() + (path.starts_with("./") && path.size() > 2 ? path.substr(2) : path);
}

}  // namespace slod::config

#include <algorithm>

#include "config/utf8.h"
#include "slod/config/load.h"

namespace slod::config {

namespace {

constexpr std::size_t kLongestLine = 160;  // of a shown line; a minified JSON file has lines of megabytes

/// Byte position of the n-th character (from 0), at most the end.
std::size_t byte_of(std::string_view text, std::size_t n) {
  std::size_t i = 0;
  while (i < text.size() && n > 0) {
    ++i;
    while (i < text.size() && (static_cast<unsigned char>(text[i]) & 0xC0U) == 0x80U) ++i;
    --n;
  }
  return i;
}

/// Tabs stay tabs, so that the caret stands under its text on any terminal.
std::string padding(std::string_view before) {
  std::string pad;
  while (!before.empty()) {
    const std::size_t tab = std::min(before.find('\t'), before.size());
    pad.append(terminal_columns(before.substr(0, tab)), ' ');
    if (tab == before.size()) break;
    pad += '\t';
    before.remove_prefix(tab + 1);
  }
  return pad;
}

/// What a terminal may be sent: bytes that are not UTF-8 and control characters become U+FFFD.
std::string shown(std::string_view line) {
  std::string text;
  for (auto bad = first_bad_byte(line); bad; bad = first_bad_byte(line)) {
    text.append(line.substr(0, *bad)).append("\xEF\xBF\xBD");
    line.remove_prefix(*bad + 1);
  }
  return text.append(line);
}

std::string pointer(const Fault& fault, const char* on, const char* off) {
  std::string_view line = fault.source_line;
  std::size_t begin = byte_of(line, static_cast<std::size_t>(fault.column - 1));
  std::size_t width = byte_of(line.substr(begin), static_cast<std::size_t>(fault.width));
  const std::size_t cut = begin > kLongestLine / 2 && line.size() > kLongestLine
                              ? byte_of(line, characters(line.substr(0, begin - kLongestLine / 2)))
                              : 0;
  line = line.substr(cut);
  line = line.substr(0, byte_of(line, kLongestLine));
  begin = std::min(begin - cut, line.size());
  width = std::min(width, line.size() - begin);
  const std::size_t marks = std::max<std::size_t>(1, terminal_columns(line.substr(begin, width)));
  std::string text = "  " + shown(line) + "\n  " + padding(line.substr(0, begin));
  return text + on + "^" + std::string(marks - 1, '~') + off + "\n";
}

}  // namespace

std::string format_fault(const Fault& fault, bool colour) {
  const char* bold = colour ? "\x1b[1m" : "";
  const char* kind = !colour ? "" : fault.warning ? "\x1b[1;35m" : "\x1b[1;31m";
  const char* mark = colour ? "\x1b[1;32m" : "";
  const char* off = colour ? "\x1b[0m" : "";
  std::string text = bold;
  text += fault.file.empty() ? "slod" : fault.file;
  if (fault.line > 0) text += ":" + std::to_string(fault.line) + ":" + std::to_string(fault.column);
  text +=
      std::string(": ") + off + kind + (fault.warning ? "warning: " : "error: ") + off + fault.message + "\n";
  if (fault.line > 0 && fault.column > 0 && !fault.source_line.empty()) text += pointer(fault, mark, off);
  return text;
}

}  // namespace slod::config

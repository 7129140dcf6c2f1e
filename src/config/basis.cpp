#include "slod/config/basis.h"

#include "config/yaml_tree.h"

namespace slod::config {

std::string text_without_place(const std::string& text) {
  FaultList faults;
  const SourceText file("", text, 0);
  const NodePtr root = parse_yaml(file, faults);
  if (!root || faults.has_errors()) return text;
  const View dir = View(nullptr, root.get())["state"]["dir"];
  if (!dir.is_scalar()) return text;
  const Place at = dir.at();
  const std::string_view line = file.line(at.line);
  const auto column = static_cast<std::size_t>(at.column - 1), width = static_cast<std::size_t>(at.width);
  if (column >= line.size() || width > line.size() - column) return text;
  std::string_view written = line.substr(column, width);
  if (dir.quoted() && written.size() >= 2) written = written.substr(1, written.size() - 2);
  if (written != dir.text()) return text;
  const auto begin = static_cast<std::size_t>(line.data() - file.text().data()) + column;
  return std::string(text).erase(begin, width);
}

}  // namespace slod::config

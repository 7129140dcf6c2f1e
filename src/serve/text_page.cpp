#include "serve/text_page.h"

#include <algorithm>

namespace slod::serve {

void TextBuffer::grow(std::size_t size) {
  constexpr std::size_t kLeast = 4096;
  const std::size_t capacity = std::max({kLeast, capacity_ * 2, size_ + size});
  auto bytes = std::make_unique_for_overwrite<char[]>(capacity);
  if (size_ > 0) std::memcpy(bytes.get(), bytes_.get(), size_);
  bytes_ = std::move(bytes);
  capacity_ = capacity;
}

char* put_number(char* at, double value) {
  constexpr double kAllExact = 1e15;  // every integer below is one double, and no text of it is shorter
  if (std::abs(value) < kAllExact && value == std::trunc(value))
    return std::to_chars(at, at + kLongestNumber, static_cast<std::int64_t>(value)).ptr;
  if (std::isnan(value)) return put(at, "NaN");
  if (std::isinf(value)) return put(at, value > 0 ? "+Inf" : "-Inf");
  return std::to_chars(at, at + kLongestNumber, value).ptr;
}

void append_label(std::string& labels, std::string_view key, std::string_view value) {
  if (!labels.empty()) labels += ',';
  labels.append(key).append("=\"");
  const auto is_special = [](char c) { return c == '\n' || c == '\\' || c == '"'; };
  if (std::none_of(value.begin(), value.end(), is_special)) {
    labels.append(value) += '"';
    return;
  }
  for (const char c : value) {
    if (is_special(c)) labels += '\\';
    labels += c == '\n' ? 'n' : c;
  }
  labels += '"';
}

std::string prometheus_name(std::string name) {
  for (char& c : name) {
    const bool allowed =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    if (!allowed) c = '_';
  }
  return name;
}

void TextPage::begin(std::size_t family) {
  families_[family].begun = true;
  order_.push_back(family);
}

void TextPage::clear() {
  for (Family& family : families_) {
    family.lines.clear();
    family.begun = false;
  }
  order_.clear();
}

std::size_t TextPage::size() const {
  constexpr std::size_t kHead = 40;  // "# HELP ", "# TYPE ", blanks and line ends
  std::size_t size = 0;
  for (const std::size_t family : order_) {
    const Head& head = heads_[family];
    size += kHead + 2 * head.name.size() + head.type.size() + head.help.size();
    size += families_[family].lines.text().size();
  }
  return size;
}

void TextPage::append_to(std::string& text) const {
  for (const std::size_t family : order_) {
    const Head& head = heads_[family];
    text.append("# HELP ").append(head.name).append(" ").append(head.help).append("\n");
    text.append("# TYPE ").append(head.name).append(" ").append(head.type).append("\n");
    text.append(families_[family].lines.text());
  }
}

}  // namespace slod::serve

#include "config/utf8.h"

#include <algorithm>
#include <cstdint>

namespace slod::config {

namespace {

unsigned byte_at(std::string_view text, std::size_t i) {
  return static_cast<unsigned char>(text[i]);
}

/// Length of the sequence that a first byte announces; 0: not a first byte.
std::size_t sequence_length(unsigned first) {
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return 2;
  if (first >= 0xE0 && first <= 0xEF) return 3;
  if (first >= 0xF0 && first <= 0xF4) return 4;
  return 0;
}

std::uint32_t code_point(std::string_view sequence) {
  const std::uint32_t first = byte_at(sequence, 0);
  if (sequence.size() == 1) return first;
  std::uint32_t code = first & (0xFFU >> (sequence.size() + 1));
  for (std::size_t i = 1; i < sequence.size(); ++i) code = (code << 6) | (byte_at(sequence, i) & 0x3FU);
  return code;
}

bool well_formed(std::string_view sequence) {
  for (std::size_t i = 1; i < sequence.size(); ++i) {
    if ((byte_at(sequence, i) & 0xC0U) != 0x80U) return false;
  }
  const std::uint32_t code = code_point(sequence);
  if (sequence.size() == 3) return code >= 0x800 && (code < 0xD800 || code > 0xDFFF);
  if (sequence.size() == 4) return code >= 0x10000 && code <= 0x10FFFF;
  return true;
}

bool wide(std::uint32_t c) {
  return (c >= 0x1100 && c <= 0x115F) || (c >= 0x2E80 && c <= 0xA4CF) || (c >= 0xAC00 && c <= 0xD7A3) ||
         (c >= 0xF900 && c <= 0xFAFF) || (c >= 0xFE30 && c <= 0xFE6F) || (c >= 0xFF00 && c <= 0xFF60) ||
         (c >= 0xFFE0 && c <= 0xFFE6) || (c >= 0x1F300 && c <= 0x1FAFF) || (c >= 0x20000 && c <= 0x3FFFD);
}

}  // namespace

std::optional<std::size_t> first_bad_byte(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const unsigned first = byte_at(text, i);
    const bool control = first < 0x20 && first != '\t' && first != '\n' && first != '\r';
    const std::size_t length = sequence_length(first);
    if (control || first == 0x7F || length == 0 || i + length > text.size()) return i;
    if (!well_formed(text.substr(i, length))) return i;
    i += length;
  }
  return std::nullopt;
}

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::size_t terminal_columns(std::string_view text) {
  std::size_t columns = 0;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length =
        std::min(std::max<std::size_t>(1, sequence_length(byte_at(text, i))), text.size() - i);
    columns += wide(code_point(text.substr(i, length))) ? 2 : 1;
    i += length;
  }
  return columns;
}

}  // namespace slod::config

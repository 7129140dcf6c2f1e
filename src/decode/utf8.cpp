#include "decode/utf8.h"

#include <algorithm>
#include <cstdint>

#include "slod/decode/utf8.h"

namespace slod::decode {
namespace {

constexpr std::size_t kExcerpt = 100;

bool continues(std::string_view text, std::size_t at) {
  return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U;
}

/// Length of the valid character at `at`, or 0: RFC 3629, table 3-7 of the Unicode standard.
std::size_t character_length(std::string_view text, std::size_t at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  if (lead < 0x80) return 1;
  if (lead < 0xC2 || lead > 0xF4 || !continues(text, at + 1)) return 0;
  const auto second = static_cast<unsigned char>(text[at + 1]);
  if (lead < 0xE0) return 2;
  if (!continues(text, at + 2)) return 0;
  if (lead < 0xF0) {
    const bool overlong = lead == 0xE0 && second < 0xA0;
    const bool surrogate = lead == 0xED && second > 0x9F;
    return overlong || surrogate ? 0 : 3;
  }
  if (!continues(text, at + 3)) return 0;
  const bool overlong = lead == 0xF0 && second < 0x90;
  const bool beyond = lead == 0xF4 && second > 0x8F;
  return overlong || beyond ? 0 : 4;
}

bool is_number(std::string_view text) {
  std::size_t i = text.starts_with('-') ? 1 : 0;
  const std::size_t first = i;
  const auto digits = [&] {
    const std::size_t from = i;
    while (i < text.size() && text[i] >= '0' && text[i] <= '9') ++i;
    return i - from;
  };
  const std::size_t whole = digits();
  if (whole == 0 || (whole > 1 && text[first] == '0')) return false;
  if (i < text.size() && text[i] == '.') {
    ++i;
    if (digits() == 0) return false;
  }
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    ++i;
    if (i < text.size() && (text[i] == '+' || text[i] == '-')) ++i;
    if (digits() == 0) return false;
  }
  return i == text.size();
}

/// What nginx writes for a variable of times or lengths: "", "-", or such items joined by ", " or " : ".
bool is_nginx_list(std::string_view run) {
  if (run.empty()) return true;
  for (;;) {
    const std::size_t comma = run.find(", ");
    const std::size_t colon = run.find(" : ");
    const std::size_t end = std::min(comma, colon);
    const std::string_view item = run.substr(0, end);
    if (item != "-" && !is_number(item)) return false;
    if (end == std::string_view::npos) return true;
    run.remove_prefix(end + (comma < colon ? 2 : 3));
  }
}

/// The end of the string whose opening quote is at `at`.
std::size_t string_end(std::string_view json, std::size_t at) {
  for (std::size_t i = at + 1; i < json.size(); ++i) {
    if (json[i] == '\\') {
      ++i;
    } else if (json[i] == '"') {
      return i + 1;
    }
  }
  return json.size();
}

/// What stands between a colon and the next key or end, without the separating comma.
std::string_view bare_run(std::string_view json, std::size_t at) {
  const std::size_t end = std::min(json.find_first_not_of("0123456789.+-eE, :\t", at), json.size());
  std::string_view run = json.substr(at, end - at);
  const auto strip = [&run] {
    while (!run.empty() && (run.back() == ' ' || run.back() == '\t')) run.remove_suffix(1);
  };
  strip();
  if (end < json.size() && json[end] == '"' && run.ends_with(',')) {
    run.remove_suffix(1);
    strip();
  }
  return run;
}

}  // namespace

bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = character_length(text, i);
    if (length == 0) return false;
    i += length;
  }
  return true;
}

std::string replace_invalid_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 8);
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = character_length(text, i);
    out.append(length == 0 ? std::string_view("\xEF\xBF\xBD") : text.substr(i, length));
    i += std::max<std::size_t>(length, 1);
  }
  return out;
}

std::string_view cut_utf8(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return text;
  while (limit > 0 && continues(text, limit)) --limit;
  return text.substr(0, limit);
}

std::string quote_bare_numbers(std::string_view json) {
  std::string out;
  out.reserve(json.size() + 16);
  for (std::size_t i = 0; i < json.size();) {
    if (json[i] == '"') {
      const std::size_t end = string_end(json, i);
      out.append(json.substr(i, end - i));
      i = end;
      continue;
    }
    out.push_back(json[i]);
    if (json[i++] != ':') continue;
    while (i < json.size() && json[i] == ' ') ++i;
    const bool other = i < json.size() && std::string_view("\"{[tfn").find(json[i]) != std::string_view::npos;
    const std::string_view run = bare_run(json, i);
    if (other || is_number(run) || !is_nginx_list(run)) continue;
    out.append("\"").append(run).append("\"");
    i += run.size();
  }
  return out;
}

std::string excerpt_of(std::string_view text) {
  std::string out = replace_invalid_utf8(text.substr(0, kExcerpt + 4));
  out.resize(cut_utf8(out, kExcerpt).size());
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  }
  return out;
}

}  // namespace slod::decode

// Log lines that are not JSON: nginx and Apache "combined", AWS ALB. Each is one scan that puts the named
// parts into the slots that a format maps; names are listed in docs/formats.md. Views into the line. Owned by
// one decoder.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "decode/value.h"
#include "slod/config/config.h"

namespace slod::decode {

class TextFormat {
 public:
  /// Slot i takes the part named paths[i].
  TextFormat(LogFormat::Syntax syntax, const std::vector<FieldPath>& paths);

  /// False: the line is not of this format. Requires: it is padded (lines.h).
  bool parse(std::string_view line);
  [[nodiscard]] std::span<const Value> values() const { return values_; }

 private:
  bool combined(std::string_view line);
  bool take_extra(std::string_view name, std::string_view& rest);
  bool combined_tail(std::string_view rest);
  bool alb(std::string_view line);
  void put(const std::vector<std::size_t>& slots, const Value& value);
  void put_extra(std::string_view name, std::string_view text) { put(extra_slots(name), text_value(text)); }
  const std::vector<std::size_t>& extra_slots(std::string_view name);
  [[nodiscard]] std::vector<std::size_t> slots_of(std::string_view name) const;

  LogFormat::Syntax syntax_;
  std::vector<FieldPath> names_;
  std::vector<Value> values_;
  std::vector<std::vector<std::size_t>> known_, alb_;  ///< slots by known part, by ALB field
  /// Words that stood behind the known parts, in the order in which they were first seen: the next line has
  /// them in that order, too.
  struct Extra {
    std::string name;
    std::vector<std::size_t> slots;
  };
  std::vector<Extra> extras_;
  std::size_t next_extra_ = 0;
};

}  // namespace slod::decode

// JSON documents: a walk of our own over the usual line (line_walk.h), and simdjson's parser for whatever
// that leaves. parse_many would not do: in simdjson 3.0.1 it yields nothing for a batch with one line of
// invalid UTF-8, drops all that follows a malformed line, does not see where a line ends, and copies every
// value. The one place that runs simdjson. Owned by one decoder.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "decode/field_tree.h"
#include "slod/decode/decoder.h"

namespace slod::decode {

/// Longer records are rejected unread.
inline constexpr std::size_t kMaxRecord = 64 * 1024;
inline constexpr std::size_t kMaxDepth = 32;

/// Receives the lines of a block in order. False: stop.
class LineSink {
 public:
  virtual ~LineSink() = default;
  /// The line is one good object; its fields have been put into the tree's values().
  virtual bool on_document(std::string_view line) = 0;
  /// A line that many() does not judge: to be read with one().
  virtual bool on_other(std::string_view line) = 0;
};

class JsonParser {
 public:
  JsonParser();
  ~JsonParser();
  JsonParser(const JsonParser&) = delete;
  JsonParser& operator=(const JsonParser&) = delete;

  /// Hands out every line of `lines` that is not blank, without the blanks around it. Views live until the
  /// next line. False: the sink asked to stop. The sink may call one().
  bool many(std::string_view lines, FieldTree& tree, LineSink& sink);

  /// One document of at most kMaxRecord bytes. kNone, kMalformed, kUtf8 or kNotAnObject.
  Reject one(std::string_view document, FieldTree& tree);
  /// The same, by simdjson's parser alone.
  Reject parsed(std::string_view document, FieldTree& tree);

  [[nodiscard]] static bool is_utf8(std::string_view text);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace slod::decode

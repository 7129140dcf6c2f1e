// The one place that runs simdjson: a block of NDJSON lines through parse_many, or one document.
// simdjson 3.0.1's parse_many yields nothing for a batch with one line of invalid UTF-8, drops all that
// follows a malformed line, and does not see where a line ends; so each document is held against its line,
// and from the first line that differs on the caller gets the lines as they are. Owned by one decoder.
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

/// Receives documents whose fields have been put into a tree's values(). False: stop.
class DocumentSink {
 public:
  virtual ~DocumentSink() = default;
  virtual bool on_document(std::string_view text) = 0;
};

class JsonParser {
 public:
  JsonParser();
  ~JsonParser();
  JsonParser(const JsonParser&) = delete;
  JsonParser& operator=(const JsonParser&) = delete;

  struct Progress {
    std::size_t consumed = 0;  ///< bytes of whole lines that were handed out
    bool stopped = false;      ///< the sink asked to stop
  };
  /// Hands out the lines at the front of `lines` (at most kMaxBlock bytes) up to the first that is not
  /// exactly one good object. `readable` bytes from lines.data() may be read (the block's neighbours): what
  /// lets it parse in place.
  Progress many(std::string_view lines, std::size_t readable, FieldTree& tree, DocumentSink& sink);
  static constexpr std::size_t kMaxBlock = 2 * kMaxRecord;

  /// One document of at most kMaxRecord bytes. kNone, kMalformed, kUtf8 or kNotAnObject.
  Reject one(std::string_view document, FieldTree& tree);

  [[nodiscard]] static bool is_utf8(std::string_view text);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace slod::decode

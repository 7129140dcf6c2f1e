// JSON records out of blocks of lines and bodies of any shape: the fast path, and for what it does not take
// the careful one, line by line, with the repairs that real proxies make necessary. Owned by one decoder.
#pragma once

#include <string>
#include <string_view>

#include "decode/json_parser.h"

namespace slod::decode {

/// Receives records in order; false: stop.
class RecordSink {
 public:
  virtual ~RecordSink() = default;
  /// The fields of a readable record have been put into the tree's values().
  virtual bool on_document(std::string_view text) = 0;
  virtual bool on_unreadable(std::string_view text, Reject why) = 0;
};

class JsonRecords {
 public:
  explicit JsonRecords(JsonParser& parser) : parser_(parser) {}

  /// `skip_prefix`: the JSON begins at the line's first '{' (a syslog header precedes it).
  void lines(std::string_view block, FieldTree& tree, RecordSink& sink, bool skip_prefix = false);
  /// False: the body itself is broken and nothing was handed out.
  bool body(std::string_view bytes, FieldTree& tree, RecordSink& sink, bool skip_prefix = false);
  /// One document, repaired where possible: kNone, or why not.
  Reject one(std::string_view text, FieldTree& tree);

 private:
  class Lines;
  bool line(std::string_view text, FieldTree& tree, RecordSink& sink);
  bool record(std::string_view text, FieldTree& tree, RecordSink& sink);
  /// Lines with a syslog header.
  void prefixed(std::string_view block, FieldTree& tree, RecordSink& sink);

  JsonParser& parser_;
  std::string repaired_;
};

}  // namespace slod::decode

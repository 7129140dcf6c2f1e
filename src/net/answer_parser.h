// A server's answer, read as its bytes come, with a cap on the body. Thread: its owner's.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "slod/core/result.h"
#include "slod/net/http_client.h"

namespace slod::net {

class AnswerParser {
 public:
  /// `head_only`: the request was HEAD, the answer has no body whatever it says.
  AnswerParser(std::size_t max_body, bool head_only);
  ~AnswerParser();

  /// The next bytes of the stream. Interim answers (1xx) are skipped.
  Status feed(std::string_view bytes);
  /// The stream has ended: right for an answer without length, an error for any other.
  Status end();
  [[nodiscard]] bool done() const;
  [[nodiscard]] bool keep_alive() const;
  /// Requires: done().
  [[nodiscard]] ClientResponse take();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace slod::net

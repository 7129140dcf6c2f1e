// `Authorization: Bearer`: compared as digests in constant time, so that neither length nor prefix of the
// token shows in how long the answer takes. Immutable; any thread.
#pragma once

#include <array>
#include <string_view>

namespace slod::source {

class BearerToken {
 public:
  explicit BearerToken(std::string_view secret);
  /// `authorization`: the field's value, as sent.
  [[nodiscard]] bool matches(std::string_view authorization) const;

 private:
  using Sha256 = std::array<unsigned char, 32>;
  static Sha256 hash(std::string_view text);
  Sha256 expected_;
};

}  // namespace slod::source

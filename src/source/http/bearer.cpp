#include "source/http/bearer.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <strings.h>

namespace slod::source {

namespace {

constexpr std::string_view kScheme = "bearer ";

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

}  // namespace

BearerToken::Sha256 BearerToken::hash(std::string_view text) {
  Sha256 out{};
  ::SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), out.data());
  return out;
}

BearerToken::BearerToken(std::string_view secret) : expected_(hash(secret)) {}

bool BearerToken::matches(std::string_view authorization) const {
  if (authorization.size() <= kScheme.size()) return false;
  if (::strncasecmp(authorization.data(), kScheme.data(), kScheme.size()) != 0) return false;
  const Sha256 given = hash(trimmed(authorization.substr(kScheme.size())));
  return ::CRYPTO_memcmp(given.data(), expected_.data(), given.size()) == 0;
}

}  // namespace slod::source

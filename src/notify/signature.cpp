#include "signature.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>

namespace slod::notify {
namespace {

std::string decode_base64(const std::string& text) {
  std::string bytes(text.size() / 4 * 3 + 3, '\0');
  const int length =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                      reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  if (length < 0) return text;
  std::size_t size = static_cast<std::size_t>(length);
  for (std::size_t i = text.size(); i > 0 && text[i - 1] == '=' && size > 0; --i) --size;
  bytes.resize(size);
  return bytes;
}

std::string encode_base64(const unsigned char* bytes, unsigned length) {
  std::string text((length + 2) / 3 * 4 + 1, '\0');
  const int size =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes, static_cast<int>(length));
  text.resize(static_cast<std::size_t>(size));
  return text;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> webhook_signature(const std::string& secret,
                                                                   const std::string& id, Time at,
                                                                   const std::string& body) {
  constexpr std::string_view kPrefix = "whsec_";
  const std::string key = secret.starts_with(kPrefix) ? decode_base64(secret.substr(kPrefix.size())) : secret;
  const std::string timestamp = std::to_string(nanos(at) / 1'000'000'000);
  const std::string message = id + "." + timestamp + "." + body;
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(message.data()), message.size(), digest.data(), &length);
  return {{"webhook-id", id},
          {"webhook-timestamp", timestamp},
          {"webhook-signature", "v1," + encode_base64(digest.data(), length)}};
}

}  // namespace slod::notify

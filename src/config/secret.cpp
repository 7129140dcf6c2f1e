#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>

#include "slod/config/load.h"

namespace slod::config {

namespace {

constexpr std::size_t kLongestSecret = 64U << 10;

Result<std::string> from_file(const std::string& path) {
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  if (!in) return Error{"secret file \"" + path + "\" cannot be read: " + std::strerror(errno)};
  std::string text(kLongestSecret + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad()) return Error{"secret file \"" + path + "\" cannot be read: " + std::strerror(errno)};
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > kLongestSecret) return Error{"secret file \"" + path + "\" is larger than 64 KiB"};
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  if (text.empty()) return Error{"secret file \"" + path + "\" is empty, or cannot be read"};
  return text;
}

}  // namespace

Result<std::string> read_secret(const Secret& secret) {
  if (!secret.file.empty()) return from_file(secret.file);
  if (secret.env.empty()) return Error{"no secret is configured; write { file: PATH } or { env: NAME }"};
  const char* value = std::getenv(secret.env.c_str());
  if (value == nullptr) {
    return Error{"the environment variable " + secret.env + ", which holds a secret, is not set"};
  }
  if (*value == '\0') {
    return Error{"the environment variable " + secret.env + ", which holds a secret, is empty"};
  }
  return std::string(value);
}

}  // namespace slod::config

#include "route/user_hash.h"

#include <bit>

#include "slod/core/hash.h"

namespace slod::route {
namespace {

struct State {
  std::uint64_t v0, v1, v2, v3;

  void round() {
    v0 += v1;
    v1 = std::rotl(v1, 13) ^ v0;
    v0 = std::rotl(v0, 32);
    v2 += v3;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 += v3;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 += v1;
    v1 = std::rotl(v1, 17) ^ v2;
    v2 = std::rotl(v2, 32);
  }
  void word(std::uint64_t m) {
    v3 ^= m;
    round();
    round();
    v0 ^= m;
  }
};

}  // namespace

std::uint64_t siphash24(std::string_view bytes, std::uint64_t k0, std::uint64_t k1) {
  State state{k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d, k0 ^ 0x6c7967656e657261,
              k1 ^ 0x7465646279746573};
  std::size_t at = 0;
  for (; at + 8 <= bytes.size(); at += 8) state.word(load_word(bytes.data() + at, 8));
  const std::uint64_t length = bytes.size() & 0xFFU;
  state.word(length << 56U | load_word(bytes.data() + at, bytes.size() - at));
  state.v2 ^= 0xFF;
  for (int i = 0; i < 4; ++i) state.round();
  return state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
}

std::uint64_t user_hash(std::string_view user, std::uint64_t key) {
  if (user.empty()) return 0;
  const std::uint64_t hash = siphash24(user, key, mix64(key ^ 0xa0761d6478bd642f, 0xe7037ed1a0b428db));
  return hash != 0 ? hash : 1;
}

}  // namespace slod::route

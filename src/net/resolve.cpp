#include "net/resolve.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>

#include <array>
#include <cstring>
#include <memory>
#include <mutex>

namespace slod::net {

namespace {

struct Range {
  std::uint32_t base;
  int bits;
};

// IANA's special-purpose registry, RFC 6890 and what followed.
constexpr std::array<Range, 14> kNotPublicV4 = {{
    {0x00000000, 8},
    {0x0A000000, 8},
    {0x64400000, 10},
    {0x7F000000, 8},
    {0xA9FE0000, 16},
    {0xAC100000, 12},
    {0xC0000000, 24},
    {0xC0000200, 24},
    {0xC0A80000, 16},
    {0xC6120000, 15},
    {0xC6336400, 24},
    {0xCB007100, 24},
    {0xE0000000, 4},
    {0xF0000000, 4},
}};

bool v4_is_public(std::uint32_t ip) {
  for (const Range& range : kNotPublicV4) {
    if ((ip ^ range.base) >> (32 - range.bits) == 0) return false;
  }
  return true;
}

std::uint32_t big_endian(const std::uint8_t* b) {
  return std::uint32_t{b[0]} << 24 | std::uint32_t{b[1]} << 16 | std::uint32_t{b[2]} << 8 | b[3];
}

bool v6_is_public(const in6_addr& address) {
  const std::uint8_t* b = address.s6_addr;
  static constexpr std::array<std::uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  static constexpr std::array<std::uint8_t, 12> kNat64 = {0, 0x64, 0xff, 0x9b};
  if (std::memcmp(b, kMapped.data(), 12) == 0 || std::memcmp(b, kNat64.data(), 12) == 0) {
    return v4_is_public(big_endian(b + 12));
  }
  if (b[0] == 0x20 && b[1] == 0x02) return v4_is_public(big_endian(b + 2));  // 6to4
  return (b[0] & 0xe0) == 0x20;  // 2000::/3 is all that is routed; ULA, link-local, ::1 are outside
}

/// A look-up in the C library's hands: it may outlive the caller, so it owns everything that it touches.
struct Lookup {
  std::string host;
  std::string service;
  addrinfo hints{};
  gaicb request{};
  ~Lookup() {
    if (request.ar_result != nullptr) ::freeaddrinfo(request.ar_result);
  }
};

/// Look-ups that were still busy at their deadline, freed by a later call once they have ended.
class Abandoned {
 public:
  void add(std::unique_ptr<Lookup> lookup) {
    const std::lock_guard lock(mutex_);
    lookups_.push_back(std::move(lookup));
  }
  void sweep() {
    const std::lock_guard lock(mutex_);
    std::erase_if(lookups_,
                  [](const auto& lookup) { return ::gai_error(&lookup->request) != EAI_INPROGRESS; });
  }

 private:
  std::mutex mutex_;  // guards lookups_
  std::vector<std::unique_ptr<Lookup>> lookups_;
};

Abandoned& abandoned() {
  // NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables)
  static auto* const kForever = new Abandoned;  // never destroyed: the resolver's threads may outlive main
  return *kForever;
}

timespec remaining(Deadline deadline) {
  const auto left =
      std::max(deadline - std::chrono::steady_clock::now(), std::chrono::steady_clock::duration(0));
  const auto whole = std::chrono::duration_cast<std::chrono::seconds>(left);
  return {whole.count(), std::chrono::nanoseconds(left - whole).count()};
}

std::vector<Address> addresses_of(const addrinfo* list) {
  std::vector<Address> out;
  for (const addrinfo* a = list; a != nullptr; a = a->ai_next) {
    if (a->ai_family != AF_INET && a->ai_family != AF_INET6) continue;
    Address address;
    std::memcpy(&address.storage, a->ai_addr, a->ai_addrlen);
    address.size = a->ai_addrlen;
    out.push_back(address);
  }
  return out;
}

/// An address written out needs no look-up and no other thread.
std::vector<Address> literal(const Lookup& lookup) {
  addrinfo hints = lookup.hints;
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  addrinfo* list = nullptr;
  if (::getaddrinfo(lookup.host.c_str(), lookup.service.c_str(), &hints, &list) != 0) return {};
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(list, &::freeaddrinfo);
  return addresses_of(list);
}

}  // namespace

std::string Address::text() const {
  std::array<char, NI_MAXHOST> host{};
  std::array<char, NI_MAXSERV> service{};
  if (::getnameinfo(reinterpret_cast<const sockaddr*>(&storage), size, host.data(), host.size(),
                    service.data(), service.size(), NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
    return "?";
  }
  const bool v6 = storage.ss_family == AF_INET6;
  return (v6 ? "[" : "") + std::string(host.data()) + (v6 ? "]:" : ":") + service.data();
}

bool Address::is_public() const {
  if (storage.ss_family == AF_INET) {
    return v4_is_public(ntohl(reinterpret_cast<const sockaddr_in*>(&storage)->sin_addr.s_addr));
  }
  return v6_is_public(reinterpret_cast<const sockaddr_in6*>(&storage)->sin6_addr);
}

Result<std::vector<Address>> resolve(const std::string& host, std::uint16_t port, Deadline deadline) {
  abandoned().sweep();
  auto lookup = std::make_unique<Lookup>();
  lookup->host = host;
  lookup->service = std::to_string(port);
  lookup->hints.ai_socktype = SOCK_STREAM;
  lookup->hints.ai_family = AF_UNSPEC;
  if (auto found = literal(*lookup); !found.empty()) return found;

  lookup->request.ar_name = lookup->host.c_str();
  lookup->request.ar_service = lookup->service.c_str();
  lookup->request.ar_request = &lookup->hints;
  std::array<gaicb*, 1> list = {&lookup->request};
  if (const int fault = ::getaddrinfo_a(GAI_NOWAIT, list.data(), 1, nullptr); fault != 0) {
    return Error{std::string("look up ") + host + ": " + ::gai_strerror(fault)};
  }
  while (::gai_error(&lookup->request) == EAI_INPROGRESS && std::chrono::steady_clock::now() < deadline) {
    const timespec wait = remaining(deadline);
    ::gai_suspend(list.data(), 1, &wait);
  }
  const int state = ::gai_error(&lookup->request);
  if (state == EAI_INPROGRESS) {
    if (::gai_cancel(&lookup->request) != EAI_CANCELED) abandoned().add(std::move(lookup));
    return Error{"look up " + host + ": timed out"};
  }
  if (state != 0) return Error{"look up " + host + ": " + ::gai_strerror(state)};
  auto found = addresses_of(lookup->request.ar_result);
  if (found.empty()) return Error{"look up " + host + ": no address"};
  return found;
}

}  // namespace slod::net

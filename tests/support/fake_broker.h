// A broker that only remembers what it was sent: accepts one connection after the other on a loopback port,
// answers CONNECT and SUBSCRIBE with success, and keeps every packet's bytes. For asserting what is on the
// wire.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace slod::test {

struct MqttPacket {
  int type = 0;      ///< 1 CONNECT, 4 PUBACK, 8 SUBSCRIBE, ...
  std::string body;  ///< after the fixed header
};

class FakeBroker {
 public:
  FakeBroker() {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* any = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener_, any, length) != 0 || ::listen(listener_, 4) != 0) std::abort();
    ::getsockname(listener_, any, &length);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { run(); });
  }
  ~FakeBroker() {
    stopping_ = true;
    thread_.join();
    ::close(listener_);
  }
  FakeBroker(const FakeBroker&) = delete;
  FakeBroker& operator=(const FakeBroker&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::vector<MqttPacket> packets(int type) {
    const std::lock_guard lock(mutex_);
    std::vector<MqttPacket> found;
    for (const MqttPacket& packet : packets_) {
      if (packet.type == type) found.push_back(packet);
    }
    return found;
  }
  /// Ends the present connection, as a network would.
  void drop() { drop_ = true; }

 private:
  void run() {
    while (!stopping_) {
      pollfd waiting{listener_, POLLIN, 0};
      if (::poll(&waiting, 1, 20) <= 0) continue;
      const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      drop_ = false;
      serve(fd);
      ::close(fd);
    }
  }
  void serve(int fd) {
    std::string bytes;
    char chunk[4096];
    while (!stopping_ && !drop_) {
      pollfd waiting{fd, POLLIN, 0};
      if (::poll(&waiting, 1, 20) <= 0) continue;
      const ssize_t got = ::recv(fd, chunk, sizeof chunk, 0);
      if (got <= 0) return;
      bytes.append(chunk, static_cast<std::size_t>(got));
      while (take(bytes, fd)) {
      }
    }
  }
  bool take(std::string& bytes, int fd) {
    std::size_t length = 0;
    std::size_t at = 1;
    for (unsigned shift = 0;; shift += 7) {
      if (at >= bytes.size()) return false;
      const auto digit = static_cast<unsigned char>(bytes[at++]);
      length |= static_cast<std::size_t>(digit & 0x7f) << shift;
      if ((digit & 0x80) == 0) break;
    }
    if (bytes.size() < at + length) return false;
    MqttPacket packet{static_cast<unsigned char>(bytes[0]) >> 4, bytes.substr(at, length)};
    bytes.erase(0, at + length);
    answer(packet, fd);
    const std::lock_guard lock(mutex_);
    packets_.push_back(std::move(packet));
    return true;
  }
  static void answer(const MqttPacket& packet, int fd) {
    std::string reply;
    if (packet.type == 1) reply = std::string("\x20\x03\x00\x00\x00", 5);
    if (packet.type == 8)
      reply = std::string("\x90\x04", 2) + packet.body.substr(0, 2) + std::string("\x00\x01", 2);
    if (packet.type == 12) reply = std::string("\xd0\x00", 2);
    if (!reply.empty()) [[maybe_unused]]
      const ssize_t sent = ::send(fd, reply.data(), reply.size(), MSG_NOSIGNAL);
  }

  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<bool> stopping_{false}, drop_{false};
  std::mutex mutex_;
  std::vector<MqttPacket> packets_;
  std::thread thread_;
};

}  // namespace slod::test

// A client that says exactly the bytes it is told, for requests that no HTTP library would send.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace slod::test {

class RawClient {
 public:
  explicit RawClient(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
  }
  ~RawClient() { close(); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  [[nodiscard]] bool connected() const { return connected_; }
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  /// False: the server has closed. Never more than a second on one write.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }
  /// Everything up to the server's end of the stream, at most `wait`.
  std::string read_all(std::chrono::milliseconds wait = std::chrono::seconds(5)) {
    const auto end = std::chrono::steady_clock::now() + wait;
    while (more(end)) {
    }
    return std::move(got_);
  }
  /// One answer with Content-Length (or without body): header and body.
  std::string read_answer(bool head_only = false, std::chrono::milliseconds wait = std::chrono::seconds(5)) {
    const auto end = std::chrono::steady_clock::now() + wait;
    while (true) {
      const std::size_t head = got_.find("\r\n\r\n");
      if (head != std::string::npos) {
        const std::size_t size = head + 4 + (head_only ? 0 : length_of(got_.substr(0, head)));
        if (got_.size() >= size) {
          std::string answer = got_.substr(0, size);
          got_.erase(0, size);
          return answer;
        }
      }
      if (!more(end)) return std::move(got_);
    }
  }
  /// True once the server has closed.
  bool closed_within(std::chrono::milliseconds wait) {
    const auto end = std::chrono::steady_clock::now() + wait;
    while (more(end)) {
    }
    return ended_;
  }

 private:
  static std::size_t length_of(const std::string& head) {
    const std::size_t at = head.find("Content-Length: ");
    return at == std::string::npos ? 0 : std::strtoul(head.c_str() + at + 16, nullptr, 10);
  }
  bool more(std::chrono::steady_clock::time_point end) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    pollfd waiting{fd_, POLLIN, 0};
    if (left.count() <= 0 || ::poll(&waiting, 1, static_cast<int>(left.count())) <= 0) return false;
    std::array<char, 65536> block;
    const ssize_t n = ::recv(fd_, block.data(), block.size(), 0);
    ended_ = n <= 0;
    if (ended_) return false;
    got_.append(block.data(), static_cast<std::size_t>(n));
    return true;
  }

  int fd_;
  bool connected_ = false;
  bool ended_ = false;
  std::string got_;
};

inline int status_of(std::string_view answer) {
  return answer.size() > 12 ? std::atoi(std::string(answer.substr(9, 3)).c_str()) : 0;
}

}  // namespace slod::test

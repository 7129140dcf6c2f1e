#include "source/syslog/datagram_socket.h"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace slod::source {
namespace {

constexpr int kReceiveBuffer = 8 * 1024 * 1024;

Error failed(const std::string& what) {
  return Error{what + ": " + std::strerror(errno)};
}

/// As much room in the kernel as it gives.
void prepare(int file) {
  const int on = 1;
  ::setsockopt(file, SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof on);
  if (::setsockopt(file, SOL_SOCKET, SO_RCVBUFFORCE, &kReceiveBuffer, sizeof kReceiveBuffer) != 0)
    ::setsockopt(file, SOL_SOCKET, SO_RCVBUF, &kReceiveBuffer, sizeof kReceiveBuffer);
}

Result<int> open_udp(const ListenAddress& address) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_DGRAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const std::string shown = "udp://" + address.host + ":" + std::to_string(address.port);
  const int code = ::getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &found);
  if (code != 0) return Error{"listen on " + shown + ": " + ::gai_strerror(code)};
  const int file = ::socket(found->ai_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const bool bound = file >= 0 && ::bind(file, found->ai_addr, found->ai_addrlen) == 0;
  ::freeaddrinfo(found);
  if (bound) return file;
  Error error = failed("listen on " + shown);
  if (errno == EADDRINUSE) error.message += "; another program (a syslog daemon?) has this port";
  if (file >= 0) ::close(file);
  return error;
}

Result<sockaddr_un> unix_address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return Error{"unix://" + path + ": the path is too long"};
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

/// Removes a socket that nobody listens on. False: somebody does.
bool remove_stale(const sockaddr_un& address) {
  struct stat info {};
  if (::stat(address.sun_path, &info) != 0 || !S_ISSOCK(info.st_mode)) return true;
  const int probe = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const bool alive = ::connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(probe);
  if (!alive) ::unlink(address.sun_path);
  return !alive;
}

Result<int> open_unix(const std::string& path) {
  const auto address = unix_address(path);
  if (!address) return address.error();
  if (!remove_stale(*address)) return Error{"listen on unix://" + path + ": another program listens on it"};
  const int file = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  constexpr mode_t kEverybody = 0666;  // a proxy's workers have another user
  if (file >= 0 && ::bind(file, reinterpret_cast<const sockaddr*>(&*address), sizeof *address) == 0 &&
      ::chmod(path.c_str(), kEverybody) == 0)
    return file;
  const Error error = failed("listen on unix://" + path);
  if (file >= 0) ::close(file);
  return error;
}

}  // namespace

Result<DatagramSocket> DatagramSocket::open(const SourceConfig& source) {
  auto file = source.path.empty() ? open_udp(source.udp) : open_unix(source.path);
  if (!file) return file.error();
  prepare(*file);
  return DatagramSocket(*file, source.path);
}

DatagramSocket::DatagramSocket(int file, std::string path)
    : file_(file), path_(std::move(path)), buffer_(kMost, '\0') {}
DatagramSocket::DatagramSocket(DatagramSocket&& other) noexcept
    : file_(std::exchange(other.file_, -1)),
      path_(std::move(other.path_)),
      buffer_(std::move(other.buffer_)),
      dropped_ever_(other.dropped_ever_),
      told_(other.told_) {}
DatagramSocket::~DatagramSocket() {
  if (file_ < 0) return;
  ::close(file_);
  if (!path_.empty()) ::unlink(path_.c_str());
}

void DatagramSocket::wait(Duration patience) const {
  pollfd readable{file_, POLLIN, 0};
  ::poll(&readable, 1,
         static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(patience).count()));
}

std::optional<DatagramSocket::Datagram> DatagramSocket::read() {
  iovec part{buffer_.data(), buffer_.size()};
  alignas(cmsghdr) std::array<char, 64> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  ssize_t size = 0;
  do {
    size = ::recvmsg(file_, &message, 0);
  } while (size < 0 && errno == EINTR);
  if (size < 0) return std::nullopt;
  note_dropped(message);
  return Datagram{{buffer_.data(), static_cast<std::size_t>(size)}, (message.msg_flags & MSG_TRUNC) != 0};
}

void DatagramSocket::note_dropped(const msghdr& message) {
  msghdr copy = message;
  for (cmsghdr* part = CMSG_FIRSTHDR(&copy); part != nullptr; part = CMSG_NXTHDR(&copy, part)) {
    if (part->cmsg_level == SOL_SOCKET && part->cmsg_type == SO_RXQ_OVFL)
      std::memcpy(&dropped_ever_, CMSG_DATA(part), sizeof dropped_ever_);
  }
}

std::uint32_t DatagramSocket::dropped() {
  return dropped_ever_ - std::exchange(told_, dropped_ever_);
}

}  // namespace slod::source

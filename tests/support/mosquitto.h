// A real broker for tests: mosquitto on a free loopback port, with its persistence in a directory of the
// test's. Owns the process; stops it at the end.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

namespace slod::test {

/// A directory that lives as long as the object.
class TempDir {
 public:
  TempDir() {
    std::string pattern = (std::filesystem::temp_directory_path() / "slod_test_XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// A loopback port that nobody listens on: asked of the kernel, then let go.
inline std::uint16_t free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* any = reinterpret_cast<sockaddr*>(&address);
  if (::bind(fd, any, length) != 0) std::abort();
  ::getsockname(fd, any, &length);
  ::close(fd);
  return ntohs(address.sin_port);
}

inline bool listening(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool yes = ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  ::close(fd);
  return yes;
}

class Mosquitto {
 public:
  /// Not started yet. `extra`: further lines of mosquitto.conf.
  explicit Mosquitto(std::string extra = "") : port_(free_port()), extra_(std::move(extra)) {}
  ~Mosquitto() { stop(); }
  Mosquitto(const Mosquitto&) = delete;
  Mosquitto& operator=(const Mosquitto&) = delete;

  static bool installed() { return ::access(binary(), X_OK) == 0; }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] const std::string& dir() const { return dir_.path(); }

  /// Returns when it accepts connections.
  bool start() {
    write_config();
    pid_ = ::fork();
    if (pid_ == 0) {
      const std::string config = dir_.path() + "/mosquitto.conf";
      ::execl(binary(), "mosquitto", "-c", config.c_str(), static_cast<char*>(nullptr));
      ::_exit(127);
    }
    for (int i = 0; i < 500; ++i) {
      if (listening(port_)) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  }
  /// Orderly: sessions and queues are saved.
  void stop() { end(SIGTERM); }
  /// As a crash: what it had not saved is lost.
  void kill() { end(SIGKILL); }
  /// Stays there and answers nothing, until go_on().
  void hang() const { ::kill(pid_, SIGSTOP); }
  void go_on() const { ::kill(pid_, SIGCONT); }
  /// Sessions, queues and retained messages gone.
  void forget() {
    std::error_code ignored;
    std::filesystem::remove(dir_.path() + "/mosquitto.db", ignored);
  }
  /// What it said.
  [[nodiscard]] std::string log() const {
    std::ifstream in(dir_.path() + "/mosquitto.log");
    return {std::istreambuf_iterator<char>(in), {}};
  }

 private:
  static const char* binary() { return "/usr/sbin/mosquitto"; }
  void write_config() const {
    std::ofstream(dir_.path() + "/mosquitto.conf")
        << "listener " << port_ << " 127.0.0.1\nallow_anonymous true\npersistence true\npersistence_location "
        << dir_.path() << "/\nmax_queued_messages 100000\nlog_dest file " << dir_.path()
        << "/mosquitto.log\nlog_type all\nuser root\n"
        << extra_ << '\n';
  }
  void end(int signal) {
    if (pid_ <= 0) return;
    ::kill(pid_, signal);
    go_on();  // a stopped process ends when it goes on
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }

  TempDir dir_;
  std::uint16_t port_;
  std::string extra_;
  pid_t pid_ = -1;
};

}  // namespace slod::test

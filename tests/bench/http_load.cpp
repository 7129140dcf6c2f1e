// A load generator: N keep-alive connections on loopback, one thread, each posting the next K lines of a log
// as soon as its last request is answered. Prints one line of JSON: lines/s, requests/s, time to answer.
//   http_load PORT PATH LOG LINES_PER_REQUEST CONNECTIONS SECONDS
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::exit(1);
}

/// The log, cut into bodies of so many lines; begins again at its end.
class Bodies {
 public:
  Bodies(const char* path, int lines) {
    std::ifstream file(path, std::ios::binary);
    text_.assign(std::istreambuf_iterator<char>(file), {});
    if (text_.empty()) fail(path);
    std::size_t begin = 0;
    int count = 0;
    for (std::size_t end = text_.find('\n'); end != std::string::npos; end = text_.find('\n', end + 1)) {
      if (++count < lines) continue;
      bodies_.emplace_back(begin, end + 1 - begin);
      begin = end + 1;
      count = 0;
    }
    if (bodies_.empty()) fail("the log has fewer lines than one request");
  }
  std::string_view next() {
    const auto [begin, size] = bodies_[next_];
    next_ = (next_ + 1) % bodies_.size();
    return std::string_view(text_).substr(begin, size);
  }

 private:
  std::string text_;
  std::vector<std::pair<std::size_t, std::size_t>> bodies_;
  std::size_t next_ = 0;
};

struct Load {
  int port = 0;
  std::string path;
  int lines = 0;
  std::vector<double> milliseconds;
  std::uint64_t refused = 0;  // answers that were not 2xx
};

class Connection {
 public:
  explicit Connection(int port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0)
      fail("connect");
    const int on = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  }
  ~Connection() { ::close(socket_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  [[nodiscard]] int socket() const { return socket_; }

  void begin(const Load& load, std::string_view body) {
    head_ = "POST " + load.path +
            " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n";
    body_ = body;
    sent_ = 0;
    answer_.clear();
    begun_ = Clock::now();
    write();
  }
  /// True: all is sent.
  bool write() {
    const std::size_t all = head_.size() + body_.size();
    while (sent_ < all) {
      const std::string_view head = std::string_view(head_).substr(std::min(sent_, head_.size()));
      const std::string_view body = body_.substr(sent_ - std::min(sent_, head_.size()));
      const std::array<iovec, 2> parts{iovec{const_cast<char*>(head.data()), head.size()},
                                       iovec{const_cast<char*>(body.data()), body.size()}};
      msghdr message{};
      message.msg_iov = const_cast<iovec*>(parts.data());
      message.msg_iovlen = parts.size();
      const ssize_t n = ::sendmsg(socket_, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
      if (n < 0 && errno == EAGAIN) return false;
      if (n < 0) fail("send");
      sent_ += static_cast<std::size_t>(n);
    }
    return true;
  }
  /// True: the answer is here. False: nothing more to read for now.
  bool read(Load& load) {
    std::array<char, 16 * 1024> chunk;
    do {
      const ssize_t n = ::recv(socket_, chunk.data(), chunk.size(), MSG_DONTWAIT);
      if (n < 0 && errno == EAGAIN) return false;
      if (n <= 0) fail("the server closed the connection");
      answer_.append(chunk.data(), static_cast<std::size_t>(n));
    } while (!complete());
    if (std::string_view(answer_).substr(9, 1) != "2") ++load.refused;
    load.milliseconds.push_back(std::chrono::duration<double, std::milli>(Clock::now() - begun_).count());
    return true;
  }

 private:
  [[nodiscard]] bool complete() const {
    const std::size_t end = answer_.find("\r\n\r\n");
    if (end == std::string::npos) return false;
    constexpr std::string_view kLength = "\r\nContent-Length: ";
    const std::size_t at = answer_.find(kLength);
    std::size_t length = 0;
    if (at < end) {
      const char* digits = answer_.data() + at + kLength.size();
      std::from_chars(digits, answer_.data() + end, length);
    }
    return answer_.size() >= end + 4 + length;
  }

  int socket_;
  std::string head_;
  std::string_view body_;
  std::size_t sent_ = 0;
  std::string answer_;
  Clock::time_point begun_;
};

double quantile(const std::vector<double>& sorted, double q) {
  if (sorted.empty()) return 0;
  return sorted[std::min(sorted.size() - 1,
                         static_cast<std::size_t>(q * static_cast<double>(sorted.size())))];
}

void watch(int epoll, Connection& connection, std::uint32_t events, int how) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = &connection;
  if (::epoll_ctl(epoll, how, connection.socket(), &event) != 0) fail("epoll_ctl");
}

void run(Load& load, Bodies& bodies, std::size_t connections, double seconds) {
  const int epoll = ::epoll_create1(0);
  std::vector<std::unique_ptr<Connection>> all;
  const auto begin = Clock::now();
  const auto end =
      begin + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  for (std::size_t i = 0; i < connections; ++i) {
    all.push_back(std::make_unique<Connection>(load.port));
    watch(epoll, *all.back(), EPOLLIN | EPOLLOUT | EPOLLET, EPOLL_CTL_ADD);
    all.back()->begin(load, bodies.next());
  }
  std::array<epoll_event, 256> ready;
  for (std::size_t open = connections; open > 0;) {
    const int n = ::epoll_wait(epoll, ready.data(), static_cast<int>(ready.size()), 30'000);
    if (n <= 0) fail("no answer for 30 s");
    for (int i = 0; i < n; ++i) {
      Connection& connection = *static_cast<Connection*>(ready[static_cast<std::size_t>(i)].data.ptr);
      connection.write();
      while (connection.read(load)) {
        if (Clock::now() >= end) {
          ::epoll_ctl(epoll, EPOLL_CTL_DEL, connection.socket(), nullptr);
          --open;
          break;
        }
        connection.begin(load, bodies.next());
      }
    }
  }
  const double took = std::chrono::duration<double>(Clock::now() - begin).count();
  std::sort(load.milliseconds.begin(), load.milliseconds.end());
  const auto requests = static_cast<double>(load.milliseconds.size());
  std::printf(
      "{\"lines_per_s\": %.0f, \"requests_per_s\": %.0f, \"p50_ms\": %.3f, \"p99_ms\": %.3f, "
      "\"requests\": %.0f, \"refused\": %llu, \"seconds\": %.3f}\n",
      requests * load.lines / took, requests / took, quantile(load.milliseconds, 0.5),
      quantile(load.milliseconds, 0.99), requests, static_cast<unsigned long long>(load.refused), took);
  ::close(epoll);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 7) {
    std::fputs("http_load PORT PATH LOG LINES_PER_REQUEST CONNECTIONS SECONDS\n", stderr);
    return 2;
  }
  Load load;
  load.port = std::atoi(argv[1]);
  load.path = argv[2];
  load.lines = std::atoi(argv[4]);
  Bodies bodies(argv[3], load.lines);
  run(load, bodies, static_cast<std::size_t>(std::atoi(argv[5])), std::atof(argv[6]));
  return 0;
}

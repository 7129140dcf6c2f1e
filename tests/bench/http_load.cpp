// A load generator: N keep-alive connections on loopback, one thread, each posting the next K lines of a log
// as soon as its last request is answered; or, with a rate, so many requests a second in all, each on a
// connection that is free, its time counted from when it was due. Prints one line of JSON: lines/s,
// requests/s, time to answer.
//   http_load PORT PATH LOG LINES_PER_REQUEST CONNECTIONS SECONDS [REQUESTS_A_SECOND]
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bench/loopback.h"

namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::exit(1);
}

/// The log, cut into bodies of so many lines; begins again at its end. Each line is sent with the time of
/// now, as a live log is, and from the second pass on with another request id: a duplicate would cost less
/// than a line that counts.
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
    ids_ = places_of("\"request_id\":\"");
    times_ = places_of("\"time\":\"");
    if (bodies_.empty()) fail("the log has fewer lines than one request");
  }
  std::string_view next() {
    const auto [begin, size] = bodies_[next_];
    renew(begin, size);
    if (++next_ == bodies_.size()) {
      next_ = 0;
      ++pass_;
    }
    return std::string_view(text_).substr(begin, size);
  }

 private:
  /// Where the values of a field begin.
  [[nodiscard]] std::vector<std::size_t> places_of(std::string_view field) const {
    std::vector<std::size_t> places;
    for (std::size_t at = text_.find(field); at != std::string::npos; at = text_.find(field, at + 1))
      places.push_back(at + field.size());
    return places;
  }
  void renew(std::size_t begin, std::size_t size) {
    const auto put = [&](const std::vector<std::size_t>& places, std::string_view value) {
      auto at = std::lower_bound(places.begin(), places.end(), begin);
      for (; at != places.end() && *at < begin + size; ++at)
        std::copy(value.begin(), value.end(), &text_[*at]);
    };
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
    std::array<char, 32> text{};
    int size_of_text =
        std::snprintf(text.data(), text.size(), "%lld.%03lld", static_cast<long long>(milliseconds / 1000),
                      static_cast<long long>(milliseconds % 1000));
    put(times_, {text.data(), static_cast<std::size_t>(size_of_text)});
    if (pass_ == 0) return;
    size_of_text = std::snprintf(text.data(), text.size(), "%08x", pass_);
    put(ids_, {text.data(), static_cast<std::size_t>(size_of_text)});
  }

  unsigned pass_ = 0;
  std::vector<std::size_t> ids_, times_;
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
  explicit Connection(int port) : socket_(slod::bench::connect_loopback(port)) {
    if (socket_ < 0) fail("connect");
  }
  ~Connection() { ::close(socket_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  [[nodiscard]] int socket() const { return socket_; }

  /// `due`: when the request should have been sent.
  void begin(const Load& load, std::string_view body, Clock::time_point due) {
    head_ = "POST " + load.path +
            " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n";
    body_ = body;
    sent_ = 0;
    answer_.clear();
    begun_ = due;
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

void watch(int epoll, int descriptor, void* what, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = what;
  if (::epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) != 0) fail("epoll_ctl");
}

/// When requests are due: at once, or at a rate. Rings a timer for those of a rate.
class Schedule {
 public:
  Schedule(double a_second, Clock::time_point begin) : paced_(a_second > 0), due_(begin) {
    if (paced_)
      step_ = std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(1 / a_second));
  }
  ~Schedule() { ::close(timer_); }
  Schedule(const Schedule&) = delete;
  Schedule& operator=(const Schedule&) = delete;
  [[nodiscard]] int timer() const { return timer_; }
  /// False: none is due. Else `due` is when it was.
  bool take(Clock::time_point& due) {
    const auto now = Clock::now();
    if (!paced_) return due = now, true;
    if (due_ > now) return ring(), false;
    due = due_;
    due_ += step_;
    return true;
  }

 private:
  void ring() const {
    const auto at = std::chrono::duration_cast<std::chrono::nanoseconds>(due_.time_since_epoch()).count();
    itimerspec when{};
    when.it_value.tv_sec = at / 1'000'000'000;
    when.it_value.tv_nsec = at % 1'000'000'000;
    ::timerfd_settime(timer_, TFD_TIMER_ABSTIME, &when, nullptr);
  }
  bool paced_;
  Clock::time_point due_;
  Clock::duration step_{0};
  int timer_ = ::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
};

/// The connections that are free, and the round that hears of answers.
class Pool {
 public:
  Pool(int port, std::size_t connections) {
    for (std::size_t i = 0; i < connections; ++i) {
      all_.push_back(std::make_unique<Connection>(port));
      watch(epoll_, all_.back()->socket(), all_.back().get(), EPOLLIN | EPOLLOUT | EPOLLET);
      idle_.push_back(all_.back().get());
    }
  }
  ~Pool() { ::close(epoll_); }
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  void ring_for(const Schedule& schedule) { watch(epoll_, schedule.timer(), nullptr, EPOLLIN | EPOLLET); }
  [[nodiscard]] bool all_idle() const { return idle_.size() == all_.size(); }
  [[nodiscard]] bool any_idle() const { return !idle_.empty(); }
  void send(const Load& load, std::string_view body, Clock::time_point due) {
    idle_.front()->begin(load, body, due);
    idle_.pop_front();
  }
  void hear(Load& load) {
    const int n = ::epoll_wait(epoll_, ready_.data(), static_cast<int>(ready_.size()), 30'000);
    if (n <= 0) fail("no answer for 30 s");
    for (int i = 0; i < n; ++i) {
      if (ready_[static_cast<std::size_t>(i)].data.ptr == nullptr) continue;  // the timer
      Connection& connection = *static_cast<Connection*>(ready_[static_cast<std::size_t>(i)].data.ptr);
      connection.write();
      if (connection.read(load)) idle_.push_back(&connection);
    }
  }

 private:
  int epoll_ = ::epoll_create1(0);
  std::vector<std::unique_ptr<Connection>> all_;
  std::deque<Connection*> idle_;
  std::array<epoll_event, 256> ready_;
};

void run(Load& load, Bodies& bodies, std::size_t connections, double seconds, double rate) {
  Pool pool(load.port, connections);
  // Connections are kept alive: that each is accepted, and has met its first answer, is not what is measured.
  while (pool.any_idle()) pool.send(load, bodies.next(), Clock::now());
  while (!pool.all_idle()) pool.hear(load);
  load.milliseconds.clear();
  const auto begin = Clock::now();
  const auto end =
      begin + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  Schedule schedule(rate, begin);
  pool.ring_for(schedule);
  for (;;) {
    const bool over = Clock::now() >= end;
    if (over && pool.all_idle()) break;
    for (Clock::time_point due; !over && pool.any_idle() && schedule.take(due);) {
      pool.send(load, bodies.next(), due);
    }
    pool.hear(load);
  }
  const double took = std::chrono::duration<double>(Clock::now() - begin).count();
  std::sort(load.milliseconds.begin(), load.milliseconds.end());
  const auto requests = static_cast<double>(load.milliseconds.size());
  std::printf(
      "{\"lines_per_s\": %.0f, \"requests_per_s\": %.0f, \"p50_ms\": %.3f, \"p99_ms\": %.3f, "
      "\"requests\": %.0f, \"refused\": %llu, \"seconds\": %.3f}\n",
      requests * load.lines / took, requests / took, quantile(load.milliseconds, 0.5),
      quantile(load.milliseconds, 0.99), requests, static_cast<unsigned long long>(load.refused), took);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 7 && argc != 8) {
    std::fputs("http_load PORT PATH LOG LINES_PER_REQUEST CONNECTIONS SECONDS [REQUESTS_A_SECOND]\n", stderr);
    return 2;
  }
  Load load;
  load.port = std::atoi(argv[1]);
  load.path = argv[2];
  load.lines = std::atoi(argv[4]);
  Bodies bodies(argv[3], load.lines);
  run(load, bodies, static_cast<std::size_t>(std::atoi(argv[5])), std::atof(argv[6]),
      argc == 8 ? std::atof(argv[7]) : 0);
  return 0;
}

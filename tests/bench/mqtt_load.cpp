// A publisher: one connection to a broker on loopback, MQTT 3.1.1, so many reports of 200 bytes as fast as it
// takes them (QoS 1: at most kWindow unacknowledged). Prints one line of JSON: messages, seconds.
//   mqtt_load PORT MESSAGES QOS DEVICES
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "bench/loopback.h"

namespace {

constexpr std::size_t kPayload = 200;
constexpr std::uint64_t kWindow = 2000;         // unacknowledged messages
constexpr std::size_t kSendAtOnce = 32 * 1024;  // bytes
constexpr int kPatience = 30'000;               // ms without a byte in or out

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::exit(1);
}

void put_text(std::string& out, std::string_view text) {
  out += static_cast<char>(text.size() >> 8);
  out += static_cast<char>(text.size() & 0xff);
  out += text;
}

std::string packet(unsigned char head, std::string_view body) {
  std::string out(1, static_cast<char>(head));
  std::size_t left = body.size();
  do {
    const std::size_t digit = left % 128;
    left /= 128;
    out += static_cast<char>(digit | (left > 0 ? 0x80U : 0U));
  } while (left > 0);
  return out.append(body);
}

/// Report `number`, of exactly kPayload bytes.
std::string report(std::uint64_t number, std::uint64_t devices) {
  std::array<char, kPayload> text{};
  const int size = std::snprintf(
      text.data(), text.size(),
      R"({"battery":%u,"state":"%s","seq":%llu,"boot":1,"lat":35.%06u,"lon":139.%06u,"area":"%s","model":"m%u","fw":"1.2.%u")",
      static_cast<unsigned>(20 + number % 80), number % 4 == 0 ? "riding" : "parked",
      static_cast<unsigned long long>(number / devices), static_cast<unsigned>(number * 7919 % 1'000'000),
      static_cast<unsigned>(number * 104'729 % 1'000'000), number % 3 == 0 ? "osaka" : "shibuya",
      static_cast<unsigned>(number % 3), static_cast<unsigned>(number % 4));
  std::string out(text.data(), static_cast<std::size_t>(size));
  out.append(kPayload - 1 - out.size(), ' ');
  return out += '}';
}

class Broker {
 public:
  explicit Broker(int port) : socket_(slod::bench::connect_loopback(port)) {
    if (socket_ < 0) fail("connect");
    std::string body;
    put_text(body, "MQTT");
    body += std::string("\x04\x02\x00\x00", 4);  // level 4, clean session, no keep-alive
    put_text(body, "mqtt-load");
    out_ = packet(0x10, body);
    while (received_ < 4) turn();
  }
  ~Broker() { ::close(socket_); }
  Broker(const Broker&) = delete;
  Broker& operator=(const Broker&) = delete;

  void publish(std::string_view topic, std::string_view payload, int qos) {
    ++published_;
    std::string body;
    put_text(body, topic);
    if (qos > 0) {
      const auto id = static_cast<std::uint16_t>(1 + published_ % 65'535);
      body += static_cast<char>(id >> 8);
      body += static_cast<char>(id & 0xff);
    }
    body += payload;
    out_ += packet(static_cast<unsigned char>(0x30 | (qos << 1)), body);
    while (out_.size() - sent_ >= kSendAtOnce || (qos > 0 && published_ - acknowledged() >= kWindow)) turn();
  }
  /// Everything is out, and at QoS 1 acknowledged.
  void finish(int qos) {
    while (sent_ < out_.size() || (qos > 0 && acknowledged() < published_)) turn();
    const std::string goodbye = packet(0xe0, "");
    static_cast<void>(::send(socket_, goodbye.data(), goodbye.size(), MSG_NOSIGNAL));
  }

 private:
  /// A CONNACK and each PUBACK is 4 bytes long.
  [[nodiscard]] std::uint64_t acknowledged() const { return received_ / 4 - 1; }
  /// Writes and reads what the socket takes and has; sleeps while it does neither.
  void turn() {
    pollfd ready{socket_, static_cast<short>(sent_ < out_.size() ? POLLIN | POLLOUT : POLLIN), 0};
    if (::poll(&ready, 1, kPatience) <= 0) fail("the broker is silent");
    if ((ready.revents & POLLIN) != 0) read();
    if ((ready.revents & POLLOUT) != 0) write();
  }
  void read() {
    std::array<char, 16 * 1024> chunk;
    const ssize_t n = ::recv(socket_, chunk.data(), chunk.size(), MSG_DONTWAIT);
    if (n == 0) fail("the broker ended the connection");
    if (n < 0 && errno != EAGAIN) fail("recv");
    if (n > 0) received_ += static_cast<std::uint64_t>(n);
  }
  void write() {
    const ssize_t n = ::send(socket_, out_.data() + sent_, out_.size() - sent_, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n < 0 && errno != EAGAIN) fail("send");
    if (n > 0) sent_ += static_cast<std::size_t>(n);
    if (sent_ == out_.size()) {
      out_.clear();
      sent_ = 0;
    }
  }

  int socket_;
  std::string out_;
  std::size_t sent_ = 0;
  std::uint64_t published_ = 0;
  std::uint64_t received_ = 0;  // bytes
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fputs("mqtt_load PORT MESSAGES QOS DEVICES\n", stderr);
    return 2;
  }
  Broker broker(std::atoi(argv[1]));
  const std::uint64_t messages = std::strtoull(argv[2], nullptr, 10);
  const int qos = std::atoi(argv[3]);
  const std::uint64_t devices = std::strtoull(argv[4], nullptr, 10);
  const auto begin = std::chrono::steady_clock::now();
  for (std::uint64_t i = 0; i < messages; ++i) {
    broker.publish("vehicles/v" + std::to_string(i % devices) + "/telemetry", report(i, devices), qos);
  }
  broker.finish(qos);
  const double took = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  std::printf("{\"messages\": %llu, \"seconds\": %.3f}\n", static_cast<unsigned long long>(messages), took);
  return 0;
}

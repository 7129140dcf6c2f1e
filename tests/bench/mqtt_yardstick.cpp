// What the MQTT library alone can do: a subscriber whose callback counts and keeps nothing. Says "ready" when
// it is subscribed; after the last message prints one line of JSON: messages, seconds from the first to the
// last, CPU seconds of the process.
//   mqtt_yardstick PORT MESSAGES QOS
#include <mqtt/async_client.h>
#include <sys/resource.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kPatience = std::chrono::seconds(120);

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

struct Count {
  std::atomic<std::uint64_t> messages{0};
  Clock::time_point first, last;
};

/// The options of slod's own connection.
mqtt::connect_options options() {
  mqtt::connect_options made;
  made.set_mqtt_version(MQTTVERSION_5);
  made.set_clean_start(true);
  mqtt::properties properties;
  properties.add({mqtt::property::RECEIVE_MAXIMUM, 500});
  made.set_properties(properties);
  return made;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fputs("mqtt_yardstick PORT MESSAGES QOS\n", stderr);
    return 2;
  }
  const std::uint64_t expected = std::strtoull(argv[2], nullptr, 10);
  Count count;
  mqtt::async_client client(std::string("tcp://127.0.0.1:") + argv[1], "mqtt-yardstick",
                            mqtt::create_options(MQTTVERSION_5));
  client.set_message_callback([&](const mqtt::const_message_ptr& message) {
    if (!message) return;
    const std::uint64_t number = count.messages.load(std::memory_order_relaxed) + 1;
    if (number == 1) count.first = Clock::now();
    if (number == expected) count.last = Clock::now();
    count.messages.store(number, std::memory_order_release);
  });
  const mqtt::connect_options with = options();
  client.connect(with)->wait();
  client.subscribe("vehicles/+/telemetry", std::atoi(argv[3]))->wait();
  std::puts("ready");
  std::fflush(stdout);
  const double cpu = cpu_seconds();
  const auto end = Clock::now() + kPatience;
  while (count.messages.load(std::memory_order_acquire) < expected && Clock::now() < end)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  const std::uint64_t came = count.messages.load();
  if (came < expected) {
    std::fprintf(stderr, "%llu of %llu messages came\n", static_cast<unsigned long long>(came),
                 static_cast<unsigned long long>(expected));
    return 1;
  }
  std::printf("{\"messages\": %llu, \"seconds\": %.3f, \"cpu\": %.3f}\n",
              static_cast<unsigned long long>(came),
              std::chrono::duration<double>(count.last - count.first).count(), cpu_seconds() - cpu);
  client.disconnect()->wait();
  return 0;
}

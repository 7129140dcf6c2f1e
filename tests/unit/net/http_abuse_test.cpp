// What Beast leaves to the caller (docs: "limits of the listeners"), each with the raw bytes that would do
// the harm, and the clients that take their time.
#include <gmock/gmock.h>

#include <fstream>
#include <thread>

#include "unit/net/echo_server.h"

namespace slod::test {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

struct Refused {
  const char* name;
  std::string bytes;
  int status;
};

std::string post(const std::string& fields, const std::string& body = "") {
  return "POST / HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n" + body;
}

class HttpAbuseTest : public ServerTest, public ::testing::WithParamInterface<Refused> {};

TEST_P(HttpAbuseTest, IsRefusedAndTheConnectionEnds) {
  start();
  // A smuggled second request behind it must never be heard.
  RawClient client(port());
  client.send(GetParam().bytes + "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n");
  const std::string said = client.read_all(milliseconds(1000));
  EXPECT_EQ(status_of(said), GetParam().status) << said;
  EXPECT_THAT(said, HasSubstr("Connection: close"));
  EXPECT_EQ(said.find("smuggled"), std::string::npos);
  EXPECT_EQ(handler_.handled, 0);
}

INSTANTIATE_TEST_SUITE_P(
    Of, HttpAbuseTest,
    ::testing::Values(
        Refused{"HeaderOver8KiB", post("X: " + std::string(9000, 'a') + "\r\n"), 431},
        Refused{"EndlessHeaderLine", "GET /" + std::string(100'000, 'a'), 431},
        Refused{"TooManyFields",
                [] {
                  std::string fields;
                  for (int i = 0; i < 70; ++i) fields += "X" + std::to_string(i) + ": 1\r\n";
                  return post(fields);
                }(),
                431},
        Refused{"LengthAndTransferEncoding",
                post("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), 400},
        Refused{"TwoDifferentLengths", post("Content-Length: 3\r\nContent-Length: 4\r\n", "abcd"), 400},
        Refused{"TwoEqualLengths", post("Content-Length: 3\r\nContent-Length: 3\r\n", "abc"), 400},
        Refused{"LengthList", post("Content-Length: 3, 3\r\n", "abc"), 400},
        Refused{"NegativeLength", post("Content-Length: -1\r\n"), 400},
        Refused{"HugeLength", post("Content-Length: 99999999999999999999999\r\n"), 400},
        Refused{"BareLineFeed", "GET / HTTP/1.1\nHost: x\n\n", 400},
        Refused{"OneBareLineFeed", "GET / HTTP/1.1\r\nHost: x\nX: y\r\n\r\n", 400},
        Refused{"BareCarriageReturn", "GET / HTTP/1.1\r\nHost: x\rX: y\r\n\r\n", 400},
        Refused{"NulInAField", std::string("GET / HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n", 39), 400},
        Refused{"SpaceBeforeColon", "GET / HTTP/1.1\r\nHost: x\r\nX : y\r\n\r\n", 400},
        Refused{"ChunkedThenGzip", post("Transfer-Encoding: chunked, gzip\r\n", "0\r\n\r\n"), 501},
        Refused{"GzipThenChunked", post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"), 501},
        Refused{"TwoTransferEncodings",
                post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), 400},
        Refused{"ObscuredChunked", post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"), 501},
        Refused{"TransferEncodingOnHttp10", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                400},
        Refused{"NoHost", "GET / HTTP/1.1\r\n\r\n", 400},
        Refused{"TwoHosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
        Refused{"FoldedField", "GET / HTTP/1.1\r\nHost: x\r\nX: a\r\n b\r\n\r\n", 400},
        Refused{"Version2", "GET / HTTP/2.0\r\nHost: x\r\n\r\n", 505},
        Refused{"NotHttp", "\x16\x03\x01 hello there\r\n\r\n", 400},
        Refused{"TargetWithoutPath", "GET x HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        Refused{"UnknownExpectation", post("Content-Length: 1\r\nExpect: miracles\r\n"), 417},
        Refused{"BadChunkSize", post("Transfer-Encoding: chunked\r\n", "xyz\r\n"), 400},
        Refused{"EmptyChunkSize", post("Transfer-Encoding: chunked\r\n", "\r\n"), 400},
        Refused{"ChunkLongerThanSaid", post("Transfer-Encoding: chunked\r\n", "2\r\nabc\r\n0\r\n\r\n"), 400},
        Refused{"ChunkSizeEndsWithLineFeed", post("Transfer-Encoding: chunked\r\n", "2\nab\r\n0\r\n\r\n"),
                400},
        Refused{"ChunkSizeOverflow", post("Transfer-Encoding: chunked\r\n", "10000000000000002\r\nab\r\n"),
                400}),
    [](const auto& about) { return std::string(about.param.name); });

std::size_t resident_kib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) return std::strtoul(line.c_str() + 6, nullptr, 10);
  }
  return 0;
}

class HttpPatienceTest : public ServerTest {};

TEST_F(HttpPatienceTest, AFourMegabyteChunkExtensionIsRefusedInBoundedMemory) {
  start();
  const std::string extension(4'000'000, 'e');
  const std::size_t before = resident_kib();
  const std::string said =
      ask(post("Transfer-Encoding: chunked\r\n", "1;x=" + extension), std::chrono::seconds(2));
  EXPECT_EQ(status_of(said), 400);
  EXPECT_LT(resident_kib(), before + 12'000);  // 8 MB are this test's own copies of the request
}

TEST_F(HttpPatienceTest, TwoHundredThousandTrailersAreRefused) {
  start();
  std::string body = "1\r\nx\r\n0\r\n";
  for (int i = 0; i < 200'000; ++i) body += "T: 1\r\n";
  EXPECT_EQ(status_of(ask(post("Transfer-Encoding: chunked\r\n", body + "\r\n"), std::chrono::seconds(2))),
            400);
}

TEST_F(HttpPatienceTest, AHeaderThatNeverEndsIsClosedAtItsDeadlineHoweverItDribbles) {
  net::Limits limits;
  limits.header_time = milliseconds(200);
  start(limits);
  RawClient client(port());
  const auto begin = std::chrono::steady_clock::now();
  client.send("GET / HTTP/1.1\r\nHost: x\r\nX: ");
  while (client.send("a") && std::chrono::steady_clock::now() - begin < std::chrono::seconds(3)) {
    if (client.closed_within(milliseconds(20))) break;
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, milliseconds(1500));
}

TEST_F(HttpPatienceTest, AHeaderThatStopsIsToldThatItWasTooSlow) {
  net::Limits limits;
  limits.header_time = milliseconds(100);
  start(limits);
  EXPECT_EQ(status_of(ask("GET / HTTP/1.1\r\nHo", milliseconds(1000))), 408);
}

TEST_F(HttpPatienceTest, ASlowBodyIsRefusedAtTheDeadlineOfTheWholeBody) {
  net::Limits limits;
  limits.body_time = milliseconds(200);
  start(limits);
  for (const char* framing : {"Content-Length: 1000\r\n", "Transfer-Encoding: chunked\r\n"}) {
    RawClient client(port());
    const auto begin = std::chrono::steady_clock::now();
    client.send(post(framing));
    std::string said;
    while (said.empty() && std::chrono::steady_clock::now() - begin < std::chrono::seconds(3)) {
      if (!client.send(framing[0] == 'C' ? "x" : "1\r\nx\r\n")) break;
      said = client.read_answer(false, milliseconds(20));
    }
    EXPECT_EQ(status_of(said), 408) << framing;
    EXPECT_LT(std::chrono::steady_clock::now() - begin, milliseconds(1500));
  }
  EXPECT_EQ(handler_.handled, 0);
}

TEST_F(HttpPatienceTest, ABodyThatDripsIsRefusedLongBeforeTheDeadlineOfTheWholeBody) {
  net::Limits limits;
  limits.body_grace = milliseconds(200);
  start(limits);
  for (const char* framing : {"Content-Length: 100000\r\n", "Transfer-Encoding: chunked\r\n"}) {
    RawClient client(port());
    const auto begin = std::chrono::steady_clock::now();
    client.send(post(framing));
    std::string said;
    while (said.empty() && std::chrono::steady_clock::now() - begin < std::chrono::seconds(5)) {
      if (!client.send(framing[0] == 'C' ? "xx" : "2\r\nxx\r\n")) break;
      said = client.read_answer(false, milliseconds(20));
    }
    EXPECT_EQ(status_of(said), 408) << framing;
    EXPECT_LT(std::chrono::steady_clock::now() - begin, milliseconds(2500));
  }
}

TEST_F(HttpPatienceTest, ASlowBodyThatKeepsTheRateIsTaken) {
  net::Limits limits;
  limits.body_grace = milliseconds(100);
  start(limits);
  RawClient client(port());
  client.send(post("Content-Length: 4000\r\n"));
  for (int i = 0; i < 20; ++i) {
    client.send(std::string(200, 'x'));
    std::this_thread::sleep_for(milliseconds(60));  // 3 KiB/s
  }
  EXPECT_EQ(status_of(client.read_answer()), 200);
}

TEST_F(HttpPatienceTest, OneAddressHasSoManyConnectionsAndGetsThemBack) {
  net::Limits limits;
  limits.connections_per_address = 3;
  limits.count_loopback = true;
  start(limits);
  const std::string get = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
  {
    std::vector<std::unique_ptr<RawClient>> clients;
    for (int i = 0; i < 3; ++i) {
      clients.push_back(std::make_unique<RawClient>(port()));
      clients.back()->send(get);
      EXPECT_EQ(status_of(clients.back()->read_answer()), 200);
    }
    const std::string said = ask(get);
    EXPECT_EQ(status_of(said), 503);
    EXPECT_THAT(said, HasSubstr("from your address"));
    EXPECT_THAT(said, HasSubstr("Retry-After"));
    EXPECT_EQ(server_->shed(), 1U);
    clients.pop_back();
    int status = 0;
    for (int i = 0; i < 50 && status != 200; ++i) status = status_of(ask(get));
    EXPECT_EQ(status, 200);
  }
}

TEST_F(HttpPatienceTest, LoopbackMayHaveMoreSinceAProxySpeaksForMany) {
  net::Limits limits;
  limits.connections_per_address = 1;
  start(limits);
  RawClient first(port());
  EXPECT_EQ(status_of(ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n")), 200);
}

TEST_F(HttpPatienceTest, AnIdleConnectionIsClosedWithoutAWord) {
  net::Limits limits;
  limits.idle_time = milliseconds(100);
  start(limits);
  RawClient silent(port()), once(port());
  once.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(status_of(once.read_answer()), 200);
  EXPECT_EQ(silent.read_all(milliseconds(1500)), "");
  EXPECT_TRUE(once.closed_within(milliseconds(1500)));
}

TEST_F(HttpPatienceTest, AClientThatNeverReadsItsAnswersDoesNotHoldTheOthers) {
  start({}, 1);
  handler_.on_request = [](net::Request, net::Respond respond) {
    net::Response response;
    response.body = std::string(20'000'000, 'x');
    respond(std::move(response));
  };
  RawClient deaf(port());
  deaf.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  while (handler_.handled == 0) std::this_thread::sleep_for(milliseconds(1));
  handler_.on_request = nullptr;
  EXPECT_EQ(status_of(ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n")), 200);
}

}  // namespace
}  // namespace slod::test

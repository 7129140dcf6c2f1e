// Syslog headers as nginx, HAProxy and glibc write them.
#include <gtest/gtest.h>

#include "source/http/aws_confirmer.h"
#include "source/syslog/header.h"

namespace slod::source {
namespace {

TEST(SyslogHeaderTest, WhatFollowsTheTagIsTheRecord) {
  EXPECT_EQ(without_syslog_header("<190>Nov 22 12:33:05 edge nginx: 1.2.3.4 - - [x]"), "1.2.3.4 - - [x]");
  EXPECT_EQ(without_syslog_header("<190>Nov  2 12:33:05 nginx: a: b"), "a: b");
  EXPECT_EQ(without_syslog_header("<134>Nov 22 12:33:05 haproxy[17]: {\"a\": 1}"), "{\"a\": 1}");
}
TEST(SyslogHeaderTest, WithoutAHeaderTheWholeIsTheRecord) {
  EXPECT_EQ(without_syslog_header("1.2.3.4 - - [22/Nov/2026:12:33:05 +0900] \"GET / HTTP/1.1\" 200 5"),
            "1.2.3.4 - - [22/Nov/2026:12:33:05 +0900] \"GET / HTTP/1.1\" 200 5");
  EXPECT_EQ(without_syslog_header(""), "");
  EXPECT_EQ(without_syslog_header("<"), "<");
  EXPECT_EQ(without_syslog_header("<123456> tag: x"), "<123456> tag: x");
}
TEST(SyslogHeaderTest, AHeaderWithoutATagLosesOnlyItsPriority) {
  EXPECT_EQ(without_syslog_header("<13>plain words"), "plain words");
  EXPECT_EQ(without_syslog_header("<13>"), "");
}

TEST(AwsConfirmerTest, OnlyAddressesOfAwsAreFetched) {
  const auto body = [](const std::string& url) {
    return R"({"arn":"arn:aws:iot","enableUrl" : ")" + url + R"("})";
  };
  EXPECT_EQ(enable_url(body("https:\\/\\/iot.eu-west-1.amazonaws.com\\/confirm?a=b")),
            "https://iot.eu-west-1.amazonaws.com/confirm?a=b");
  EXPECT_EQ(enable_url(body("https://iot.cn-north-1.amazonaws.com.cn")),
            "https://iot.cn-north-1.amazonaws.com.cn");
  for (const char* foreign :
       {"http://iot.eu-west-1.amazonaws.com/x", "https://example.org/", "https://example.org/.amazonaws.com",
        "https://example.org#.amazonaws.com", "https://example.org?.amazonaws.com",
        "https://amazonaws.com.example.org", "https://a@10.0.0.1:1.amazonaws.com",
        "https://u@iot.amazonaws.com", "https://iot.amazonaws.com:8443/", ""})
    EXPECT_EQ(enable_url(body(foreign)), "") << foreign;
  EXPECT_EQ(enable_url(R"({"enableUrl":1})"), "");
  EXPECT_EQ(enable_url(R"({"enableUrl":"https://iot.amazonaws.com)"), "");
}

}  // namespace
}  // namespace slod::source

#include "slod/fleet/registry.h"

#include <gmock/gmock.h>

namespace slod::fleet {
namespace {

using ::testing::HasSubstr;

TEST(RegistryTest, ReadsTheColumnsInAnyOrderAndKeepsTheRestAsLabels) {
  const auto r = parse_registry(
      "\xEF\xBB\xBFmodel,device,state,commissioned_at,decommissioned_at,area,depot\r\n"
      "bike,v1,available,2026-01-31T09:00:00+09:00,2026-03-01,shibuya,\r\n"
      "\r\n"
      "\"e-kick, \"\"S\"\"\",v2,,,,,\"two\nlines\"");
  ASSERT_TRUE(r) << r.error().message;
  ASSERT_EQ(r->size(), 2u);
  const RegistryEntry& v1 = r.value()[0];
  EXPECT_EQ(v1.device, "v1");
  EXPECT_EQ(v1.state, "available");
  EXPECT_EQ(v1.labels, (std::map<std::string, std::string>{{"model", "bike"}, {"area", "shibuya"}}));
  EXPECT_EQ(v1.commissioned_at, parse_rfc3339("2026-01-31T00:00:00Z"));
  EXPECT_EQ(v1.decommissioned_at, parse_rfc3339("2026-03-01T00:00:00Z"));
  const RegistryEntry& v2 = r.value()[1];
  EXPECT_EQ(v2.labels,
            (std::map<std::string, std::string>{{"model", "e-kick, \"S\""}, {"depot", "two\nlines"}}));
  EXPECT_FALSE(v2.commissioned_at);
}

TEST(RegistryTest, NamesEveryFaultWithItsLine) {
  const auto r = parse_registry(
      "device,state,commissioned_at,decommissioned_at\n"
      "v1,available,yesterday,\n"
      "v2,available\n"
      ",available,,\n"
      "v1,available,2026-02-01,2026-01-01\n");
  ASSERT_FALSE(r);
  EXPECT_THAT(r.error().message, HasSubstr("line 2: commissioned_at 'yesterday' is not a time"));
  EXPECT_THAT(r.error().message, HasSubstr("line 3: 2 fields, the header has 4"));
  EXPECT_THAT(r.error().message, HasSubstr("line 4: no device"));
  EXPECT_THAT(r.error().message, HasSubstr("line 5: device 'v1' is already on line 2"));
  EXPECT_THAT(r.error().message, HasSubstr("line 5: decommissioned before it was commissioned"));
}

TEST(RegistryTest, NeedsAHeaderWithADevice) {
  EXPECT_THAT(parse_registry("").error().message, HasSubstr("line 1"));
  EXPECT_THAT(parse_registry("id,state\nv1,a\n").error().message, HasSubstr("no column 'device'"));
  EXPECT_THAT(parse_registry("device,device\n").error().message, HasSubstr("occurs twice"));
  EXPECT_TRUE(parse_registry("device\n"));
}

TEST(RegistryTest, RefusesBrokenQuotes) {
  EXPECT_THAT(parse_registry("device\n\"v1").error().message, HasSubstr("line 2: a quote is not closed"));
  EXPECT_THAT(parse_registry("device\n\"v1\"x\nv2\n").error().message, HasSubstr("line 2: text after"));
}

TEST(RegistryTest, StopsNamingFaultsAtTwenty) {
  std::string text = "device,state\n";
  for (int i = 0; i < 30; ++i) text += "a\n";
  EXPECT_THAT(parse_registry(text).error().message, HasSubstr("and 10 more"));
}

}  // namespace
}  // namespace slod::fleet

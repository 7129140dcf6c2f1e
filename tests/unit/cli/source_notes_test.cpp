#include "cli/source_notes.h"

#include <gtest/gtest.h>

namespace slod::cli {
namespace {

TEST(SourceNotesTest, ASourceThatIsUpAndLosesNothingIsNotMentioned) {
  EXPECT_EQ(
      source_notes(R"({"sources":[{"source":"gateway","received":9,"accepted":7,"ignored":2,"up":true}]})"),
      "");
}

TEST(SourceNotesTest, WhatIsNotUpOrLosesRecordsIsSaidWithItsReasons) {
  EXPECT_EQ(source_notes(R"({"sources":[
              {"source":"fleet","received":0,"up":false,"last_event":null},
              {"source":"edge","received":4,"up":false,"last_event":"2026-11-22T12:00:00Z"},
              {"source":"gateway","received":12,"rejected":3,"rejected_by_reason":{"malformed":2,"missing_status":1},
               "late":1,"shed":4,"up":true}]})"),
            "source fleet: not up, nothing came yet\n"
            "source edge: not up, last event 2026-11-22T12:00:00Z\n"
            "source gateway: of 12 records 3 rejected (malformed 2, missing_status 1); 1 late; 4 shed\n");
}

TEST(SourceNotesTest, DataWithoutSourcesHasNoNotes) {
  EXPECT_EQ(source_notes(R"({"slos":[]})"), "");
}

}  // namespace
}  // namespace slod::cli

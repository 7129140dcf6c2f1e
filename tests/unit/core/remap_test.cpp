#include "slod/core/remap.h"

#include <gtest/gtest.h>

namespace slod {
namespace {

TEST(Remapper, RowsSayTheSameInTheJournalsDictionary) {
  Dictionary global;
  global.intern("something that shifts the ids");
  RecordBatch batch;
  const Label area{batch.dictionary.intern("area"), batch.dictionary.intern("shibuya")};
  ApiRow row;
  row.device = batch.dictionary.intern("scooter-1");
  row.route = batch.dictionary.intern("POST /v1/rides");
  row.labels = batch.dictionary.intern_labels({&area, 1});
  batch.api = {row, row};
  DeviceRow report;
  report.device = row.device;
  report.word = batch.dictionary.intern("riding");
  report.values = batch.dictionary.intern_labels({&area, 1});
  batch.device = {report};

  Remapper remapper;
  std::vector<ApiRow> api;
  std::vector<DeviceRow> device;
  remapper.append(batch, global, api, device);
  remapper.append(batch, global, api, device);

  ASSERT_EQ(api.size(), 4U);
  ASSERT_EQ(device.size(), 2U);
  for (const ApiRow& mapped : api) {
    EXPECT_EQ(global.text(mapped.device), "scooter-1");
    EXPECT_EQ(global.text(mapped.route), "POST /v1/rides");
    EXPECT_EQ(global.text(global.value(mapped.labels, global.find("area"))), "shibuya");
    EXPECT_EQ(mapped.source, 0U);
  }
  EXPECT_EQ(device[1].device, api[0].device);
  EXPECT_EQ(global.text(device[1].word), "riding");
  EXPECT_EQ(device[1].values, api[0].labels);
}

}  // namespace
}  // namespace slod

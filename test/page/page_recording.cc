// Writes a recording for the pages that are drawn of one.
//   hpaplus-page-recording FILE NAME    NAME is the object's
#include <fstream>
#include <iostream>

#include "test/support/recorded_rounds.h"

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: hpaplus-page-recording FILE NAME\n";
    return 64;
  }
  hpaplus::WorkloadSpec spec = hpaplus::testing::CpuSpec();
  spec.name = argv[2];
  spec.period = std::chrono::seconds(15);
  std::ofstream out(argv[1], std::ios::binary);
  out << hpaplus::testing::SegmentOf(hpaplus::testing::RoundsOf(spec, 6 * 3600));
  return out.flush() ? 0 : 1;
}

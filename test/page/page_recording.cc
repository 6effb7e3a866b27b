// Writes a recording for the pages that are drawn of one.
//   hpaplus-page-recording FILE NAME [HOURS]    NAME is the object's; six hours
#include <cstdlib>
#include <fstream>
#include <iostream>

#include "test/support/recorded_rounds.h"

int main(int argc, char** argv) {
  constexpr int kMost = 48;
  const int hours = argc == 4 ? std::atoi(argv[3]) : 6;
  if (argc < 3 || argc > 4 || hours < 1 || hours > kMost) {
    std::cerr << "usage: hpaplus-page-recording FILE NAME [HOURS]\n";
    return 64;
  }
  hpaplus::WorkloadSpec spec = hpaplus::testing::CpuSpec();
  spec.name = argv[2];
  spec.period = std::chrono::seconds(15);
  std::ofstream out(argv[1], std::ios::binary);
  out << hpaplus::testing::SegmentOf(hpaplus::testing::RoundsOf(spec, hours * 3600));
  return out.flush() ? 0 : 1;
}

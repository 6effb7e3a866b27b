// Every type of source keeps the contract of Collector: it has a rig that says so, in one of the
// files of this directory, `kSourceType = "Prometheus"`.

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include <gmock/gmock.h>

#include "collectors/builtin.h"
#include "engine/model/source_type.h"

namespace hpaplus::test {
namespace {

std::set<std::string> TypesWithARig() {
  constexpr std::string_view kMark = "kSourceType = \"";
  std::set<std::string> types;
  for (const auto& entry :
       std::filesystem::directory_iterator(HPAPLUS_SOURCE_DIR "/test/contract")) {
    if (entry.path().filename() == "collector_rigs_test.cc") continue;
    std::stringstream text;
    text << std::ifstream(entry.path()).rdbuf();
    const std::string source = text.str();
    for (std::size_t at = source.find(kMark); at != std::string::npos;
         at = source.find(kMark, at)) {
      at += kMark.size();
      types.insert(source.substr(at, source.find('"', at) - at));
    }
  }
  return types;
}

TEST(CollectorRigs, AreThereForEveryTypeOfSource) {
  CollectorRegistry registry;
  collectors::RegisterBuiltinCollectors(registry);
  const std::vector<std::string> types = registry.Types();
  EXPECT_GE(types.size(), 9U);
  EXPECT_THAT(TypesWithARig(), testing::IsSupersetOf(types));
  for (const std::string& type : types)
    EXPECT_NE(FindSourceType(type), nullptr) << type << " cannot be named in a MetricSource";
}

}  // namespace
}  // namespace hpaplus::test

#include "engine/app/version.h"

#include <nlohmann/json.hpp>

namespace hpaplus::app {
namespace {

#if defined(__clang__)
constexpr const char* kCompiler = "clang " __clang_version__;
#else
constexpr const char* kCompiler = "g++ " __VERSION__;
#endif

}  // namespace

const char* Version() {
  return HPAPLUS_VERSION;
}

std::string VersionText() {
  return std::string("hpaplus ") + HPAPLUS_VERSION + " (" + HPAPLUS_COMMIT + ", " + kCompiler + ")";
}

std::string VersionJson() {
  const nlohmann::ordered_json json = {
      {"schema", "hpaplus.io/v1/version"},
      {"version", HPAPLUS_VERSION},
      {"commit", HPAPLUS_COMMIT},
      {"compiler", kCompiler},
      {"api", {"autoscaling.hpaplus.io/v1alpha1"}},
  };
  return json.dump();
}

}  // namespace hpaplus::app

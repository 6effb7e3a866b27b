#include "engine/base/log.h"

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <string>

#include <nlohmann/json.hpp>
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>

namespace hpaplus {
namespace {

using Json = nlohmann::ordered_json;

std::atomic<LogLevel> lowest_level{LogLevel::kInfo};

struct LevelName {
  spdlog::level::level_enum level;
  const char* name;
};
constexpr std::array<LevelName, 4> kLevels{{{spdlog::level::debug, "debug"},
                                            {spdlog::level::info, "info"},
                                            {spdlog::level::warn, "warning"},
                                            {spdlog::level::err, "error"}}};

// The line's time is spdlog's own: it opens the object, and the message is the rest of it.
constexpr const char* kPattern = R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ",%v)";

spdlog::logger& Logger() {
  // Never destroyed: threads may log until the very end of the process.
  static spdlog::logger* const logger = [] {
    auto sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    auto* made = new spdlog::logger("hpaplus", std::move(sink));
    made->set_formatter(
        std::make_unique<spdlog::pattern_formatter>(kPattern, spdlog::pattern_time_type::utc));
    made->set_level(spdlog::level::trace);  // IsLogged() has decided already.
    return made;
  }();
  return *logger;
}

}  // namespace

void SetLogLevel(LogLevel level) {
  lowest_level.store(level, std::memory_order_relaxed);
}

bool IsLogged(LogLevel level) {
  return level >= lowest_level.load(std::memory_order_relaxed);
}

void Log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
  if (!IsLogged(level)) return;
  const LevelName& name = kLevels[static_cast<std::size_t>(level)];
  Json line = Json::object();
  line["level"] = name.name;
  line["msg"] = message;
  for (const LogField& field : fields) {
    std::visit([&](const auto& value) { line[std::string(field.key)] = value; }, field.value);
  }
  const std::string text = line.dump(-1, ' ', false, Json::error_handler_t::replace);
  const std::string_view after_brace = std::string_view(text).substr(1);
  // As a string view: a line is never a format string.
  Logger().log(name.level, spdlog::string_view_t(after_brace.data(), after_brace.size()));
}

}  // namespace hpaplus

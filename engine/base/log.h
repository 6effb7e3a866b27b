#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <variant>

namespace hpaplus {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

struct LogField {
  std::string_view key;
  std::variant<std::string_view, std::int64_t, double, bool> value;
};

/// Lines below `level` are not written. Default: kInfo. Thread-safe.
void SetLogLevel(LogLevel level);
[[nodiscard]] bool IsLogged(LogLevel level);

/// Writes one JSON object as one line to stderr: time, level, msg, then the fields. The message is
/// an identifier: constant, unique, without interpolation. Thread-safe; bytes that are not UTF-8
/// are replaced.
void Log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields = {});

}  // namespace hpaplus

// The fields are not evaluated when the level is off.
#define HPAPLUS_LOG(level, ...)                                \
  do {                                                         \
    if (::hpaplus::IsLogged(::hpaplus::LogLevel::level))       \
      ::hpaplus::Log(::hpaplus::LogLevel::level, __VA_ARGS__); \
  } while (false)

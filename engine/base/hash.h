#pragma once

#include <cstdint>
#include <string_view>

namespace hpaplus {

/// 64-bit FNV-1a. Every hash that decides something (phases, spreading) is this one: std::hash
/// differs between libraries, and a restart must find the same grid.
constexpr std::uint64_t Fnv1a(std::string_view bytes) {
  std::uint64_t hash = 0xCBF29CE484222325U;
  for (const char c : bytes) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001B3U;
  }
  return hash;
}

}  // namespace hpaplus

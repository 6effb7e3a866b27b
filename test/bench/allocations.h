#pragma once

#include <cstdint>

namespace hpaplus::bench {

/// How often this thread has asked for memory, by operator new. A program that links
/// allocations.cc counts; what is not to count sets the number back.
[[nodiscard]] std::uint64_t& Allocations();

}  // namespace hpaplus::bench

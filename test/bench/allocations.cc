#include "test/bench/allocations.h"

#include <cstdlib>
#include <new>

namespace hpaplus::bench {
namespace {

thread_local std::uint64_t allocations = 0;

void* Take(std::size_t size) {
  ++allocations;
  if (void* const memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}

void* TakeAligned(std::size_t size, std::align_val_t alignment) {
  ++allocations;
  const auto to = static_cast<std::size_t>(alignment);
  if (void* const memory = std::aligned_alloc(to, (size + to - 1) / to * to)) return memory;
  throw std::bad_alloc();
}

}  // namespace

std::uint64_t& Allocations() {
  return allocations;
}

}  // namespace hpaplus::bench

void* operator new(std::size_t size) {
  return hpaplus::bench::Take(size);
}
void* operator new[](std::size_t size) {
  return hpaplus::bench::Take(size);
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  return hpaplus::bench::TakeAligned(size, alignment);
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
  return hpaplus::bench::TakeAligned(size, alignment);
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete[](void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t /*size*/) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, std::size_t /*size*/) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::align_val_t /*alignment*/) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, std::align_val_t /*alignment*/) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t /*size*/, std::align_val_t /*alignment*/) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, std::size_t /*size*/,
                       std::align_val_t /*alignment*/) noexcept {
  std::free(memory);
}
